package import MailModel
package import NIOCore
package import Net

/// What an IMAP session asks of the house before it has a user; one value per connection.
package protocol IMAPServices: Sendable {
    /// LOGIN and AUTHENTICATE. The engine has refused an empty password and anything malformed already.
    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> IMAPLoginOutcome
}

package enum IMAPLoginOutcome: Sendable {
    case accepted(any IMAPAccount)
    /// `NO [AUTHENTICATIONFAILED]`
    case rejected
    /// `NO [UNAVAILABLE]`
    case unavailable
}

/// A logged-in user's mailboxes. Failures are `MailboxFailure`; the engine words them (`NO [NONEXISTENT]`, `[OVERQUOTA]`, …).
package protocol IMAPAccount: Sendable {
    /// The login as the databases rewrote it.
    var login: String { get }
    /// How the names of its mailboxes are written on the wire: with `.` between their parts for Maildir++, as Dovecot does,
    /// and below the prefix of its namespace.
    var naming: MailboxNameCoding { get }

    /// Every mailbox and every subscribed name (one that no longer exists has `isSelectable` false).
    func list() async throws(MailboxFailure) -> [MailboxListing]
    func create(_ name: MailboxName, specialUse: MailboxListing.SpecialUse?) async throws(MailboxFailure)
    func delete(_ name: MailboxName) async throws(MailboxFailure)
    func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure)
    func subscribe(_ name: MailboxName) async throws(MailboxFailure)
    func unsubscribe(_ name: MailboxName) async throws(MailboxFailure)
    func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus

    /// Opens a mailbox. `onChange` is called, from any thread and at any rate, when the mailbox's view is no longer the
    /// one last returned: another session, a delivery, another program. It stops with `close()`.
    func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any IMAPMailbox

    /// Whether its mailboxes have ACLs (RFC 4314).
    var hasAccessControl: Bool { get }
    /// GETACL and its like; `name` is the mailbox that the command names.
    func accessControl(
        _ command: AccessControlCommand, _ name: MailboxName
    ) async throws(MailboxFailure) -> AccessControlAnswer

    /// What the account holds and may hold; nil without a quota.
    func quotaStatus() async throws(MailboxFailure) -> QuotaStatus?
    /// RFC 9208 §3.2.1.
    var quotaRootName: String { get }

    /// Whether annotations are kept (RFC 5464).
    var keepsMetadata: Bool { get }
    /// A mailbox's annotations, or the account's own.
    func metadata(of name: MailboxName?) async throws(MailboxFailure) -> MailboxMetadata
    /// All or none; durable when it returns.
    func setMetadata(_ changes: [MetadataChange], of name: MailboxName?) async throws(MailboxFailure)
    /// Calls `onChange`, from any thread, for what happens to the account's mailboxes as such, by whomever, and for changes of
    /// annotations by other sessions, until the watch is released.
    func watch(_ onChange: @escaping @Sendable (AccountChange) -> Void) async throws(MailboxFailure) -> any AccountWatch

    /// Starts a message that will be added to `name`; checks that it exists and that `size` bytes fit the quota.
    func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any IMAPAppend
}

/// One open mailbox, shared with every other session that has it open.
package protocol IMAPMailbox: Sendable {
    /// The newest view known without touching the disk; cheap, from any thread.
    var view: MailboxView { get }

    /// What the session may do with it: what it may not is refused, or left out where that is what RFC 4314 §4 wants.
    var rights: MailboxRights { get }

    /// Looks at the disk (deliveries by other programs) and returns the view after it.
    func refresh() async throws(MailboxFailure) -> MailboxView

    /// Takes the recent messages for this session (RFC 3501 §2.3.2): the first UID that counts as recent for it.
    func claimRecent() async throws(MailboxFailure) -> UInt32

    /// What `items` asks of the messages with these UIDs, in ascending order, in batches: each call returns at most
    /// 64 KiB or 256 messages, whichever comes first, but at least one message. A message that is gone is left out.
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

    func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages
    /// As RFC 6851: each message is in the one mailbox or in the other, never in neither.
    func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages

    func close() async
}

/// A message on its way into a mailbox.
package protocol IMAPAppend: Sendable {
    func write(_ chunk: ByteBuffer) async throws(MailboxFailure)
    /// Ends the message written so far and begins another one, of `size` octets (0: not known yet), to be added with it:
    /// all or none (RFC 3502).
    func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure)
    /// Durable when it returns. UIDs in the order of the messages.
    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages
    func abort() async
}

extension IMAPAccount {
    package var hasAccessControl: Bool { false }

    package func accessControl(
        _ command: AccessControlCommand, _ name: MailboxName
    ) async throws(MailboxFailure) -> AccessControlAnswer {
        throw MailboxFailure(.notPermitted, "the mailboxes of this account have no ACLs")
    }
}

extension IMAPMailbox {
    package var rights: MailboxRights { .all }
}
