import IMAP
import MailModel
import MailStore

extension StoredAccount {
    func ownRoute(_ name: MailboxName) -> MailboxRoute {
        MailboxRoute(
            store: store, name: name,
            accessor: sharing?.accessor(isOwner: true) ?? Accessor(login: login, isOwner: true),
            standard: .all, prefix: namespace.naming.prefix, separator: namespace.naming.separator)
    }

    private func find(_ name: MailboxName) async throws(MailboxFailure) -> MailboxRoute {
        guard name.namespace != nil else { return ownRoute(name) }
        guard let route = try await sharing?.route(name) else {
            throw MailboxFailure(.noSuchMailbox, "\(login) is shown no mailbox \(name)")
        }
        return route
    }

    func rights(to name: MailboxName, _ route: MailboxRoute) async throws(MailboxFailure) -> MailboxRights {
        guard let sharing else { return .all }
        return try await sharing.rights(to: name, route)
    }

    /// The way to a mailbox to which the login has a right. Without the right to look it up it does not exist.
    func route(_ name: MailboxName, needing needed: MailboxRights) async throws(MailboxFailure) -> MailboxRoute {
        try await logging { () throws(MailboxFailure) in
            let route = try await find(name)
            let rights = try await rights(to: name, route)
            guard !rights.contains(needed) else { return route }
            throw Self.refusal(name, needed, rights)
        }
    }

    /// RFC 5464 §3.3: annotations are for who may look the mailbox up and do anything with its messages.
    func routeToAnnotations(_ name: MailboxName) async throws(MailboxFailure) -> MailboxRoute {
        try await logging { () throws(MailboxFailure) in
            let route = try await find(name)
            let rights = try await rights(to: name, route)
            guard rights.contains(.lookup), !rights.isDisjoint(with: [.read, .seen, .write, .insert, .post]) else {
                throw Self.refusal(name, .read, rights)
            }
            return route
        }
    }

    private static func refusal(
        _ name: MailboxName, _ needed: MailboxRights, _ rights: MailboxRights
    ) -> MailboxFailure {
        MailboxFailure(
            rights.contains(.lookup) ? .noPermission : .noSuchMailbox,
            "\(needed.subtracting(rights)) to \(name) is not granted")
    }

    /// The way to a mailbox that is to be made: `k` to the nearest one above it that is there (RFC 4314 §4).
    func routeToMake(_ name: MailboxName) async throws(MailboxFailure) -> MailboxRoute {
        try await logging { () throws(MailboxFailure) in
            let route = try await find(name)
            // Directly below an own account's root everything is the owner's.
            guard !route.isOwn || route.name.parts.count > 1 else { return route }
            let existing = Set(try await route.store.list().filter(\.isSelectable).map(\.name))
            var above = route.name.parent
            while let parent = above, !existing.contains(parent) { above = parent.parent }
            guard let parent = above ?? (route.isOwn ? nil : .inbox) else { return route }
            let options = sharing?.options ?? AccessControlOptions(isEnabled: false)
            let rights = try await route.rights(to: [parent], options).first ?? []
            guard rights.contains(.create) else { throw Self.refusal(name, .create, rights) }
            return route
        }
    }

    /// A new mailbox has the ACL of the one above it, as Dovecot gives it.
    func inheritAccess(_ route: MailboxRoute) async throws(MailboxFailure) {
        guard sharing?.options.isEnabled ?? false, let store = route.store as? any AccessControlledStore,
            let parent = route.name.parent ?? (route.isOwn ? nil : MailboxName.inbox)
        else { return }
        guard let above = try await store.accessLists(of: [parent]).first, above.form == .dovecot, !above.list.isEmpty
        else { return }
        try await store.changeAccessList(of: route.name) { list throws(MailboxFailure) in
            if list.isEmpty { list = above.list }
        }
    }

    // MARK: RFC 4314 §3

    var hasAccessControl: Bool { sharing.map { $0.options.isEnabled && $0.options.hasCommands } ?? false }

