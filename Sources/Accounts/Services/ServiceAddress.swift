/// Where another program listens.
package enum ServiceAddress: Hashable, Sendable, CustomStringConvertible {
    /// An absolute path, 107 octets at most (unix(7)).
    case unix(String)
    case tcp(host: String, port: Int)

    /// What Postfix's `smtpd_sasl_path` names for Dovecot: `inet:host:port`, or a path, with or without `unix:`, below the
    /// queue directory when it isn't absolute (postconf(5)). Nil when it is none of these.
    package init?(smtpdSASLPath text: String, queueDirectory: String) {
        if text.hasPrefix("inet:") {
            let rest = text.dropFirst(5)
            guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
                (1...65535).contains(port)
            else { return nil }
            var host = rest[..<colon]
            if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
            self = .tcp(host: host.isEmpty ? "localhost" : String(host), port: port)
            return
        }
        let path = text.hasPrefix("unix:") ? String(text.dropFirst(5)) : text
        let whole = path.hasPrefix("/") ? path : "\(queueDirectory)/\(path)"
        guard !path.isEmpty, whole.hasPrefix("/"), whole.utf8.count <= 107, !whole.utf8.contains(0) else { return nil }
        self = .unix(whole)
    }

    package var description: String {
        switch self {
        case .unix(let path): path
        case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
        }
    }
}
