/// Where the server of a `tcp:` or `socketmap:` table listens.
package enum TableServerAddress: Hashable, Sendable, CustomStringConvertible {
    case inet(host: String, port: Int)
    case unix(path: String)

    package var description: String {
        switch self {
        case .inet(let host, let port): "inet:\(host):\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }

    /// `host:port`, `[2001:db8::1]:port`.
    static func inet(_ text: Substring) -> Self? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (1...65535).contains(port)
        else { return nil }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        return host.isEmpty ? nil : .inet(host: String(host), port: port)
    }
}

/// How long a table's server may take, and how many connections it gets.
package struct TableServerLimits: Hashable, Sendable {
    package var connectTimeout: Duration
    package var requestTimeout: Duration
    /// A connection unused for longer is not used again.
    package var idleTimeout: Duration
    package var connections: Int
    /// Lookups that wait for a connection; further ones are unavailable at once.
    package var waiting: Int

    package init(
        connectTimeout: Duration = .seconds(5), requestTimeout: Duration = .seconds(10),
        idleTimeout: Duration = .seconds(10), connections: Int = 8, waiting: Int = 256
    ) {
        self.connectTimeout = connectTimeout
        self.requestTimeout = requestTimeout
        self.idleTimeout = idleTimeout
        self.connections = max(1, connections)
        self.waiting = max(0, waiting)
    }
}

/// Why a server gave no reply.
struct TableServerFailure: Error, Hashable, CustomStringConvertible {
    var description: String
    /// The other side had closed the connection.
    var isClosed = false
}
