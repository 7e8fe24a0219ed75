import IMAP
import Logging
import NIOCore
import NIOPosix
import Net
import SMTP
import SiteConfiguration

/// A listener of any protocol, while it serves.
protocol ServingListener: Sendable {
    var kind: ListenerModel.Kind { get }
    var localAddress: String? { get }
    var localPort: Int? { get }
    func shutDown(grace: TimeAmount) async
}

struct OpenListener<Performer: SessionPerformer>: ServingListener {
    let kind: ListenerModel.Kind
    let listener: Listener<Performer>

    var localAddress: String? { listener.localAddress }
    var localPort: Int? { listener.localPort }

    func shutDown(grace: TimeAmount) async {
        await listener.shutDown(grace: grace)
    }
}

/// Opens a site's listeners and says what is spoken on each.
enum Listeners {
    /// All or none: what was opened is closed again when one can't be.
    static func open(
        _ model: SiteModel, _ sockets: BoundSockets, _ sites: SiteHolder, _ tls: ServerTLS,
        _ group: MultiThreadedEventLoopGroup
    ) async throws -> [any ServingListener] {
        var sockets = sockets
        var result: [any ServingListener] = []
        let budget = GatherBudget()
        do {
            for (key, listener) in ListenerKey.all(model.listeners) {
                guard !listener.kind.isImplicitTLS || tls.context(for: listener) != nil else {
                    Logger(label: "server").error(
                        "not listened on: the site has no certificate for it",
                        metadata: ["listener": "\(listener.name)"])
                    continue
                }
                for socket in try sockets.take(listener) {
                    var options = options(listener, model, tls)
                    SendingRates.bound(&options, key, sites)
                    if listener.kind.isIMAP {
                        let open = try await imap(listener, socket, options, model, sites, group)
                        result.append(OpenListener(kind: listener.kind, listener: open))
                    } else {
                        let open = try await smtp(key, listener, socket, options, model, sites, budget, group)
                        result.append(OpenListener(kind: listener.kind, listener: open))
                    }
                }
            }
        } catch {
            for listener in result { await listener.shutDown(grace: .zero) }
            throw error
        }
        return result
    }

    private static func options(
        _ listener: ListenerModel, _ model: SiteModel, _ tls: ServerTLS
    ) -> ListenerOptions {
        var logger = Logger(label: listener.kind.rawValue)
        logger[metadataKey: "listener"] = "\(listener.name)"
        return ListenerOptions(
            name: listener.kind.rawValue,
            session: SessionOptions(
                tls: tls.context(for: listener), isImplicitTLS: listener.kind.isImplicitTLS, logger: logger),
            limits: ConnectionLimits(total: model.limits.connections, perClient: model.limits.connectionsPerClient))
    }

    private static func smtp(
        _ key: ListenerKey, _ listener: ListenerModel, _ socket: BoundSocket, _ options: ListenerOptions,
        _ model: SiteModel,
        _ sites: SiteHolder, _ budget: GatherBudget, _ group: MultiThreadedEventLoopGroup
    ) async throws -> Listener<SMTPPerformer> {
        let serverOptions = SMTPServerOptions(listener, model, hasTLS: options.session.tls != nil)
        var options = options
        options.refusal = { serverOptions.refusal($0) }
        return try await Listener(boundSocket: socket, options, group: group) { facts, _ in
            (
                SMTPServerEngine(serverOptions, facts, budget: budget),
                SMTPPerformer(SMTPSession(sites, key, listener.kind, facts))
            )
        }
    }

    private static func imap(
        _ listener: ListenerModel, _ socket: BoundSocket, _ options: ListenerOptions, _ model: SiteModel,
        _ sites: SiteHolder, _ group: MultiThreadedEventLoopGroup
    ) async throws -> Listener<IMAPSessionPerformer> {
        var adjusted = IMAPServerOptions(
            offersStartTLS: options.session.tls != nil && !listener.kind.isImplicitTLS,
            allowsPlaintextLogin: listener.imap.authentication?.value == .always,
            messageSize: model.limits.messageSize.value)
        if let greeting = listener.imap.greeting { adjusted.greeting = greeting.value }
        let serverOptions = adjusted
        var options = options
        options.refusal = { _ in "* BYE Too many connections\r\n" }
        return try await Listener(boundSocket: socket, options, group: group) { facts, notifier in
            (
                IMAPServerEngine(serverOptions, facts),
                IMAPSessionPerformer(IMAPSession(sites, facts), facts, notifier: notifier)
            )
        }
    }
}
