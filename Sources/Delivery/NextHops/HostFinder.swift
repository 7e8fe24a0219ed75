package import DNS
package import MailModel

/// A host that may take mail, and one of its addresses.
package struct CandidateHost: Hashable, Sendable {
    /// For TLS and the log; nil for a bare address and a socket.
    package var name: DNSName?
    package var endpoint: Endpoint
    /// Whether DNSSEC vouches for how the host was found: the MX records (or that there are none) and their aliases.
    package var isSecure: Bool
    /// Whether DNSSEC vouches for its address records.
    package var hasSecureAddress: Bool
    /// Where TLSA records are asked first (RFC 7672 §2.2.2): the name behind the aliases, where all of that is secure.
    package var canonicalName: DNSName?
    /// Whether its addresses were found behind an alias, secure or not.
    package var isAlias = false

    package enum Endpoint: Hashable, Sendable {
        case address(DNSAddress, port: UInt16)
        case unix(path: String)
    }

    /// As logs name it: `mx.example.org[192.0.2.1]:25`.
    package var description: String {
        switch endpoint {
        case .address(let address, let port): "\(name?.description ?? address.description)[\(address)]:\(port)"
        case .unix(let path): path
        }
    }
}

/// Finds the hosts behind a next hop (RFC 5321 §5).
package struct HostFinder: Sendable {
    /// What a next hop leads to.
    package enum Outcome: Sendable {
        /// In the order in which they are tried; never empty.
        case hosts([CandidateHost])
        /// It is certain that nobody takes the mail there.
        case nowhere(EnhancedStatusCode, String)
        /// DNS does not tell now.
        case unknown(EnhancedStatusCode, String)
    }

    package struct Options: Sendable {
        /// `myhostname`, to recognise ourselves among the mail exchangers.
        package var ownNames: Set<DNSName> = []
        /// Where we take mail from other hosts.
        package var ownAddresses: Set<CandidateHost.Endpoint> = []
        /// `smtp_mx_address_limit`.
        package var addressLimit = 5
        /// `smtp_address_preference`; nil for any.
        package var preference: DNSAddress.Family?
        /// `inet_protocols`.
        package var families: [DNSAddress.Family] = [.v6, .v4]

        package init() {}
    }

    private let resolver: any DNSResolver
    private let options: Options

    package init(_ resolver: any DNSResolver, _ options: Options = Options()) {
        self.resolver = resolver
        self.options = options
    }

    package func hosts(of hop: NextHop) async -> Outcome {
        var generator = SystemRandomNumberGenerator()
        return await hosts(of: hop, using: &generator)
    }

    package func hosts(of hop: NextHop, using generator: inout some RandomNumberGenerator) async -> Outcome {
        switch hop {
        case .unix(let path):
            return .hosts([
                CandidateHost(endpoint: .unix(path: path), isSecure: true, hasSecureAddress: true)
            ])
        case .address(let address, let port):
            return .hosts([
                CandidateHost(endpoint: .address(address, port: port), isSecure: true, hasSecureAddress: true)
            ])
        case .host(let name, let port):
            // The administrator named it: nothing about it needs to be proven (RFC 7672 §2.2.1).
            let found = await addresses(of: name, port, isSecure: true, &generator)
            return outcome([found], named: name)
        case .exchangers(let domain, let port):
            return await exchangers(of: domain, port, &generator)
        }
    }

    // MARK: Mail exchangers

    private func exchangers(
        of domain: DNSName, _ port: UInt16, _ generator: inout some RandomNumberGenerator
    ) async -> Outcome {
        switch await resolver.mailExchangers(of: domain) {
        case .unavailable(let reason):
            return .unknown(EnhancedStatusCode(4, 4, 3), "MX records of \(domain) can't be looked up: \(reason)")
        case .absent(let exists, let isSecure):
            guard exists else {
                return .nowhere(
                    EnhancedStatusCode(5, 4, 4), "Host or domain name not found: there is no domain \(domain)")
            }
            // RFC 5321 §5.1: the domain itself, as if it had named itself.
            let found = await addresses(of: domain, port, isSecure: isSecure, &generator)
            guard !isOurs(found) else { return loop(domain) }
            return outcome([found], named: domain)
        case .found(let records):
            // RFC 7505 §3.
            if records.records.allSatisfy({ $0.host == nil }) {
                return .nowhere(EnhancedStatusCode(5, 1, 10), "Domain \(domain) does not accept mail (null MX)")
            }
            return await hosts(of: records, domain, port, &generator)
        }
    }

    private func hosts(
        of records: DNSRecords<MailExchanger>, _ domain: DNSName, _ port: UInt16,
        _ generator: inout some RandomNumberGenerator
    ) async -> Outcome {
        // Equal preferences in any order: the load is the domain's to spread (RFC 5321 §5.1).
        let all = records.records.shuffled(using: &generator).sorted { $0.preference < $1.preference }
        var found: [Found] = []
        var names: Set<DNSName> = []
        for exchanger in all {
            guard let host = exchanger.host, names.insert(host).inserted else { continue }
            // RFC 5321 §5.1: ourselves and whoever comes behind us are left out; mail must come nearer.
            guard !options.ownNames.contains(host) else { break }
            let addresses = await addresses(of: host, port, isSecure: records.isSecure, &generator)
            guard !isOurs(addresses) else { break }
            found.append(addresses)
            if found.reduce(0, { $0 + $1.count }) >= options.addressLimit { break }
        }
        return found.isEmpty ? loop(domain) : outcome(found, named: domain)
    }

    private func isOurs(_ found: Found) -> Bool {
        guard case .hosts(let hosts) = found else { return false }
        return hosts.contains { options.ownAddresses.contains($0.endpoint) }
    }

    private func loop(_ domain: DNSName) -> Outcome {
        .nowhere(EnhancedStatusCode(5, 4, 6), "Mail for \(domain) loops back to myself")
    }

    // MARK: Addresses

    /// What became of one host's name.
    private enum Found {
        case hosts([CandidateHost])
        case none
        case unknown(String)

        var count: Int { if case .hosts(let hosts) = self { hosts.count } else { 0 } }
    }

    private func outcome(_ found: [Found], named name: DNSName) -> Outcome {
        var hosts: [CandidateHost] = []
        var reason: String?
        for item in found {
            switch item {
            case .hosts(let some): hosts += some
            case .unknown(let text): reason = reason ?? text
            case .none: break
            }
        }
        guard hosts.isEmpty else { return .hosts(Array(balanced(hosts))) }
        if let reason { return .unknown(EnhancedStatusCode(4, 4, 3), reason) }
        return .nowhere(EnhancedStatusCode(5, 4, 4), "Host or domain name not found: no host of \(name) has an address")
    }

    /// At most `addressLimit`, and when one family would fill all places, some for the other
    /// (`smtp_balance_inet_protocols`): a host with many broken IPv6 addresses still gets its mail over IPv4.
    private func balanced(_ hosts: [CandidateHost]) -> [CandidateHost] {
        guard hosts.count > options.addressLimit, options.addressLimit > 1 else {
            return Array(hosts.prefix(max(1, options.addressLimit)))
        }
        var kept = Array(hosts.prefix(options.addressLimit))
        let families = Set(kept.compactMap(\.family))
        guard families.count == 1, let other = hosts.first(where: { $0.family.map { !families.contains($0) } ?? false })
        else { return kept }
        kept.removeLast()
        kept.append(other)
        return kept
    }

    private func addresses(
        of name: DNSName, _ port: UInt16, isSecure: Bool, _ generator: inout some RandomNumberGenerator
    ) async -> Found {
        async let v6 = answer(of: name, .v6)
        async let v4 = answer(of: name, .v4)
        var hosts: [CandidateHost] = []
        var reason: String?
        // Which family goes first is left to chance, so that neither is never tried (`smtp_address_preference = any`).
        var answers = [await v6, await v4]
        switch options.preference {
        case nil: answers.shuffle(using: &generator)
        case .v6: break
        case .v4: answers.reverse()
        }
        for answer in answers {
            switch answer {
            case .found(let records):
                for address in records.records.shuffled(using: &generator) {
                    hosts.append(
                        CandidateHost(
                            name: name, endpoint: .address(address, port: port), isSecure: isSecure,
                            hasSecureAddress: records.isSecure,
                            canonicalName: records.isSecure && records.isAlias ? records.canonicalName : nil,
                            isAlias: records.isAlias))
                }
            case .absent: break
            case .unavailable(let text): reason = reason ?? "the address of \(name) can't be looked up: \(text)"
            }
        }
        guard hosts.isEmpty else { return .hosts(options.preference == nil ? interleaved(hosts) : hosts) }
        return reason.map { .unknown($0) } ?? .none
    }

    private func answer(of name: DNSName, _ family: DNSAddress.Family) async -> DNSAnswer<DNSAddress> {
        guard options.families.contains(family) else { return .absent(nameExists: true, isSecure: false) }
        return await resolver.addresses(of: name, family)
    }

    /// One of each family in turn.
    private func interleaved(_ hosts: [CandidateHost]) -> [CandidateHost] {
        let first = hosts.filter { $0.family == hosts.first?.family }
        let second = hosts.filter { $0.family != hosts.first?.family }
        var result: [CandidateHost] = []
        for index in 0..<max(first.count, second.count) {
            if index < first.count { result.append(first[index]) }
            if index < second.count { result.append(second[index]) }
        }
        return result
    }
}

extension CandidateHost {
    fileprivate var family: DNSAddress.Family? {
        if case .address(let address, _) = endpoint { address.family } else { nil }
    }
}
