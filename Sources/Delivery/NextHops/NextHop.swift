package import DNS
package import MailModel

/// Where a copy goes next, as transport(5), `relayhost` and `lmtp:` write it.
package enum NextHop: Hashable, Sendable, CustomStringConvertible {
    /// The mail exchangers of a domain: `example.org`, `example.org:587`.
    case exchangers(DNSName, port: UInt16)
    /// One host, whatever its mail exchangers: `[mail.example.org]:587`, and every host of LMTP.
    case host(DNSName, port: UInt16)
    /// `[192.0.2.1]:25`, `[IPv6:2001:db8::1]`, `inet:127.0.0.1:2003`.
    case address(DNSAddress, port: UInt16)
    /// `unix:/run/dovecot/lmtp`.
    case unix(path: String)

    /// Why a text is no next hop.
    package struct Malformed: Error, Hashable, CustomStringConvertible {
        package let text: String

        package init(text: String) {
            self.text = text
        }

        package var description: String { "\(text) is no host, no domain and no socket" }
    }

    /// The next hops of a copy, to be tried in this order. Several may stand in one setting, separated by commas or spaces,
    /// as `relayhost` and transport(5) have it since Postfix 3.5.
    ///
    /// - Parameter text: nil for the domain's own mail exchangers.
    package static func list(
        _ text: String?, _ transport: RemoteDestination.Transport, domain: Domain
    ) throws(Malformed) -> [NextHop] {
        guard let text else { return [try NextHop(domain, transport)] }
        let words = text.split { $0 == "," || $0 == " " || $0 == "\t" }
        // A setting is an administrator's; a table's value may come from a directory.
        guard !words.isEmpty, words.count <= 100 else { throw Malformed(text: text) }
        var hops: [NextHop] = []
        for word in words { hops.append(try NextHop(word, transport)) }
        return hops
    }

    /// A recipient's own domain: its mail exchangers, or the host that an address literal names.
    private init(_ domain: Domain, _ transport: RemoteDestination.Transport) throws(Malformed) {
        if domain.isAddressLiteral {
            self = try NextHop(domain.description[...], transport)
        } else if let name = DNSName(domain.bytes) {
            let port = Self.defaultPort(transport)
            self = transport.kind == .lmtp ? .host(name, port: port) : .exchangers(name, port: port)
        } else {
            throw Malformed(text: domain.description)
        }
    }

    package init(_ text: Substring, _ transport: RemoteDestination.Transport) throws(Malformed) {
        if text.hasPrefix("unix:") {
            let path = String(text.dropFirst("unix:".count))
            guard path.hasPrefix("/"), !path.utf8.contains(0) else { throw Malformed(text: String(text)) }
            self = .unix(path: path)
            return
        }
        let isHost = text.hasPrefix("inet:")
        let spot = isHost ? text.dropFirst("inet:".count) : text
        guard let (name, port, isBracketed) = Self.split(spot, transport) else { throw Malformed(text: String(text)) }
        let bare = name.lowercased().hasPrefix("ipv6:") ? name.dropFirst("ipv6:".count) : name
        if let address = DNSAddress(bare) {
            self = .address(address, port: port)
        } else if let name = DNSName(name) {
            // An LMTP server has no mail exchangers.
            let isHost = isHost || isBracketed || transport.kind == .lmtp
            self = isHost ? .host(name, port: port) : .exchangers(name, port: port)
        } else {
            throw Malformed(text: String(text))
        }
    }

    /// `[name]:port`, `name:port`, or either without the port.
    private static func split(
        _ text: Substring, _ transport: RemoteDestination.Transport
    ) -> (name: Substring, port: UInt16, isBracketed: Bool)? {
        let name: Substring
        let rest: Substring
        let isBracketed = text.first == "["
        if isBracketed {
            guard let end = text.firstIndex(of: "]") else { return nil }
            name = text[text.index(after: text.startIndex)..<end]
            rest = text[text.index(after: end)...]
        } else {
            let end = text.firstIndex(of: ":") ?? text.endIndex
            (name, rest) = (text[..<end], text[end...])
        }
        guard !rest.isEmpty else { return (name, defaultPort(transport), isBracketed) }
        guard rest.first == ":", let port = port(rest.dropFirst()) else { return nil }
        return (name, port, isBracketed)
    }

    private static func port(_ text: Substring) -> UInt16? {
        switch text {
        case "smtp": 25
        case "submission": 587
        case "smtps", "submissions": 465
        case "lmtp": 24
        default: UInt16(text).flatMap { $0 == 0 ? nil : $0 }
        }
    }

    /// `lmtp_tcp_port`, and RFC 5321 §4.5.4.2.
    private static func defaultPort(_ transport: RemoteDestination.Transport) -> UInt16 {
        transport.kind == .lmtp ? 24 : 25
    }

    package var port: UInt16? {
        switch self {
        case .exchangers(_, let port), .host(_, let port), .address(_, let port): port
        case .unix: nil
        }
    }

    /// Canonical: two spellings of one hop are one text.
    package var description: String {
        switch self {
        case .exchangers(let name, let port): "\(name):\(port)"
        case .host(let name, let port): "[\(name)]:\(port)"
        case .address(let address, let port): "[\(address)]:\(port)"
        case .unix(let path): "unix:\(path)"
        }
    }
}
