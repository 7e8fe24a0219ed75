import IMAP
import Logging
import NIOCore
import NIOPosix
import Net
import POP3
import SMTP
import SiteConfiguration

/// A listener of any protocol, while it serves.
protocol ServingListener: Sendable {
    var key: ListenerKey { get }
    var kind: ListenerModel.Kind { get }
    var localAddress: String? { get }
    var localPort: Int? { get }

    /// Whether a site's new options can be taken.
    func check(_ configured: ConfiguredListener) throws(ListenerError)
    /// Takes them, for connections that come from now on.
    func reconfigure(_ configured: ConfiguredListener) throws(ListenerError)
    func shutDown(grace: TimeAmount) async
}

extension ServingListener {
    /// For the log: `127.0.0.1:25`, or the path of a Unix socket.
    var address: String {
        guard let localAddress else { return String(key.name.drop { $0 != " " }.dropFirst()) }
        return "\(localAddress):\(localPort ?? 0)"
    }
}

/// What a site says of one of its listeners.
struct ConfiguredListener: Sendable {
    var model: ListenerModel
    var site: SiteModel
    var options: ListenerOptions

    init(_ model: ListenerModel, _ site: SiteModel, _ tls: ServerTLS) {
        self.model = model
        self.site = site
        var logger = Logger(label: model.kind.rawValue)
        logger[metadataKey: "listener"] = "\(model.name)"
        options = ListenerOptions(
            name: model.kind.rawValue,
            session: SessionOptions(
                tls: tls.context(for: model), isImplicitTLS: model.kind.isImplicitTLS, logger: logger),
            limits: ConnectionLimits(total: site.limits.connections, perClient: site.limits.connectionsPerClient))
    }
}

struct OpenListener<Performer: SessionPerformer>: ServingListener {
    /// What new connections get of a configuration.
    typealias Sessions =
        @Sendable (ConfiguredListener) -> (
            options: ListenerOptions, makeSession: SessionHandler<Performer>.MakeSession
        )

    let key: ListenerKey
    let kind: ListenerModel.Kind
    let listener: Listener<Performer>
    let sessions: Sessions

    init(
        _ key: ListenerKey, _ configured: ConfiguredListener, _ socket: BoundSocket,
        _ group: MultiThreadedEventLoopGroup, _ sessions: @escaping Sessions
    ) async throws {
        self.key = key
        self.sessions = sessions
        kind = configured.model.kind
        let (options, makeSession) = sessions(configured)
        listener = try await Listener(boundSocket: socket, options, group: group, makeSession: makeSession)
    }

    var localAddress: String? { listener.localAddress }
    var localPort: Int? { listener.localPort }

    func check(_ configured: ConfiguredListener) throws(ListenerError) {
        try listener.check(configured.options)
    }

    func reconfigure(_ configured: ConfiguredListener) throws(ListenerError) {
        let (options, makeSession) = sessions(configured)
        try listener.reconfigure(options, makeSession: makeSession)
    }

    func shutDown(grace: TimeAmount) async {
        await listener.shutDown(grace: grace)
    }
}

/// Opens a site's listeners and says what is spoken on each.
struct Listeners: Sendable {
    let all: [any ServingListener]
    private static let logger = Logger(label: "server")

    /// All or none: what was opened is closed again when one can't be.
    init(
        opening model: SiteModel, _ sockets: BoundSockets, _ sites: SiteHolder, _ tls: ServerTLS,
        _ group: MultiThreadedEventLoopGroup
    ) async throws {
        var sockets = sockets
        var result: [any ServingListener] = []
        let budget = GatherBudget()
        let locks = MaildropLocks()
        do {
            for (key, listener) in ListenerKey.all(model.listeners) {
                let configured = ConfiguredListener(listener, model, tls)
                guard configured.isPossible else {
                    Self.logger.error(
                        "not listened on: the site has no certificate for it",
                        metadata: ["listener": "\(listener.name)"])
                    continue
                }
                for socket in try sockets.takeIfPossible(listener) {
                    switch listener.kind {
                    case .imap, .imaps:
                        result.append(try await OpenListener(key, configured, socket, group, Self.imap(key, sites)))
                    case .pop3, .pop3s:
                        result.append(
                            try await OpenListener(key, configured, socket, group, Self.pop3(key, sites, locks)))
                    case .smtp, .submission, .submissions, .lmtp, .local:
                        result.append(
                            try await OpenListener(key, configured, socket, group, Self.smtp(key, sites, budget)))
                    }
                }
            }
        } catch {
            for listener in result { await listener.shutDown(grace: .zero) }
            throw error
        }
        all = result
    }

    // MARK: Reload

    /// What a site that is read anew has for the listeners that are open.
    struct Change: Sendable {
        fileprivate var taken: [(listener: any ServingListener, configured: ConfiguredListener)] = []
        /// What needs a restart, listener by listener.
        var waiting: [(listener: String, reason: String)] = []
    }

