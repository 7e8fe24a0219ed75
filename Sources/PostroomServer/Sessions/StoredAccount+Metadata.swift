import IMAP
import Logging
import MailModel
import MailStore

/// Annotations, and news of the account and of those that share with it (RFC 5464, RFC 5465).
extension StoredAccount {
    /// Those that others annotate are then not annotated from here, either.
    var keepsMetadata: Bool { store.keepsMetadata }

    func metadata(of name: MailboxName?) async throws(MailboxFailure) -> MailboxMetadata {
        guard let name else {
            return try await logging { () throws(MailboxFailure) in try await store.metadata(of: nil) }
        }
        let route = try await routeToAnnotations(name)
        return try await making(name) { () throws(MailboxFailure) in
            try await route.store.metadata(of: route.name, for: route.reader)
        }
    }

    func setMetadata(_ changes: [MetadataChange], of name: MailboxName?) async throws(MailboxFailure) {
        guard let name else {
            try await logging { () throws(MailboxFailure) in try await store.setMetadata(changes, of: nil) }
            return tell(.metadata(nil, changes.map(\.name)), at: ownRoute(.inbox))
        }
        let route = try await routeToAnnotations(name)
        if let change = changes.first(where: { $0.name == .specialUse }) { try check(change, of: name, route) }
        try await making(name) { () throws(MailboxFailure) in
            try await route.store.setMetadata(changes, of: route.name, for: route.reader)
        }
        tell(.metadata(route.name, changes.map(\.name)), at: route)
    }

    /// What a mailbox is for is said by its owner, unless the site says so (RFC 6154 §4).
    private func check(
        _ use: MetadataChange, of name: MailboxName, _ route: MailboxRoute
    ) throws(MailboxFailure) {
        guard route.reader == nil else {
            throw MailboxFailure(.notPermitted, "the owner of \(name) says what it is for")
        }
        guard route.isOwn, let uses = namespace.specialUses else { return }
        guard use.value.flatMap({ MailboxListing.SpecialUse(attributes: $0) }) == uses[name] else {
            throw MailboxFailure(.notPermitted, "the site says what \(name) is for")
        }
    }

    // MARK: News

    /// To the other sessions that see the account at the end of `route`.
    func tell(_ change: AccountChange, at route: MailboxRoute) {
        news?.tell(change, of: route.account?.location, reader: route.reader)
    }

    /// Those that have the account among theirs look again, and so do those who may see it now for the first time.
    func tellAccess(of identifier: AccessIdentifier, at route: MailboxRoute) {
        tell(.mailboxes, at: route)
        if case .user(let login) = identifier { news?.tellSharing(with: login) } else { news?.tellSharing(with: nil) }
    }

    func watch(
        _ onChange: @escaping @Sendable (AccountChange) -> Void
    ) async throws(MailboxFailure) -> any AccountWatch {
        guard let news else { throw MailboxFailure(.notPermitted, "nobody has news for this session") }
        let sharing = sharing
        let heard: @Sendable (AccountChange) -> Void = { change in
            if change == .mailboxes { sharing?.forget() }
            onChange(change)
        }
        let kernel = try await logging { () throws(MailboxFailure) in try await store.watch { heard(.mailboxes) } }
        var watches = [news.watch(with: kernel, onChange: heard)]
        for placed in await sharing?.placed() ?? [] {
            guard watches.count <= Self.maximumForeignWatches else { break }
            if let watch = await watch(placed, news, heard) { watches.append(watch) }
        }
        return JoinedWatch(watches)
    }

    /// Accounts of others in which changes are seen at once.
    private static var maximumForeignWatches: Int { 64 }

    /// Nil for an account that can't be looked at now: the others are watched all the same.
    private func watch(
        _ placed: SharedNamespaces.Placed, _ news: AccountNews.Channel,
        _ heard: @escaping @Sendable (AccountChange) -> Void
    ) async -> (any AccountWatch)? {
        do throws(MailboxFailure) {
            guard let route = try sharing?.route(to: placed) else { return nil }
            let kernel = try await route.store.watch { heard(.mailboxes) }
            return news.watch(placed.mailbox.location, reader: route.reader, with: kernel) { change in
                switch change {
                case .mailboxes: heard(change)
                case .metadata(let name, let entries):
                    // Its account's own annotations are its owner's.
                    guard let shown = name.flatMap(placed.shown) else { return }
                    heard(.metadata(shown, entries))
                }
            }
        } catch {
            logger.warning(
                "a shared mailbox can't be watched",
                metadata: [
                    "user": "\(login)", "mailbox": "\(placed.mailbox.location)", "reason": "\(error.reason)",
                ])
            return nil
        }
    }
}

/// Several watches that end together.
private final class JoinedWatch: AccountWatch {
    private let watches: [any AccountWatch]

    init(_ watches: [any AccountWatch]) {
        self.watches = watches
    }
}
