import Directory
import LookupTables
import MailModel

/// Rewrites addresses as cleanup(8) does: each list of tables by the keys of any address, its answer looked up
/// again until an address stands for itself or no table knows it.
struct CanonicalRewriting: Sendable {
    /// How often cleanup(8) looks an answer up again before it gives up.
    static let maximumRounds = 10

    let options: RoutingOptions

    /// `absent` when no table knows the address; an answer that is no address, or that never ends, is unavailable.
    func rewrite(
        _ address: EmailAddress, as addressClass: CanonicalOptions.AddressClass
    ) async -> Answer<EmailAddress> {
        let lists = options.canonical.lists(for: addressClass)
        var current = address
        var isRewritten = false
        var steps: [TraceStep] = []
        for (setting, tables) in lists {
            var rounds = 0
            search: while true {
                let answer = await find(current, tables)
                func note(_ text: String) {
                    steps.append(TraceStep(.decision(rule: setting, text: text), children: answer.steps))
                }
                switch answer.outcome {
                case .absent:
                    note("\(current) stays as it is")
                    break search
                case .unavailable(let reason):
                    note("can't tell whether \(current) is rewritten")
                    return Answer(.unavailable(reason), steps: steps)
                case .found(let hit):
                    guard let target = target(of: hit, for: current) else {
                        note("\(current): the table's answer is no address")
                        let text = "\(setting): the answer for \(current) is no address"
                        return Answer(.unavailable(UnavailableReason(.misconfigured, text)), steps: steps)
                    }
                    note("\(current) becomes \(target)")
                    isRewritten = true
                    let isSame = LookupKey.folded(target.unquoted) == LookupKey.folded(current.unquoted)
                    current = target
                    if isSame { break search }
                }
                rounds += 1
                guard rounds < Self.maximumRounds else {
                    let text = "\(setting): \(address) is rewritten again and again"
                    return Answer(.unavailable(UnavailableReason(.misconfigured, text)), steps: steps)
                }
            }
        }
        if options.canonical.masquerading.isUsed(for: addressClass) {
            let short = await options.canonical.masquerading.shorten(current)
            switch short.outcome {
            case .absent: break
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps + short.steps)
            case .found(let found):
                let text = "\(current) becomes \(found)"
                steps.append(TraceStep(.decision(rule: "masquerade_domains", text: text), children: short.steps))
                current = found
                isRewritten = true
            }
        }
        return Answer(isRewritten ? .found(current) : .absent, steps: steps)
    }

    private func find(_ address: EmailAddress, _ tables: [any LookupTable]) async -> Answer<AddressLookup.Hit> {
        let local = await LocalNames(options: options).contains(address.domain)
        switch local.outcome {
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: local.steps)
        case .found, .absent: break
        }
        let answer = await AddressLookup.find(
            address, in: tables, delimiter: options.recipientDelimiter, spelling: options.aliasKeySpelling,
            isLocal: local.outcome.isFound(true))
        return Answer(answer.outcome, steps: local.steps + answer.steps)
    }

    /// The first address of the answer counts.
    private func target(of hit: AddressLookup.Hit, for address: EmailAddress) -> EmailAddress? {
        let unmatched = hit.unmatchedExtension ?? []
        let suffix = options.canonical.propagateUnmatchedExtensions ? unmatched : []
        switch AddressList(hit.value).elements.first {
        case .address(let value):
            return EmailAddress(localPart: value.localPart + suffix, domain: options.completed(value.domain))
        case .unqualified(let name): return EmailAddress(localPart: name + suffix, domain: options.myOrigin)
        case .otherDomain(let domain):
            let user = address.localPart.dropLast(unmatched.count)
            return EmailAddress(localPart: user + suffix, domain: options.completed(domain))
        case .unusable, nil: return nil
        }
    }
}

/// Domains whose addresses tables also know by the bare user name: `myorigin`, `mydestination`, our own `[ip]`.
struct LocalNames: Sendable {
    let options: RoutingOptions

    func contains(_ domain: Domain) async -> Answer<Bool> {
        if domain == options.myOrigin || options.addressLiterals.contains(domain) { return Answer(.found(true)) }
        return await options.myDestination.contains(domain.bytes)
    }
}

extension Outcome where Value: Equatable {
    func isFound(_ value: Value) -> Bool { self == .found(value) }
}