    /// Nothing is in force until `take`: a site that is refused changes no listener.
    func change(to model: SiteModel, _ tls: ServerTLS) throws(ListenerError) -> Change {
        var change = Change()
        var missing = Dictionary(ListenerKey.all(model.listeners).map { ($0.key, $0.listener) }) { $1 }
        let open = Set(all.map(\.key))
        for listener in all {
            guard let new = missing[listener.key] else {
                change.waiting.append(
                    (listener.key.name, "it is no longer configured, and stays open as it was until a restart"))
                continue
            }
            let configured = ConfiguredListener(new, model, tls)
            guard configured.isPossible else {
                change.waiting.append(
                    (listener.key.name, "it has no certificate any more, and goes on with the one it had"))
                continue
            }
            try listener.check(configured)
            change.taken.append((listener, configured))
        }
        for key in open { missing[key] = nil }
        for (key, listener) in missing where ConfiguredListener(listener, model, tls).isPossible {
            change.waiting.append((key.name, "it is listened on after a restart only"))
        }
        return change
    }

    func take(_ change: Change) {
        for (listener, configured) in change.taken {
            do throws(ListenerError) {
                try listener.reconfigure(configured)
            } catch {
                Self.logger.error("a listener stays as it was", metadata: ["reason": "\(error)"])
            }
        }
        for (listener, reason) in change.waiting.sorted(by: { $0.listener < $1.listener }) {
            Self.logger.warning(
                "a listener needs a restart", metadata: ["listener": "\(listener)", "reason": "\(reason)"])
        }
    }

    // MARK: Protocols

    private static func smtp(
        _ key: ListenerKey, _ sites: SiteHolder, _ budget: GatherBudget
    ) -> OpenListener<SMTPPerformer>.Sessions {
        { configured in
            let kind = configured.model.kind
            let serverOptions = SMTPServerOptions(
                configured.model, configured.site, hasTLS: configured.options.session.tls != nil)
            var options = configured.options
            SendingRates.bound(&options, key, sites)
            options.refusal = { serverOptions.refusal($0) }
            return (
                options,
                { facts, _ in
                    var facts = facts
                    // Who connects to LMTP's socket is a mail server, and no program that sends as its user.
                    if kind != .local { facts.peerUID = nil }
                    return (
                        SMTPServerEngine(serverOptions, facts, login: facts.localIdentity, budget: budget),
                        SMTPPerformer(SMTPSession(sites, key, kind, facts))
                    )
                }
            )
        }
    }

    private static func imap(_ key: ListenerKey, _ sites: SiteHolder) -> OpenListener<IMAPSessionPerformer>.Sessions {
        { configured in
            let listener = configured.model
            var adjusted = IMAPServerOptions(
                offersStartTLS: configured.options.session.tls != nil && !listener.kind.isImplicitTLS,
                allowsPlaintextLogin: listener.mailboxes.authentication?.value == .always,
                mechanisms: configured.site.accounts.offeredMechanisms(forSubmission: false),
                messageSize: configured.site.limits.messageSize.value)
            if let greeting = listener.mailboxes.greeting { adjusted.greeting = greeting.value }
            let serverOptions = adjusted
            var options = configured.options
            SendingRates.bound(&options, key, sites)
            options.refusal = { _ in "* BYE Too many connections\r\n" }
            return (
                options,
                { facts, notifier in
                    (
                        IMAPServerEngine(serverOptions, facts),
                        IMAPSessionPerformer(IMAPSession(sites, facts), notifier: notifier)
                    )
                }
            )
        }
    }

    private static func pop3(
        _ key: ListenerKey, _ sites: SiteHolder, _ locks: MaildropLocks
    ) -> OpenListener<POP3SessionPerformer>.Sessions {
        { configured in
            let offersAPOP = configured.site.accounts.offersAPOP
            let hostname = configured.site.hostname.value
            let serverOptions = POP3ServerOptions(
                configured.model, configured.site, hasTLS: configured.options.session.tls != nil)
            var options = configured.options
            SendingRates.bound(&options, key, sites)
            options.refusal = { _ in "-ERR [SYS/TEMP] Too many connections\r\n" }
            return (
                options,
                { facts, _ in
                    (
                        POP3ServerEngine(
                            serverOptions, facts, timestamp: offersAPOP ? APOPTimestamp.make(hostname) : nil),
                        POP3SessionPerformer(POP3Session(sites, locks, facts))
                    )
                }
            )
        }
    }
}

extension POP3ServerOptions {
    fileprivate init(_ listener: ListenerModel, _ site: SiteModel, hasTLS: Bool) {
        self.init(
            offersStartTLS: hasTLS && !listener.kind.isImplicitTLS,
            allowsPlaintextLogin: listener.mailboxes.authentication?.value == .always,
            mechanisms: site.accounts.offeredMechanisms(forSubmission: false),
            loginDelay: site.pop3.loginDelay?.value,
            workarounds: site.pop3.workarounds.reduce(into: MessageReply.Workarounds()) { all, workaround in
                all.insert(workaround.value == .noNULs ? .noNULs : .endsHeader)
            })
        if let greeting = listener.mailboxes.greeting { self.greeting = greeting.value }
    }
}

extension ConfiguredListener {
    /// TLS from the first byte needs a certificate.
    fileprivate var isPossible: Bool { !model.kind.isImplicitTLS || options.session.tls != nil }
}

extension ConnectionFacts {
    /// Who a program of this machine is: the kernel's word for it, and no login name that somebody else may have too.
    fileprivate var localIdentity: String? { peerUID.map { "uid=\($0)" } }
}
