package import MailModel

/// What a site may set about its Maildirs.
package struct MaildirOptions: Sendable {
    /// Names that mean a use (RFC 6154), compared without case in the first part of a mailbox name.
    package var specialUses: [MailboxListing.SpecialUse: [String]] = [
        .drafts: ["Drafts"],
        .sent: ["Sent", "Sent Messages", "Sent Items"],
        .trash: ["Trash", "Deleted Items", "Deleted Messages"],
        .junk: ["Junk", "Spam"],
        .archive: ["Archive", "Archives"],
    ]
    /// Whether Courier's files are kept in step with ours, so that it can take a Maildir back.
    package var courierFiles = CourierFiles.automatic
    /// How long a process waits for another one's `dovecot-uidlist.lock`.
    package var lockSeconds: Int64 = 30
    /// Folders whose state is kept although no session has them open, so that STATUS need not read them again.
    package var cachedFolders = 64
    /// Files in `tmp/` that are older belong to a delivery that was killed (maildir(5) says 36 hours).
    package var temporaryFileSeconds: Int64 = 36 * 3600
    /// Called after each step that durability depends on; what it throws stops the work as a kill there would. For tests.
    package var afterStep: (@Sendable (DurabilityStep) throws -> Void)?

    package init() {}
}

/// The steps from nothing to a message that survives a power cut.
package enum DurabilityStep: String, Hashable, Sendable {
    case temporaryFileMade
    case contentsWritten
    case fileSynced
    case uidListSynced
    case nameMade
    case directorySynced
}

/// What is done about `courierimapuiddb`, `courierimapkeywords` and `courierimapsubscribed`.
package enum CourierFiles: String, CaseIterable, Hashable, Sendable {
    /// Kept where they are and where Dovecot's, of later date, do not say that Courier left long ago.
    case automatic
    /// Kept, and made where they are missing.
    case kept
    /// Not looked at.
    case ignored
}