    func accessControl(
        _ command: AccessControlCommand, _ name: MailboxName
    ) async throws(MailboxFailure) -> AccessControlAnswer {
        guard let sharing, sharing.options.isEnabled else {
            throw MailboxFailure(.notPermitted, "the mailboxes of this account have no ACLs")
        }
        if case .myRights = command { return .rights(try await myRights(name)) }
        let route = try await route(name, needing: .administer)
        guard let store = route.store as? any AccessControlledStore else {
            throw MailboxFailure(.notPermitted, "\(name) is kept in a form that has no ACLs")
        }
        // A mailbox that is not there has none.
        _ = try await making(name) { () throws(MailboxFailure) in try await route.store.status(route.name) }
        return try await logging { () throws(MailboxFailure) in
            switch command {
            case .get:
                var list = try await store.accessLists(of: [route.name]).first?.list ?? AccessControlList()
                // What the owner has where nothing is said.
                if route.isOwn, list.entry(of: .owner)?.rights == nil {
                    list.add(AccessControlEntry(.owner, rights: .all))
                }
                return .list(list, site: try await route.siteList(of: route.name, sharing.options))
            case .listRights: return .rights([])
            case .set(_, let identifier, let change):
                try await self.change(route, store) { $0.change(identifier, change) }
                tellAccess(of: identifier.identifier, at: route)
                return .done
            case .delete(_, let identifier):
                try await self.change(route, store) {
                    $0.remove(identifier.identifier, isNegative: identifier.isNegative)
                }
                tellAccess(of: identifier.identifier, at: route)
                return .done
            case .myRights: return .done
            }
        }
    }

    /// Any right shows that the mailbox is there, but only those that let it be seen tell what they are.
    private func myRights(_ name: MailboxName) async throws(MailboxFailure) -> MailboxRights {
        try await logging { () throws(MailboxFailure) in
            let route = try await find(name)
            let rights = try await rights(to: name, route)
            guard !rights.isDisjoint(with: [.lookup, .read, .insert, .create, .deleteMailbox, .administer]) else {
                throw MailboxFailure(.noSuchMailbox, "\(login) has no right to \(name)")
            }
            _ = try await making(name) { () throws(MailboxFailure) in try await route.store.status(route.name) }
            return rights
        }
    }

    private func change(
        _ route: MailboxRoute, _ store: any AccessControlledStore,
        _ body: @escaping @Sendable (inout AccessControlList) -> Void
    ) async throws(MailboxFailure) {
        try await store.changeAccessList(of: route.name) { list throws(MailboxFailure) in body(&list) }
        sharing?.forgetRights()
        guard let index = sharing?.options.sharedBoxes else { return }
        // Who is let see anything of the account: names of people and groups alone.
        let owner = route.account?.account ?? (route.isOwn ? login : nil)
        guard let owner else { return }
        let lists = try await store.accessLists(
            of: try await route.store.list().filter(\.isSelectable).map(\.name))
        try await index.set(SharedBoxesFile.readers(of: lists.map(\.list), owner: owner), of: owner)
    }
}

extension AccessControlList {
    mutating func change(_ who: AccessControlCommand.Identifier, _ change: AccessControlCommand.Change) {
        var entry = entry(of: who.identifier) ?? AccessControlEntry(who.identifier)
        let old = (who.isNegative ? entry.negativeRights : entry.rights) ?? []
        let new: MailboxRights =
            switch change {
            case .replace(let rights): rights
            case .add(let rights): old.union(rights)
            case .remove(let rights): old.subtracting(rights)
            }
        // Nothing taken is no entry; nothing given is one, which keeps a user from what a group has.
        if who.isNegative { entry.negativeRights = new.isEmpty ? nil : new } else { entry.rights = new }
        set(entry)
    }

    mutating func remove(_ identifier: AccessIdentifier, isNegative: Bool) {
        guard var entry = entry(of: identifier) else { return }
        if isNegative { entry.negativeRights = nil } else { entry.rights = nil }
        set(entry)
    }
}
