import DNS
import Directory
import LookupTables
import MailModel

/// `check_…_a_access`, `check_…_mx_access`, `check_…_ns_access`: access tables asked for the hosts that serve a name, and
/// for their addresses.
extension RestrictionEvaluation {
    /// Of one name; zones have fewer.
    private static let maximumServers = 32
    /// Labels that are taken off a name to find the zone that it lies in.
    private static let maximumParents = 10

    mutating func serverAccess(_ access: ServerAccess, _ table: any LookupTable, _ stage: Stage) async -> Verdict {
        guard let (name, subject) = await named(access.subject) else { return .dunno }
        if name.hasPrefix("[") {
            guard access.records == .addresses, let address = HostNames.address(inLiteral: name),
                let verdict = await entry(table, AccessKeys.address(address), subject, stage)
            else { return .dunno }
            return withoutPermit(verdict, access.restriction)
        }
        guard let domain = DNSName(name) else { return .dunno }
        for server in await servers(of: domain, access.records) {
            let keys = AccessKeys.host(server.description)
            if let verdict = await entry(table, keys, subject, stage) {
                return withoutPermit(verdict, access.restriction)
            }
            for address in await addresses(of: server) {
                if let verdict = await entry(table, AccessKeys.address(address), subject, stage) {
                    return withoutPermit(verdict, access.restriction)
                }
            }
        }
        return .dunno
    }

    /// `check_reverse_client_hostname_access`
    mutating func reverseClientAccess(_ table: any LookupTable, _ stage: Stage) async -> Verdict {
        let name = await findClientNames().reverse.text ?? ClientNames.unknown
        let keys = AccessKeys.host(name) + (client.address.map { AccessKeys.address($0) } ?? [])
        guard let verdict = await entry(table, keys, .reverseClient(name), stage) else { return .dunno }
        return withoutPermit(verdict, "check_reverse_client_hostname_access")
    }

    /// Whoever chooses their own name servers must not let themselves in.
    private mutating func withoutPermit(_ verdict: Verdict, _ restriction: String) -> Verdict {
        guard case .permit = verdict, !effects.isDiscarded else { return verdict }
        effects.notes.append("\(restriction): OK is not allowed there for security reasons: use DUNNO for exceptions")
        return .refuse(PolicyReply.configurationError)
    }

    private mutating func named(_ subject: ServerAccess.Subject) async -> (String, PolicyReply.Subject)? {
        switch subject {
        case .client: return await findClientNames().verified.text.map { ($0, .client(client)) }
        case .reverseClient: return await findClientNames().reverse.text.map { ($0, .reverseClient($0)) }
        case .helo: return client.helo.map { ($0, .helo($0)) }
        case .sender: return sender.address.map { ($0.domain.description, .sender(sender)) }
        case .recipient: return recipient.map { ($0.domain.description, .recipient($0)) }
        }
    }

    private mutating func servers(of domain: DNSName, _ records: ServerAccess.Records) async -> [DNSName] {
        switch records {
        case .addresses: return [domain]
        case .mailExchangers:
            switch await resolver.mailExchangers(of: domain) {
            case .found(let found): return Array(found.records.compactMap(\.host).prefix(Self.maximumServers))
            // RFC 5321 §5.1: a domain without MX is its own.
            case .absent: return [domain]
            case .unavailable(let reason):
                effects.notes.append("unable to look up MX host for \(domain): \(reason)")
                return []
            }
        case .nameServers:
            var zone = domain
            for _ in 0..<Self.maximumParents {
                switch await resolver.nameServers(of: zone) {
                case .found(let found): return Array(found.records.prefix(Self.maximumServers))
                case .absent:
                    // The servers of a top-level domain say nothing of those below it.
                    guard let parent = zone.parent, parent.parent != nil else { return [] }
                    zone = parent
                case .unavailable(let reason):
                    effects.notes.append("unable to look up NS host for \(domain): \(reason)")
                    return []
                }
            }
            return []
        }
    }

    private mutating func addresses(of host: DNSName) async -> [IPAddress] {
        var found: [IPAddress] = []
        for family in DNSAddress.Family.allCases {
            switch await resolver.addresses(of: host, family) {
            case .found(let records): found += records.records.compactMap { IPAddress(octets: $0.bytes) }
            case .absent: break
            case .unavailable(let reason): effects.notes.append("unable to look up host \(host): \(reason)")
            }
        }
        return found
    }
}
