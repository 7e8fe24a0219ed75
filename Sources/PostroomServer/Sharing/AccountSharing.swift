import Logging
import MailModel
import MailStore
import Synchronization

/// The mailboxes of others that one session is shown, as they are now: asked again when the last answer is a few seconds
/// old. What can't be asked stays as it was.
final class AccountSharing: Sendable {
    /// How long an answer counts.
    private static let freshness = Duration.seconds(3)

    private struct Known {
        var placed: [SharedNamespaces.Placed] = []
        var groups: Set<String> = []
        var asked: ContinuousClock.Instant?
        /// Grows when it is to be asked anew: an answer to what was asked before does not count then.
        var generation: UInt64 = 0
        var rights: [MailboxName: (rights: MailboxRights, asked: ContinuousClock.Instant)] = [:]
    }

    /// Where the login's own data lies.
    struct Reader: Sendable {
        var location: MailboxLocation
        var owner: Owner
    }

    let login: String
    let namespaces: SharedNamespaces
    let separator: UInt8
    let options: AccessControlOptions
    private let directories: [any SharedMailboxDirectory]
    private let storage: SiteStorage
    private let reader: Reader
    private let logger: Logger
    private let known = Mutex(Known())

    init(
        login: String, namespaces: SharedNamespaces, separator: UInt8, options: AccessControlOptions,
        directories: [any SharedMailboxDirectory], storage: SiteStorage, reader: Reader, logger: Logger
    ) {
        self.login = login
        self.reader = reader
        self.namespaces = namespaces
        self.separator = separator
        self.options = options
        self.directories = directories
        self.storage = storage
        self.logger = logger
    }

    func accessor(isOwner: Bool) -> Accessor {
        Accessor(login: login, groups: known.withLock { $0.groups }, isOwner: isOwner)
    }

    /// What is shown now.
    func placed() async -> [SharedNamespaces.Placed] {
        guard !namespaces.foreign.isEmpty || !directories.isEmpty else { return [] }
        let now = ContinuousClock.now
        let (fresh, generation) = known.withLock { known -> ([SharedNamespaces.Placed]?, UInt64) in
            guard let asked = known.asked, now - asked < Self.freshness else { return (nil, known.generation) }
            return (known.placed, known.generation)
        }
        if let fresh { return fresh }
        var mailboxes: [SharedMailbox] = []
        var groups: Set<String> = []
        do throws(MailboxFailure) {
            for directory in directories {
                mailboxes += try await directory.sharedMailboxes(for: login)
                groups.formUnion(try await directory.groups(of: login))
            }
        } catch {
            logger.warning(
                "the mailboxes that are shared can't be asked for: those known before are shown",
                metadata: ["user": "\(login)", "reason": "\(error.reason)"])
            return known.withLock { $0.placed }
        }
        // What the directory says of a name goes before what a file says.
        var names: Set<MailboxName?> = []
        let placed =
            namespaces.everybodys
            + namespaces.placed(mailboxes, separator: separator).filter { placed in
                names.insert(MailboxName(parts: placed.parts, in: placed.mailbox.namespace)).inserted
            }
        let now2 = ContinuousClock.now
        return known.withLock { known in
            if known.placed != placed || known.groups != groups { known.rights = [:] }
            (known.placed, known.groups) = (placed, groups)
            if known.generation == generation { known.asked = now2 }
            return placed
        }
    }

    /// Nil for a name that leads nowhere.
    func route(_ name: MailboxName) async throws(MailboxFailure) -> MailboxRoute? {
        let matching = await placed().filter {
            name.parts.starts(with: $0.parts) && name.namespace == $0.mailbox.namespace
        }
        guard let placed = matching.max(by: { $0.parts.count < $1.parts.count }) else { return nil }
        let rest = Array(name.parts.dropFirst(placed.parts.count))
        var route = try route(to: placed)
        if !rest.isEmpty {
            guard placed.mailbox.isWhole, let below = MailboxName(parts: rest), !below.isInbox else { return nil }
            route.name = below
        } else if placed.hidesInbox {
            return nil
        }
        return route
    }

    /// To its root.
    func route(to placed: SharedNamespaces.Placed) throws(MailboxFailure) -> MailboxRoute {
        let mailbox = placed.mailbox
        var store = try storage.store(
            for: mailbox.location, mailbox.owner, mailbox.quota, account: mailbox.account ?? "")
        // An owner's own are told by the files.
        if mailbox.flags == .perUser, mailbox.account != login {
            store = try storage.stores.reading(store, from: reader.location, owner: reader.owner)
        }
        return MailboxRoute(
            store: store, name: mailbox.isWhole ? .inbox : mailbox.folder,
            accessor: accessor(isOwner: mailbox.account == login), standard: mailbox.rights ?? [], account: mailbox,
            prefix: placed.parts, separator: separator, hasStandardAtRoot: placed.hidesInbox)
    }

    /// As `MailboxRoute.rights`, remembered for a moment.
    func rights(to name: MailboxName, _ route: MailboxRoute) async throws(MailboxFailure) -> MailboxRights {
        let now = ContinuousClock.now
        let (remembered, generation) = known.withLock { ($0.rights[name], $0.generation) }
        if let remembered, now - remembered.asked < Self.freshness { return remembered.rights }
        let rights = try await route.rights(to: [route.name], options).first ?? []
        known.withLock { known in
            guard known.generation == generation else { return }
            if known.rights.count >= 256 { known.rights = [:] }
            known.rights[name] = (rights, now)
        }
        return rights
    }

    /// Somebody else shares something now, or no longer.
    func forget() {
        known.withLock { known in
            (known.asked, known.rights) = (nil, [:])
            known.generation &+= 1
        }
    }

    /// An ACL was changed.
    func forgetRights() {
        known.withLock { known in
            known.rights = [:]
            known.generation &+= 1
        }
    }
}
