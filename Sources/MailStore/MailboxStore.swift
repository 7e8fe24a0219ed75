package import MailModel
package import NIOCore

/// One account's mailboxes, whatever they are kept in. Failures are `MailboxFailure`: every protocol words them its own way.
package protocol MailboxStore: Sendable {
    /// Every mailbox and every subscribed name (one that does not exist has `isSelectable` false). INBOX is always there.
    func list() async throws(MailboxFailure) -> [MailboxListing]
    func create(_ name: MailboxName, specialUse: MailboxListing.SpecialUse?) async throws(MailboxFailure)
    /// Removes the mailbox and its messages; mailboxes below it stay (RFC 3501 §6.3.4).
    func delete(_ name: MailboxName) async throws(MailboxFailure)
    /// Renames the mailbox and those below it; INBOX stays, empty, and its messages go (RFC 3501 §6.3.5).
    func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure)
    func subscribe(_ name: MailboxName) async throws(MailboxFailure)
    func unsubscribe(_ name: MailboxName) async throws(MailboxFailure)
    func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus

    /// Opens a mailbox. `onChange` is called, from any thread and at any rate, when the view is no longer the one that
    /// this session last got: another session, a delivery, another program. It must not block; it ends with `close()`.
    func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any OpenMailbox

    /// What the account holds and may hold; nil where nobody counts.
    func quotaStatus() async throws(MailboxFailure) -> QuotaStatus?
    /// Counts all messages anew.
    func recalculateQuota() async throws(MailboxFailure) -> QuotaStatus?
    /// What the account's quota root is called (RFC 9208 §3.2.1).
    var quotaRootName: String { get }

    /// Whether annotations are kept (RFC 5464).
    var keepsMetadata: Bool { get }
    /// A mailbox's annotations, or the account's own. Those below `/private` are the owner's, or those of the login `reader`.
    func metadata(of name: MailboxName?, for reader: String?) async throws(MailboxFailure) -> MailboxMetadata
    /// All or none; durable when it returns.
    func setMetadata(
        _ changes: [MetadataChange], of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure)
    /// Calls `onChange`, from any thread, whenever mailboxes may have come or gone or subscriptions changed, until the watch is
    /// released. Nil where nothing can be seen of other programs.
    func watch(_ onChange: @escaping @Sendable () -> Void) async throws(MailboxFailure) -> (any AccountWatch)?

    /// Starts a message that will be added to `name`; checks that it exists and that `size` bytes fit.
    func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any MessageAppend
}

/// A store without annotations and without news of its folders.
extension MailboxStore {
    package var keepsMetadata: Bool { false }

    package func metadata(
        of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure) -> MailboxMetadata {
        throw MailboxFailure(.notPermitted, "this form of mailbox keeps no annotations")
    }

    package func setMetadata(
        _ changes: [MetadataChange], of name: MailboxName?, for reader: String?
    ) async throws(MailboxFailure) {
        throw MailboxFailure(.notPermitted, "this form of mailbox keeps no annotations")
    }

    /// The owner's.
    package func metadata(of name: MailboxName?) async throws(MailboxFailure) -> MailboxMetadata {
        try await metadata(of: name, for: nil)
    }

    package func setMetadata(_ changes: [MetadataChange], of name: MailboxName?) async throws(MailboxFailure) {
        try await setMetadata(changes, of: name, for: nil)
    }

    package func watch(_ onChange: @escaping @Sendable () -> Void) async throws(MailboxFailure) -> (any AccountWatch)? {
        nil
    }
}

extension MailboxStore {
    /// RFC 5464 §4.1: what INBOX's messages are moved to has its annotations, and INBOX keeps them; but not its use.
    func copyMetadata(to name: MailboxName) async throws(MailboxFailure) {
        guard keepsMetadata else { return }
        let values = try await metadata(of: .inbox).values.filter { $0.key != .specialUse }
        guard !values.isEmpty else { return }
        try await setMetadata(values.map { MetadataChange($0.key, $0.value) }, of: name)
    }
}

/// One open mailbox, shared with every other session that has it open.
package protocol OpenMailbox: Sendable {
    /// The newest view known without touching the disk; cheap, from any thread.
    var view: MailboxView { get }

    /// Looks for what other programs did, and returns the view after it.
    func refresh() async throws(MailboxFailure) -> MailboxView

    /// Takes the recent messages for this session (RFC 3501 §2.3.2): the first UID that counts as recent for it.
    func claimRecent() async throws(MailboxFailure) -> UInt32

    /// What `items` asks of the messages with these UIDs (ascending), in batches: each call returns at most 64 KiB or 256
    /// messages, but at least one. A message that is gone is left out; an empty answer means that all of them are.
    func fetch(_ uids: ArraySlice<UInt32>, _ items: MessageItems) async throws(MailboxFailure) -> [FetchedMessage]

    /// Changes flags; messages that are gone are left out. Returns the view after it.
    func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView

    /// As `store`, but for messages whose modification sequence is above `modSeq`, which are left alone: checked and changed
    /// in one step.
    func store(
        _ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64
    ) async throws(MailboxFailure) -> ConditionalChange

    /// Removes the messages that have `\Deleted`, all or those of `uids`. Returns the view after it.
    func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView

    /// All or, after a failure, none.
    func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages
    /// As RFC 6851: each message is in the one mailbox or in the other, never in neither.
    func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages

    func close() async
}

/// Messages on their way into a mailbox. Ends with `commit` or `abort`.
package protocol MessageAppend: Sendable {
    func write(_ chunk: ByteBuffer) async throws(MailboxFailure)
    /// Ends the message written so far and begins another one, of `size` bytes (0: not known yet), that is added with it:
    /// `commit` adds all of them or none.
    func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure)
    /// Durable when it returns. UIDs in the order of the messages.
    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages
    func abort() async
}
