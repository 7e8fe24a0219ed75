import DNS

extension NextHop {
    /// The keys of smtp_tls_policy_maps, in order. First the destination in every spelling that a table may have: Postfix
    /// asks for it as it was written, and here two spellings are one destination. Then, for a domain without a port, those
    /// above it, each with its dot.
    ///
    /// - Parameter defaultPort: 25, and 24 for LMTP.
    func policyKeys(defaultPort: UInt16) -> [String] {
        switch self {
        case .unix(let path): return [path]
        case .exchangers(let name, let port):
            guard port == defaultPort else { return Self.spelled(name.description, port) }
            var keys = [name.description] + Self.spelled(name.description, port)
            var rest = name.description[...]
            while let dot = rest.dropFirst().firstIndex(of: ".") {
                rest = rest[dot...]
                keys.append(String(rest))
            }
            return keys
        case .host(let name, let port):
            let host = "[\(name)]"
            return (port == defaultPort ? [host] : []) + Self.spelled(host, port)
        case .address(let address, let port):
            let hosts = address.family == .v6 ? ["[\(address)]", "[IPv6:\(address)]"] : ["[\(address)]"]
            return hosts.flatMap { (port == defaultPort ? [$0] : []) + Self.spelled($0, port) }
        }
    }

    private static func spelled(_ host: String, _ port: UInt16) -> [String] {
        let names: [String] =
            switch port {
            case 24: ["lmtp"]
            case 25: ["smtp"]
            case 465: ["smtps", "submissions"]
            case 587: ["submission"]
            default: []
            }
        return (["\(port)"] + names).map { "\(host):\($0)" }
    }

    /// What `nexthop` stands for in a match: the domain or host, without brackets and port.
    var certificateName: String? {
        switch self {
        case .exchangers(let name, _), .host(let name, _): name.description
        case .address(let address, _): address.description
        case .unix: nil
        }
    }
}

extension CandidateHost {
    /// What `hostname` stands for in a match.
    var certificateName: String? {
        if let name { return name.description }
        guard case .address(let address, _) = endpoint else { return nil }
        return address.description
    }
}
