import Directory
import SiteConfiguration

/// inet_interfaces, inet_protocols and mynetworks: which addresses are listened on, which are ours, and whom they trust.
struct InterfacesReader {
    let parameters: ParameterReader

    init(_ parameters: ParameterReader) {
        self.parameters = parameters
    }

    /// Addresses that a service listens on, as the model writes them.
    func hosts() -> [Located<String>] {
        let protocols = self.protocols()
        let words = parameters.words("inet_interfaces", "the addresses that are listened on")
        let place = parameters.location("inet_interfaces")
        var hosts: [Located<String>] = []
        for word in words.isEmpty ? [Located("all", at: place)] : words {
            switch word.value.lowercased() {
            // Among other words Postfix looks it up as a host's name, and refuses to start.
            case "all" where words.count <= 1:
                let wildcard = protocols == ["ipv4"] ? "0.0.0.0" : protocols == ["ipv6"] ? "::" : "*"
                return [word.map { _ in wildcard }]
            case "loopback-only" where words.count <= 1, "localhost":
                if protocols.contains("ipv4") { hosts.append(word.map { _ in "127.0.0.1" }) }
                if protocols.contains("ipv6") { hosts.append(word.map { _ in "::1" }) }
            default:
                let address = word.value.drop { $0 == "[" }.prefix { $0 != "]" }
                if Self.isAddress(String(address)) {
                    let isIPv6 = address.contains(":")
                    if protocols.contains(isIPv6 ? "ipv6" : "ipv4") { hosts.append(word.map { _ in String(address) }) }
                } else {
                    let known = addresses(ofHost: word.value)
                    if known.isEmpty {
                        // To listen on every address instead would open what the site keeps shut.
                        parameters.reading.error(
                            at: word.location,
                            "inet_interfaces: \(WordList.printable(word.value)) stands in no line of /etc/hosts: which "
                                + "address is meant is unknown",
                            remedy: "write the IP address")
                    }
                    for address in known where protocols.contains(address.contains(":") ? "ipv6" : "ipv4") {
                        hosts.append(word.map { _ in address })
                    }
                }
            }
        }
        return hosts.reduce(into: []) { known, host in
            if !known.contains(where: { $0.value == host.value }) { known.append(host) }
        }
    }

