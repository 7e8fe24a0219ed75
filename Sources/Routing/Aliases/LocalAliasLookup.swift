import Directory
import LookupTables
import MailModel

/// `alias_maps` as local(8) asks them: for `user+extension`, then `user`, never with a domain. An address that
/// `transport_maps` gives to somebody else never comes to local(8).
struct LocalAliasLookup: Sendable {
    let options: RoutingOptions

    func find(_ address: EmailAddress) async -> Answer<[UInt8]> {
        var steps: [TraceStep] = []
        let transport = await TransportLookup(options: options).find(address)
        steps += transport.steps
        switch transport.outcome {
        case .absent: break
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        case .found(let entry):
            guard entry.transport.isEmpty || entry.transport == "local" else { return Answer(.absent, steps: steps) }
        }
        var keys = [LookupKey.folded(address.localPart)]
        let user = LookupKey.folded(options.recipientDelimiter.user(of: address.localPart))
        if user != keys[0] { keys.append(user) }
        for key in keys {
            for table in options.localAliasMaps {
                let answer = await table.lookup(key)
                steps += answer.steps
                switch answer.outcome {
                case .absent: continue
                case .found, .unavailable: return Answer(answer.outcome, steps: steps)
                }
            }
        }
        return Answer(.absent, steps: steps)
    }
}
