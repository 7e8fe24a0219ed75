import IMAP
import Logging
import MailModel
import MailStore
import NIOCore

/// A store's mailboxes as IMAP wants them. What fails for a reason that somebody must mend is logged here: the client
/// learns only its kind.
struct StoredAccount: IMAPAccount {
    let login: String
    let store: any MailboxStore
    let namespace: PersonalNamespace
    let logger: Logger

    var naming: MailboxNameCoding { namespace.naming }

    func list() async throws(MailboxFailure) -> [MailboxListing] {
        namespace.completed(try await logging { () throws(MailboxFailure) in try await store.list() })
    }

    func create(_ name: MailboxName, specialUse: MailboxListing.SpecialUse?) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in
            guard let uses = namespace.specialUses, let specialUse else {
                return try await store.create(name, specialUse: specialUse)
            }
            guard uses[name] == specialUse else {
                throw MailboxFailure(.notPermitted, "the site gives \(name) no use as \(specialUse)")
            }
            try await store.create(name, specialUse: nil)
        }
    }

    func delete(_ name: MailboxName) async throws(MailboxFailure) {
        try await making(name) { () throws(MailboxFailure) in try await store.delete(name) }
    }

    func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        try await making(name) { () throws(MailboxFailure) in try await store.rename(name, to: newName) }
    }

    func subscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in try await store.subscribe(name) }
    }

    func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in
            try await store.unsubscribe(name)
        }
    }

    func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        try await making(name) { () throws(MailboxFailure) in try await store.status(name) }
    }

    var quotaRootName: String { store.quotaRootName }

    func quotaStatus() async throws(MailboxFailure) -> QuotaStatus? {
        let status = try await logging { () throws(MailboxFailure) in try await store.quotaStatus() }
        // What is only counted is no quota: RFC 9208 §6 knows no empty list of resources.
        guard let status, status.storageLimit != nil || status.messageLimit != nil else { return nil }
        return status
    }

    func open(
        _ name: MailboxName, readOnly: Bool, onChange: @escaping @Sendable () -> Void
    ) async throws(MailboxFailure) -> any IMAPMailbox {
        let mailbox = try await making(name) { () throws(MailboxFailure) in
            try await store.open(name, readOnly: readOnly, onChange: onChange)
        }
        return StoredMailbox(mailbox: mailbox, account: self)
    }

    func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any IMAPAppend {
        StoredAppend(
            append: try await making(name) { () throws(MailboxFailure) in try await store.append(to: name, size: size)
            },
            account: self)
    }

    /// `body`, again after making the mailbox when that is what it missed and the site has it made by itself.
    func making<Value: Sendable>(
        _ name: MailboxName, _ body: () async throws(MailboxFailure) -> Value
    ) async throws(MailboxFailure) -> Value {
        try await logging { () throws(MailboxFailure) in
            do throws(MailboxFailure) {
                return try await body()
            } catch {
                guard error.kind == .noSuchMailbox, namespace.automatic[name] != nil else { throw error }
            }
            try await make(name)
            return try await body()
        }
    }

    /// Nothing happens to a mailbox that is there.
    private func make(_ name: MailboxName) async throws(MailboxFailure) {
        do throws(MailboxFailure) {
            try await store.create(name, specialUse: nil)
        } catch {
            guard error.kind == .alreadyExists else { throw error }
            return
        }
        // For other programs on the same Maildir.
        if namespace.automatic[name] == true { try await store.subscribe(name) }
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
