package import Accounts
import Blocking
package import DNS
import Delivery
import Directory
import LDAP
import Logging
package import LookupTables
import MailModel
import MailStore
package import NIOCore
import NIOPosix
package import Policy
package import Routing
import SMTP
package import SiteConfiguration

/// A configured site that can be asked: immutable; a reload makes another.
package final class Site: Sendable {
    package let model: SiteModel
    package let router: Router
    /// Who reads mail.
    package let accounts: DirectoryAccounts
    /// The same users by their addresses, for deliveries.
    let addressAccounts: DirectoryAccounts
    /// Who sends it: another chain of password databases, where Postfix asks others than Dovecot does.
    package let submissionAccounts: DirectoryAccounts
    /// Goes on in the next site where its options do; gone with the last site that has it.
    package let resolver: UnboundResolver
    let outgoing: SiteOutgoing
    /// How clients see the mailboxes of an account.
    let namespace: PersonalNamespace
    /// Which mailboxes of others a login is shown.
    package let sharedMailboxes: DirectorySharedMailboxes
    let sharing: SiteSharing
    let traceHeaders: TraceHeaders
    let directories: DirectorySet
    private let kept: [KeptDirectory]
    private let policies: [ListenerKey: SMTPPolicy]
    private let policyServices: [PolicyServiceClient]
    private let tables: [String: any LookupTable]
    private let fileTables: [FileTable]
    private let group: any EventLoopGroup
    let storage: SiteStorage
    private let throttle: LoginThrottle
    /// How much logins and clients have sent.
    let rates: SendingRates
    private let listeners: [ListenerKey: SMTPListenerModel]
    private let lmtpListeners: [ListenerKey: LMTPListenerModel]
    private let limitExceptions: [ListenerKey: NetworkList]
    /// Which users of this machine may send; nil for everybody.
    private let localUsers: MatchList?
    private let logger = Logger(label: "site")
    private let retirement = AsyncStream<Never>.makeStream()

    private init(
        model: SiteModel, directories: DirectorySet, kept: [KeptDirectory], tables: TablesBuilder,
        router: Router, policies: [ListenerKey: SMTPPolicy], policyServices: [PolicyServiceClient],
        resolver: UnboundResolver, outgoing: SiteOutgoing, accounts: AccountsBuilder.Built, sharing: SiteSharing,
        storage: SiteStorage, throttle: LoginThrottle, rates: SendingRates, limitExceptions: [ListenerKey: NetworkList],
        localUsers: MatchList?, group: any EventLoopGroup
    ) {
        self.group = group
        self.resolver = resolver
        self.outgoing = outgoing
        self.model = model
        self.directories = directories
        self.kept = kept
        self.tables = tables.byName
        fileTables = tables.fileTables
        self.router = router
        self.policies = policies
        self.policyServices = policyServices
        self.accounts = accounts.byLogin
        addressAccounts = accounts.byAddress
        submissionAccounts = accounts.forSubmission
        namespace = accounts.namespace
        sharedMailboxes = accounts.shared
        self.sharing = sharing
        self.storage = storage
        self.throttle = throttle
        self.rates = rates
        self.limitExceptions = limitExceptions
        self.localUsers = localUsers
        listeners = Dictionary(
            uniqueKeysWithValues: ListenerKey.all(model.listeners).map { ($0.key, $0.listener.options) })
        lmtpListeners = Dictionary(
            uniqueKeysWithValues: ListenerKey.all(model.listeners).filter { $0.listener.kind == .lmtp }.map {
                ($0.key, $0.listener.lmtp)
            })
        traceHeaders = TraceHeaders(hostname: model.hostname.value, showsTLS: model.tls.inReceivedHeader)
    }

    /// Makes a site from its model: reads the files it names, connects to nobody. Throws all faults together.
    ///
    /// - Parameter old: the site in force, whose stores and memory of failed logins go on.
    package static func open(
        _ model: SiteModel, group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        succeeding old: Site? = nil
    ) async throws(ConfigurationFaults) -> Site {
        let (site, faults) = await judged(model, group: group, succeeding: old)
        guard let site, faults.allSatisfy({ $0.severity == .warning }) else {
            await site?.close()
            throw ConfigurationFaults(faults)
        }
        let logger = Logger(label: "site")
        for warning in faults { logger.warning("configuration", metadata: ["finding": "\(warning)"]) }
        return site
    }

    /// What `open` would find wrong or odd.
    package static func faults(of model: SiteModel) async -> [ConfigurationFault] {
        let (site, faults) = await judged(model)
        await site?.close()
        return faults
    }

    /// The same with all that is wrong or odd as a value. A site that has an error among its faults serves nobody.
    ///
    /// Tables and files of users are read, and the name service is asked: on a thread where that may wait.
    package static func judged(
        _ model: SiteModel, group: any EventLoopGroup = .singletonMultiThreadedEventLoopGroup,
        succeeding old: Site? = nil
    ) async -> (site: Site?, faults: [ConfigurationFault]) {
        let (resolver, resolverFaults) = await ResolverBuilder.resolver(model.dns, succeeding: old?.resolver)
        let made = await Hashing.blocking {
            let faults = FaultCollector()
            let site = make(model, resolver, group: group, succeeding: old, faults)
            return (site: site, faults: faults.faults + resolverFaults)
        }
        let busy = ConfigurationFault(
            .error, at: model.hostname.location, "too many passwords are being checked to read the configuration",
            remedy: "reload again")
        return made ?? (nil, [busy])
    }

    private static func make(
        _ model: SiteModel, _ resolver: UnboundResolver?, group: any EventLoopGroup, succeeding old: Site?,
        _ faults: FaultCollector
    ) -> Site? {
        let storage = SiteStorage.open(model, succeeding: old?.storage, faults)
        let throttle = old?.throttle ?? LoginThrottle()
        let hashing = Hashing.run
        let (directories, kept) = DirectoryBuilder(
            group: group, hashing: hashing, secretAttributes: model.accounts.secretAttributes, faults: faults
        ).build(model.directories)
        let tables = TablesBuilder(directories, model, faults, group: group)
        let accounts = AccountsBuilder(
            model: model, directories: directories, hashing: hashing, faults: faults
        ).build(throttle: throttle)
        let routing = RoutingBuilder(model: model, tables: tables, accounts: accounts.byAddress, faults: faults)
        guard let router = routing.router() else { return nil }
        let builder = PolicyBuilder(model, tables, router, resolver ?? NoResolver(), group: group, faults)
        let policies = builder.policies()
        let outgoing = OutgoingBuilder(model: model, tables: tables, faults: faults).outgoingMail()
        guard let storage, let resolver, let outgoing else { return nil }
        var shared: [any SharedMailboxDirectory] = accounts.shared.rules.isEmpty ? [] : [accounts.shared]
        if model.shared.readsSharedMaildirs {
            shared.append(SharedMaildirs(accounts: accounts.byLogin, storage: storage))
        }
        let sharing = SiteSharing(
            model, accounts.namespace, accounts: accounts.byLogin, directories: shared, faults)
        return Site(
            model: model, directories: directories, kept: kept, tables: tables, router: router,
            policies: policies, policyServices: Array(builder.services.values), resolver: resolver,
            outgoing: outgoing, accounts: accounts, sharing: sharing, storage: storage, throttle: throttle,
            rates: old?.rates ?? SendingRates(), limitExceptions: builder.limitExceptions(),
            localUsers: tables.localUsers(model.local), group: group)
    }

    // MARK: Life

    /// Looks after the site's directories until it is retired; then gives those who still hold it time to finish.
    func run() async {
        await withDiscardingTaskGroup { tasks in
            for directory in kept {
                switch directory {
                case .servers(let servers): tasks.addTask { await servers.run() }
                case .ldif(let file): tasks.addTask { await self.watch(file) }
                }
            }
            tasks.addTask { await self.watchFileTables() }
            for await _ in retirement.stream {}
            tasks.cancelAll()
        }
        // Cancelled at once when the server stops.
        try? await Task.sleep(for: .seconds(60))
        await close()
    }

    private func watch(_ file: LDIFDirectory) async {
        await file.run(
            onBlockingThread: { body in await Hashing.blocking(body) ?? .unchanged },
            report: { [logger] outcome in
                switch outcome {
                case .unchanged: break
                case .reloaded(let entries):
                    logger.notice("read anew", metadata: ["file": "\(file.path)", "entries": "\(entries)"])
                case .failed(let faults):
                    for fault in faults.faults {
                        logger.error("the directory's file stays as it was", metadata: ["fault": "\(fault)"])
                    }
                }
            })
    }

    private func watchFileTables() async {
        await FileTableWatch(tables: fileTables).run { [logger] table, look in
            switch look {
            case .unchanged: break
            case .reread: logger.notice("read anew", metadata: ["file": "\(table.path)"])
            case .failed(let faults):
                for fault in faults {
                    logger.error(
                        "the table stays as it was", metadata: ["file": "\(table.path)", "fault": "\(fault)"])
                }
            }
        }
    }

    /// Another site is in force: what this one does by itself ends.
    func retire() {
        retirement.continuation.finish()
    }

    /// Leaves its directory servers.
    package func close() async {
        for service in policyServices { service.shutDown() }
        for case .servers(let servers) in kept { await servers.client.shutDown() }
    }

    // MARK: Asking

    /// What clients of a listener may do. A listener that a reload took out of the configuration, and that is still open,
    /// has the native policy of its kind.
    func policy(for listener: ListenerKey, _ kind: ListenerModel.Kind) -> SMTPPolicy {
        policies[listener] ?? nativePolicy(kind)
    }

    /// How an SMTP listener speaks; nil for one that a reload took out of the configuration.
    func options(of listener: ListenerKey) -> SMTPListenerModel? { listeners[listener] }

    /// Nil for a listener that a reload took out of the configuration.
    func lmtpOptions(of listener: ListenerKey) -> LMTPListenerModel? { lmtpListeners[listener] }

    /// What one client may do at a listener in a time; nil where nothing bounds it, or for a client that is excepted.
    func clientLimits(at listener: ListenerKey, of address: Policy.IPAddress) async -> ClientLimitsModel? {
        guard let limits = listeners[listener]?.clientLimits else { return nil }
        // A list that can't be asked excepts nobody.
        if case .found? = await limitExceptions[listener]?.contains(address).outcome { return nil }
        return limits
    }

    /// The same where nothing may wait: exceptions in tables are not known.
    func clientLimitsAtOnce(at listener: ListenerKey, of address: Policy.IPAddress) -> ClientLimitsModel? {
        guard let limits = listeners[listener]?.clientLimits else { return nil }
        return limitExceptions[listener]?.holdsWithoutTables(address) == true ? nil : limits
    }

    /// Every listener that takes mail, with what its clients may do.
    package var listenerPolicies: [(listener: ListenerModel, policy: SMTPPolicy)] {
        ListenerKey.all(model.listeners).filter { $0.listener.kind.isRemoteSMTP }.map { key, listener in
            (listener, policy(for: key, listener.kind))
        }
    }

    private func nativePolicy(_ kind: ListenerModel.Kind) -> SMTPPolicy {
        guard kind != .local else { return SMTPPolicy(.native(.local), router: router, resolver: resolver) }
        var options = PolicyOptions.native(PolicyOptions.Listener(kind))
        options.checksHeaderSenders = model.senders.checksFrom
        return SMTPPolicy(options, router: router, resolver: resolver)
    }

    /// What somebody may do who comes from outside, or who has logged in: that of the first listener where they would.
    func policy(withLogin: Bool) -> SMTPPolicy {
        let listeners = ListenerKey.all(model.listeners)
        let preferred = listeners.first { $0.listener.kind != .smtp && $0.listener.kind.isRemoteSMTP }
        let taking = listeners.first { policies[$0.key]?.options.isAuthenticationEnabled ?? false }
        let outside = listeners.first { $0.listener.kind == .smtp }
        let key = withLogin ? (preferred ?? taking)?.key : (outside ?? preferred)?.key
        return key.flatMap { policies[$0] } ?? nativePolicy(withLogin ? .submission : .smtp)
    }

    /// Whether a user of this machine may send (authorized_submit_users).
    func maySubmit(uid: UInt32) async -> Outcome<Bool> {
        guard let localUsers else { return .found(true) }
        let key: String
        switch await NameService.name(ofUser: uid) {
        case .found(let name): key = name
        case .absent: key = "uid=\(uid)"
        case .unavailable(let reason): return .unavailable(reason)
        }
        return await localUsers.contains(Array(key.utf8)).outcome
    }

    package var tableNames: [String] { tables.keys.sorted() }

    /// A table of the configuration by its name, or one that is given whole: `hash:/etc/aliases`, `unionmap:{…}`.
    /// Reads the file that such a one names.
    package func table(named name: String) async -> (any LookupTable)? {
        if let table = tables[name] ?? tables["ldap:" + name] { return table }
        let (model, directories, group, tables) = (model, directories, group, tables)
        return await Hashing.blocking {
            TablesBuilder(directories, model, FaultCollector(), group: group, knowing: tables).table(given: name)
        } ?? nil
    }

    /// The accounts that a service asks: `submission` those of who sends, any other those of who reads.
    func accounts(for service: String) -> DirectoryAccounts {
        service == "submission" ? submissionAccounts : accounts
    }
}
