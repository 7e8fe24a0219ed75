package import DNS
package import Net

/// What TLSA records say about a host (RFC 7672 §2.2).
package enum DANEResult: Sendable {
    /// The host's certificate must match one of these, which are all usable. `name`: where they were found, a name that the
    /// certificate may be for.
    case usable([DANEAssociation], name: DNSName)
    /// There are some, none of use: TLS is a must, nothing more can be asked (RFC 7672 §2.2).
    case unusable(name: DNSName)
    /// There are none, or DNSSEC does not vouch for the way to them.
    case none(reason: String)
    /// It can't be known now. An attacker can bring this about, so it is never taken for `none` (RFC 7672 §2.1.2).
    case unavailable(reason: String)
}

/// Asks for the TLSA records of a host.
package struct DANELookup: Sendable {
    private let resolver: any DNSResolver

    package init(resolver: any DNSResolver) {
        self.resolver = resolver
    }

    package func associations(of host: CandidateHost) async -> DANEResult {
        guard let name = host.name, case .address(_, let port) = host.endpoint else {
            return .none(reason: "it is known by its address alone")
        }
        // A zone that is not signed holds no TLSA records to rely on, and servers of such zones often fail at the question
        // (RFC 7672 §2.2.2).
        if !host.hasSecureAddress {
            guard host.isAlias else { return .none(reason: "its addresses are not signed") }
            // An alias out of a signed zone: the records of the zone that the alias stands in still count (RFC 7672 §2.2.2).
            switch await resolver.alias(of: name) {
            case .found(let alias) where alias.isSecure: break
            case .found: return .none(reason: "neither its alias nor its addresses are signed")
            case .absent: return .unavailable(reason: "\(name) was an alias a moment ago, and is none now")
            case .unavailable(let failure): return .unavailable(reason: "CNAME lookup of \(name): \(failure)")
            }
        }
        var reason = "it has no TLSA records"
        var bases = [name]
        if let canonicalName = host.canonicalName, canonicalName != name { bases.insert(canonicalName, at: 0) }
        for base in bases {
            guard let question = base.prefixed(by: "_\(port)._tcp") else {
                reason = "\(base) is too long for TLSA records"
                continue
            }
            switch await resolver.tlsa(of: question) {
            case .unavailable(let failure): return .unavailable(reason: "TLSA lookup of \(question): \(failure)")
            case .absent: continue
            case .found(let answer) where !answer.isSecure: reason = "TLSA records of \(question) are not signed"
            case .found(let answer):
                let usable = DANEAssociation.usable(
                    answer.records.map {
                        DANEAssociation(usage: $0.usage, selector: $0.selector, matching: $0.matching, data: $0.data)
                    })
                return usable.isEmpty ? .unusable(name: base) : .usable(usable, name: base)
            }
        }
        return .none(reason: reason)
    }
}
