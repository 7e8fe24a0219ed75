package import MailModel

/// What a site may set about its mboxes.
package struct MboxOptions: Sendable {
    package var locking = MboxLocking()
    /// The greatest size of a file that mail is delivered to: `virtual_mailbox_limit`.
    package var maximumFileSize: UInt64?
    /// Told how many bytes each look at an mbox read. For tests.
    package var noteLook: (@Sendable (UInt64) -> Void)?
    package var specialUses = MaildirOptions().specialUses
    /// Mailboxes whose state is kept although no session has them open.
    package var cachedMailboxes = 64
    /// Called after each step that durability depends on; what it throws stops the work as a kill there would. For tests.
    package var afterStep: (@Sendable (MboxStep) throws -> Void)?

    package init() {}
}

/// The steps of an append and of a rewriting.
package enum MboxStep: Hashable, Sendable, CaseIterable {
    /// What is to be added is in a journal, where there can be one.
    case appendPlanned
    /// Once for each block.
    case appendedBlock
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
