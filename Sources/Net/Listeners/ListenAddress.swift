/// Where a listener waits for connections.
package enum ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address (`0.0.0.0` and `::` stand for all of their family) or a name with one; port 0 takes a free one.
    case tcp(host: String, port: Int)
    /// `mode` are the socket's permissions: who may connect. Without `owner` and `group` it is the process's own.
    case unix(path: String, mode: UInt32 = 0o666, owner: UInt32? = nil, group: UInt32? = nil)

    package var description: String {
        switch self {
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        case .unix(let path, _, _, _): path
        }
    }
}

/// Why a listener can't be set up, and what to do.
package struct ListenerError: Error, Hashable, CustomStringConvertible {
    package let address: String
    package let reason: String
    package let remedy: String

    package init(address: String, reason: String, remedy: String) {
        self.address = address
        self.reason = reason
        self.remedy = remedy
    }

    package var description: String { "can't listen on \(address): \(reason); \(remedy)" }
}
