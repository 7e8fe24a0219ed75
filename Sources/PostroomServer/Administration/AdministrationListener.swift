import Delivery
import Glibc
import Logging
import NIOCore
import NIOPosix
import Net

/// The socket on which `postroom queue` asks: for root and the service's own user.
struct AdministrationListener: Sendable {
    private let listener: Listener<AdministrationPerformer>

    /// Nil, and told in the log, where the socket can't be had: mail is served without it.
    static func open(
        in folder: String, _ queue: any QueueAdministration, group: MultiThreadedEventLoopGroup
    ) async -> AdministrationListener? {
        let logger = Logger(label: "admin")
        let path = "\(folder)/\(RuntimeFolder.administrationSocket)"
        do {
            var options = ListenerOptions(
                name: "admin", session: SessionOptions(logger: logger), limits: ConnectionLimits(total: 32))
            let own = geteuid()
            options.admits = { facts in facts.peerUID == 0 || facts.peerUID == own }
            options.refusal = { reason in
                let text =
                    reason == .tooManyConnections
                    ? "too many ask at a time" : "only root and the service's user may manage the queue"
                return String(decoding: QueueLine.error(text).bytes, as: UTF8.self)
            }
            guard let socket = try BoundSocket.bind(.unix(path: path, mode: 0o600)).first else { return nil }
            let listener = try await Listener<AdministrationPerformer>(boundSocket: socket, options, group: group) {
                _, _ in (AdministrationEngine(), AdministrationPerformer(queue))
            }
            return AdministrationListener(listener: listener)
        } catch {
            logger.error("postroom queue can't ask this server", metadata: ["reason": "\(error)"])
            return nil
        }
    }

    func shutDown() async {
        await listener.shutDown(grace: .seconds(1))
    }
}
