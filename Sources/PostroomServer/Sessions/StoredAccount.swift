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
    /// By which other sessions hear of what this one does to the account; nil for a protocol without news.
    var news: AccountNews.Channel?

    /// Nil where nothing is shared: the account's own mailboxes, all rights to them.
    var sharing: AccountSharing?

    var naming: MailboxNameCoding {
        var naming = namespace.naming
        naming.foreign = sharing?.namespaces.foreign ?? []
        return naming
    }

    func list() async throws(MailboxFailure) -> [MailboxListing] {
        let listings = namespace.completed(try await logging { () throws(MailboxFailure) in try await store.list() })
        guard let sharing else { return listings }
        return try await logging { () throws(MailboxFailure) in
            try await SharedListing(own: listings, ownRoute: ownRoute(.inbox), sharing: sharing, logger: logger)
                .listings()
        }
    }

    func create(_ name: MailboxName, specialUse: MailboxListing.SpecialUse?) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in
            let route = try await routeToMake(name)
            defer { sharing?.forgetRights() }
            if route.isOwn, let uses = namespace.specialUses, let specialUse {
                guard uses[name] == specialUse else {
                    throw MailboxFailure(.notPermitted, "the site gives \(name) no use as \(specialUse)")
                }
                try await route.store.create(route.name, specialUse: nil)
            } else {
                try await route.store.create(route.name, specialUse: specialUse)
            }
            try await inheritAccess(route)
            tell(.mailboxes, at: route)
        }
    }

    func delete(_ name: MailboxName) async throws(MailboxFailure) {
        let route = try await route(name, needing: .deleteMailbox)
        defer { sharing?.forgetRights() }
        try await making(name) { () throws(MailboxFailure) in try await route.store.delete(route.name) }
        tell(.mailboxes, at: route)
    }

    func rename(_ name: MailboxName, to newName: MailboxName) async throws(MailboxFailure) {
        let route = try await route(name, needing: .deleteMailbox)
        let target = try await routeToMake(newName)
        guard route.account == target.account else {
            throw MailboxFailure(.notPermitted, "\(name) can't be moved to another account: copy its messages")
        }
        defer { sharing?.forgetRights() }
        try await making(name) { () throws(MailboxFailure) in try await route.store.rename(route.name, to: target.name)
        }
        tell(.mailboxes, at: route)
    }

    /// Subscriptions are the user's own, wherever the mailbox is.
    func subscribe(_ name: MailboxName) async throws(MailboxFailure) {
        if name.namespace != nil { _ = try await self.route(name, needing: .lookup) }
        try await logging { () throws(MailboxFailure) in try await store.subscribe(try Self.subscription(name)) }
        tell(.mailboxes, at: ownRoute(.inbox))
    }

    func unsubscribe(_ name: MailboxName) async throws(MailboxFailure) {
        try await logging { () throws(MailboxFailure) in
            try await store.unsubscribe(try Self.subscription(name))
        }
        tell(.mailboxes, at: ownRoute(.inbox))
    }

    /// As the user's own file has it: with the namespace's prefix, as Dovecot writes it.
    private static func subscription(_ name: MailboxName) throws(MailboxFailure) -> MailboxName {
        guard name.namespace != nil else { return name }
        guard let own = MailboxName(parts: name.parts), !own.isInbox else {
            throw MailboxFailure(.notPermitted, "\(name) can't be subscribed")
        }
        return own
    }

    func status(_ name: MailboxName) async throws(MailboxFailure) -> MailboxStatus {
        let route = try await route(name, needing: .read)
        return try await making(name) { () throws(MailboxFailure) in try await route.store.status(route.name) }
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
        let route = try await route(name, needing: .read)
        let rights = try await rights(to: name, route)
        let isReadOnly = readOnly || rights.isDisjoint(with: .changing)
        let mailbox = try await making(name) { () throws(MailboxFailure) in
            try await route.store.open(route.name, readOnly: isReadOnly, onChange: onChange)
        }
        return StoredMailbox(mailbox: mailbox, account: self, name: name, route: route, granted: rights)
    }

    func append(to name: MailboxName, size: UInt64) async throws(MailboxFailure) -> any IMAPAppend {
        let route = try await route(name, needing: .insert)
        return StoredAppend(
            append: try await making(name) { () throws(MailboxFailure) in
                try await route.store.append(to: route.name, size: size)
            },
            account: self, route: route, rights: try await rights(to: name, route))
    }

    /// With whether the account holds more than it may after these messages came: a folder's own rule let them in. Of others'
    /// quotas nothing is told.
    func judged(_ copied: CopiedMessages, _ route: MailboxRoute) async -> CopiedMessages {
        guard route.isOwn, !copied.destinationUIDs.isEmpty else { return copied }
        let status: QuotaStatus?
        do throws(MailboxFailure) {
            status = try await route.store.quotaStatus()
        } catch {
            // The messages are there, which is what counts.
            return copied
        }
        var copied = copied
        copied.exceedsQuota = status?.isExceeded ?? false
        return copied
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
            case .noSuchMailbox, .alreadyExists, .notPermitted, .noPermission, .overQuota, .noSuchMessage,
                .limitExceeded:
                logger.debug("mailbox", metadata: ["user": "\(login)", "reason": "\(error.reason)"])
            }
            throw error
        }
    }
}
