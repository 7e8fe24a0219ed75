import Glibc
import Logging
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

    /// As `take`, but without the socket for programs of this machine the server goes on, unless its path was configured:
    /// another one that serves beside it may have it.
    mutating func takeIfPossible(_ listener: ListenerModel) throws(ListenerError) -> [BoundSocket] {
        guard listener.isByDefault else { return try take(listener) }
        do throws(ListenerError) {
            return try take(listener)
        } catch {
            Logger(label: "server").error(
                "programs of this machine can't send", metadata: ["reason": "\(error)"])
            return []
        }
    }

    /// Binds and keeps the sockets open across `execve`.
    package mutating func bindForExecution(_ listener: ListenerModel) throws(ListenerError) {
        do throws(ListenerError) {
            let bound = try Self.bind(listener)
            for socket in bound { socket.surviveExec() }
            sockets[listener.name] = bound
        } catch {
            // Tried again, and told, when there is a log.
            guard listener.isByDefault else { throw error }
        }
    }

    private static func bind(_ listener: ListenerModel) throws(ListenerError) -> [BoundSocket] {
        if listener.kind == .local {
            // Everybody may connect: who it is says the kernel.
            return try BoundSocket.bind(.unix(path: listener.host.value, mode: 0o666))
        }
        if listener.isUnixSocket {
            return try BoundSocket.bind(
                .unix(
                    path: listener.host.value, mode: listener.lmtp.mode?.value ?? 0o666,
                    owner: try id(listener.lmtp.owner, SocketOwner.user),
                    group: try id(listener.lmtp.group, SocketOwner.group)))
        }
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

extension BoundSockets {
    private static func id(
        _ name: Located<String>?, _ find: (String) -> UInt32?
    ) throws(ListenerError) -> UInt32? {
        guard let name else { return nil }
        if let id = find(name.value) { return id }
        throw ListenerError(
            address: "\(name.location)", reason: "there is no user or group \(name.value) on this machine",
            remedy: "name one that there is, or its number")
    }
}

/// Names of this machine's users and groups, or numbers. Blocks.
private enum SocketOwner {
    static func user(_ name: String) -> UInt32? { UInt32(name) ?? getpwnam(name)?.pointee.pw_uid }
    static func group(_ name: String) -> UInt32? { UInt32(name) ?? getgrnam(name)?.pointee.gr_gid }
}

extension ListenerModel {
    /// Nobody asked for it: its place is our own choice.
    var isByDefault: Bool { kind == .local && host.location == .builtIn }
}
