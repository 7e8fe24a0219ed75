package import MailModel

/// What a site may set about its mboxes.
package struct MboxOptions: Sendable {
    /// How programs keep each other off an mbox. All of a set are taken before it is changed, in no order that others would
    /// have to keep: whoever does not get all of them gives back what he has and tries again.
    package struct Locks: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// fcntl(2), which lockf(3) is on Linux.
        package static let fcntl = Locks(rawValue: 1)
        /// flock(2).
        package static let flock = Locks(rawValue: 2)
        /// The file `NAME.lock` beside the mbox. Where its owner may make no file there, it is left out: Postfix does the same.
        package static let dotlock = Locks(rawValue: 4)
    }

    /// Dovecot's `mbox_write_locks` and Postfix's `virtual_mailbox_lock`: both have these unless a site says otherwise.
    package var writeLocks: Locks = [.fcntl, .dotlock]
    /// How long a lock is waited for.
    package var lockSeconds: Int64 = 30
    package var specialUses = MaildirOptions().specialUses
    /// Mailboxes whose state is kept although no session has them open.
    package var cachedMailboxes = 64
    /// Called after each step that durability depends on; what it throws stops the work as a kill there would. For tests.
    package var afterStep: (@Sendable (MboxStep) throws -> Void)?

    package init() {}
}

/// The steps of an append and of a rewriting.
package enum MboxStep: Hashable, Sendable, CaseIterable {
    case appended
    case appendSynced
    case headerPatched
    case journalWritten
    case fileExtended
    /// Once for each block.
    case blockWritten
    case tailSynced
    case fileTruncated
}
