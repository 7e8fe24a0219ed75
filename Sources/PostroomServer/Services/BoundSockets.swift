package import Net
package import SiteConfiguration

/// Sockets bound before privileges are given up, handed through `execve` by number.
///
/// The environment variable holds `KIND ADDRESS:PORT=FD[,FD…]` separated by `;`.
package struct BoundSockets: Sendable {
    package static let environmentVariable = "POSTROOM_SOCKETS"

    /// By the listener's name (`ListenerModel.name`).
    private var sockets: [String: [BoundSocket]] = [:]

    package init() {}

    /// Takes over what the process before `execve` bound; a descriptor that is no socket is left out.
    package init(environment: [String: String]) {
        for pair in (environment[Self.environmentVariable] ?? "").split(separator: ";") {
            guard let equals = pair.lastIndex(of: "=") else { continue }
            let descriptors = pair[pair.index(after: equals)...].split(separator: ",").compactMap { Int32($0) }
            sockets[String(pair[..<equals])] = descriptors.compactMap { try? BoundSocket(adopting: $0) }
        }
    }

    package var environmentValue: String {
        sockets.sorted { $0.key < $1.key }
            .map { "\($0.key)=\($0.value.map { String($0.descriptor) }.joined(separator: ","))" }
            .joined(separator: ";")
    }

    /// The sockets of a listener: those handed over, or bound now.
    package mutating func take(_ listener: ListenerModel) throws(ListenerError) -> [BoundSocket] {
        if let bound = sockets.removeValue(forKey: listener.name), !bound.isEmpty { return bound }
        return try Self.bind(listener)
    }

    /// Binds and keeps the sockets open across `execve`.
    package mutating func bindForExecution(_ listener: ListenerModel) throws(ListenerError) {
        let bound = try Self.bind(listener)
        for socket in bound { socket.surviveExec() }
        sockets[listener.name] = bound
    }

    private static func bind(_ listener: ListenerModel) throws(ListenerError) -> [BoundSocket] {
        guard listener.host.value == "*" else {
            return try BoundSocket.bind(.tcp(host: listener.host.value, port: listener.port))
        }
        let first = try BoundSocket.bind(.tcp(host: "0.0.0.0", port: listener.port))
        // The same port for both families, also when the first was a free one. A machine without IPv6 has only one.
        let port = first.first?.port ?? listener.port
        guard let second = try? BoundSocket.bind(.tcp(host: "::", port: port)) else { return first }
        return first + second
    }
}