    /// By hosts(5): nobody is connected to for an import.
    private func addresses(ofHost name: String) -> [String] {
        let lines = parameters.reading.draft.files.text("/etc/hosts")?.lines ?? []
        return lines.compactMap { line in
            let text = String(decoding: line.bytes.prefix { $0 != UInt8(ascii: "#") }, as: UTF8.self)
            let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }
            guard let address = words.first, Self.isAddress(String(address)),
                words.dropFirst().contains(where: { $0.lowercased() == name.lowercased() })
            else { return nil }
            return String(address)
        }
    }

    private func protocols() -> Set<String> {
        var protocols: Set<String> = []
        for word in parameters.words("inet_protocols", "IPv4, IPv6 or both") {
            switch word.value.lowercased() {
            case "all": protocols = ["ipv4", "ipv6"]
            case "ipv4", "ipv6": protocols.insert(word.value.lowercased())
            default:
                parameters.reading.error(
                    at: word.location, "inet_protocols: \"\(WordList.printable(word.value))\" is not known",
                    remedy: "write all, ipv4 or ipv6")
            }
        }
        return protocols.isEmpty ? ["ipv4", "ipv6"] : protocols
    }

    /// Our own addresses in `user@[address]`.
    func addressLiterals() -> [Located<String>] {
        var found: [Located<String>] = []
        for host in hosts() {
            if ["*", "0.0.0.0", "::"].contains(host.value) {
                let machine = ["127.0.0.1", "::1"] + parameters.reading.draft.machineAddresses.map(Self.withoutPrefix)
                found += machine.map { Located($0, at: host.location) }
            } else {
                found.append(host)
            }
        }
        for word in parameters.words("proxy_interfaces", "addresses by which a proxy reaches us") {
            let address = String(word.value.drop { $0 == "[" }.prefix { $0 != "]" })
            if Self.isAddress(address) { found.append(Located(address, at: word.location)) }
        }
        return found.reduce(into: []) { known, address in
            if !known.contains(where: { $0.value == address.value }) { known.append(address) }
        }
    }

    /// mynetworks, or what mynetworks_style makes of this machine's addresses.
    func networks() -> [MatchItemModel] {
        if parameters.isSet("mynetworks") {
            parameters.tell("mynetworks_style", .notNeeded, "mynetworks is set")
            let items = TableReader(parameters.reading, effect: .relaying)
                .items(parameters.words("mynetworks", "clients that are trusted"))
            for case .name(let network) in items
            where network.value.hasSuffix("/0") && !network.value.hasPrefix("!") {
                parameters.tell(
                    "mynetworks", .weak,
                    "everybody is trusted: wherever permit_mynetworks stands, this is an open relay")
            }
            return items
        }
        let style = parameters.choice("mynetworks_style", ["host", "subnet", "class"], "the clients that are trusted")
        let place = style?.location ?? .builtIn
        let machine = parameters.reading.draft.machineAddresses
        var networks: [String]
        if style?.value == "host" {
            networks = ["127.0.0.1/32", "[::1]/128"]
            networks += machine.map(Self.withoutPrefix).map { $0.contains(":") ? "[\($0)]/128" : "\($0)/32" }
        } else {
            // `class` would trust the whole of a provider's network; it is taken as `subnet`.
            networks = ["127.0.0.0/8", "[::1]/128"]
            networks += machine.compactMap(Self.network)
            parameters.tellAlways(
                "mynetworks_style", value: style?.value ?? "", at: place, .weak,
                "the networks that this machine's addresses lie in are trusted; set mynetworks to say which")
        }
        return networks.reduce(into: [String]()) { known, network in
            if !known.contains(network) { known.append(network) }
        }.map { .name(Located($0, at: place)) }
    }

    // MARK: Addresses

    static func isAddress(_ text: String) -> Bool {
        if text.contains(":") {
            return text.allSatisfy { $0.isHexDigit || $0 == ":" || $0 == "." } && text.filter { $0 == ":" }.count >= 2
        }
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func withoutPrefix(_ address: String) -> String {
        String(address.prefix { $0 != "/" })
    }

    /// `2001:db8::17`, 64 → `[2001:db8:0:0:0:0:0:0]/64`.
    private static func network(groups text: String, length: Int) -> String? {
        let halves = text.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false).map {
            $0.split(separator: ":").map { UInt16($0, radix: 16) }
        }
        guard (0...128).contains(length), let front = halves.first, halves.count <= 2 else { return nil }
        let back = halves.count == 2 ? halves[1] : []
        let missing = 8 - front.count - back.count
        guard halves.count == 2 ? missing >= 1 : missing == 0 else { return nil }
        var groups: [UInt16] = []
        for group in front + Array(repeating: 0, count: missing) + back {
            guard let group else { return nil }
            let kept = min(max(length - groups.count * 16, 0), 16)
            groups.append(kept == 0 ? 0 : group & (UInt16.max << UInt16(16 - kept)))
        }
        return "[" + groups.map { String($0, radix: 16) }.joined(separator: ":") + "]/\(length)"
    }

    /// `192.0.2.17/24` → `192.0.2.0/24`; IPv6 in brackets.
    private static func network(_ address: String) -> String? {
        let parts = address.split(separator: "/")
        guard let host = parts.first, let length = parts.last.flatMap({ Int($0) }), parts.count == 2 else { return nil }
        if host.contains(":") { return network(groups: String(host), length: length) }
        let octets = host.split(separator: ".").compactMap { UInt32($0) }
        guard octets.count == 4, octets.allSatisfy({ $0 < 256 }), (0...32).contains(length) else { return nil }
        let value = octets.reduce(UInt32(0)) { $0 << 8 | $1 }
        let mask: UInt32 = length == 0 ? 0 : ~UInt32(0) << UInt32(32 - length)
        let network = value & mask
        return "\(network >> 24).\(network >> 16 & 255).\(network >> 8 & 255).\(network & 255)/\(length)"
    }
}
