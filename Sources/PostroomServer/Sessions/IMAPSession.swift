import Accounts
import IMAP
import Logging
import MailModel
import MailStore
import NIOCore
import Net

/// One IMAP connection joined to the site: logins to accounts, accounts to their mailboxes.
final class IMAPSession: IMAPServices {
    private let sites: SiteHolder
    private let logger: Logger

    init(_ sites: SiteHolder, _ connection: ConnectionFacts) {
        self.sites = sites
        var logger = Logger(label: "imap")
        logger[metadataKey: "session"] = "\(connection.sessionID)"
        self.logger = logger
    }

    func logIn(
        login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, _ connection: ConnectionFacts
    ) async -> IMAPLoginOutcome {
        let site = sites.current
        let request = LoginRequest(
            login: login, authorizationIdentity: authorizationIdentity, password: password, service: "imap",
            remoteAddress: connection.remoteAddress, localAddress: connection.localAddress,
            isSecured: connection.tls != nil)
        let (outcome, _) = await site.accounts.logIn(request)
        LoginLog.write(outcome, request, logger)
        switch outcome {
        case .rejected: return .rejected
        case .unavailable: return .unavailable
        case .accepted(let account):
            guard case .here(let location) = account.location else {
                logger.error("the account's mail is on another machine", metadata: ["user": "\(account.login)"])
                return .unavailable
            }
            do {
                let store = try site.storage.store(for: location, account.owner, account.quota)
                return .accepted(StoredAccount(login: account.login, store: store, logger: logger))
            } catch {
                logger.error(
                    "the account's mailbox can't be opened",
                    metadata: ["user": "\(account.login)", "reason": "\(error.reason)"])
                return .unavailable
            }
        }
    }
}

/// A store's mailboxes as IMAP wants them. What fails for a reason that somebody must mend is logged here: the client
/// learns only its kind.
struct StoredAccount: IMAPAccount {
    let login: String
    let store: any MailboxStore
    let logger: Logger

    /// Maildir++'s own, as Dovecot shows it.
    var separator: UInt8 { UInt8(ascii: ".") }

    func list() async throws(MailboxFailure) -> [MailboxListing] {
        try await logging { () throws(MailboxFailure) in try await store.list() }
    }

    func create(_ name: MailboxName, specialUse: MailboxListing.SpecialUse?) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in try await store.create(name, specialUse: specialUse) }
    }

    func delete(_ name: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in try await store.delete(name) }
    }

    func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in try await store.rename(name, to: newName) }
    }

    func subscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in try await store.subscribe(name) }
    }

    func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in try await store.unsubscribe(name) }
    }

    func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        try await logging { () throws(MailboxFailure) in try await store.status(name) }
    }

    func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any IMAPMailbox {
        let mailbox = try await logging { () throws(MailboxFailure) in
            try await store.open(name, readOnly: readOnly, onChange: onChange)
        }
        return StoredMailbox(mailbox: mailbox, account: self)
    }

    func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any IMAPAppend {
        StoredAppend(
            append: try await logging { () throws(MailboxFailure) in try await store.append(to: name, size: size) },
            account: self)
    }

    func logging<Value: Sendable>(
        _ body: () async throws(MailboxFailure) -> Value
    ) async throws(MailboxFailure) -> Value {
        do {
            return try await body()
        } catch {
            switch error.kind {
            case .noSpace, .unavailable, .misconfigured:
                logger.error("mailbox", metadata: ["user": "\(login)", "reason": "\(error.reason)"])
            case .noSuchMailbox, .alreadyExists, .notPermitted, .overQuota, .noSuchMessage, .limitExceeded:
                logger.debug("mailbox", metadata: ["user": "\(login)", "reason": "\(error.reason)"])
            }
            throw error
        }
    }
}

struct StoredMailbox: IMAPMailbox {
    let mailbox: any OpenMailbox
    let account: StoredAccount

    var view: MailboxView { mailbox.view }

    func refresh() async throws(MailboxFailure) -> MailboxView {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.refresh() }
    }

    func claimRecent() async throws(MailboxFailure) -> UInt32 {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.claimRecent() }
    }

    func fetch(
        _ uids: ArraySlice<UInt32>, _ items: MessageItems
    ) async throws(MailboxFailure) -> [FetchedMessage] {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.fetch(uids, items) }
    }

    func store(_ uids: [UInt32], _ change: FlagChange) async throws(MailboxFailure) -> MailboxView {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.store(uids, change) }
    }

    func expunge(_ uids: [UInt32]?) async throws(MailboxFailure) -> MailboxView {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.expunge(uids) }
    }

    func copy(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.copy(uids, to: name) }
    }

    func move(_ uids: [UInt32], to name: MailboxName) async throws(MailboxFailure) -> CopiedMessages {
        try await account.logging { () throws(MailboxFailure) in try await mailbox.move(uids, to: name) }
    }

    func close() async {
        await mailbox.close()
    }
}

struct StoredAppend: IMAPAppend {
    let append: any MessageAppend
    let account: StoredAccount

    func write(_ chunk: ByteBuffer) async throws(MailboxFailure) {
        try await account.logging { () throws(MailboxFailure) in try await append.write(chunk) }
    }

    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        try await account.logging { () throws(MailboxFailure) in
            try await append.commit(flags: flags, keywords: keywords, internalDate: internalDate)
        }
    }

    func abort() async {
        await append.abort()
    }
}
