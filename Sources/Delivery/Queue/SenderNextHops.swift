package import Directory
package import LookupTables
package import MailModel
package import Routing
import Spool

/// What of a copy's way depends on its sender: `sender_dependent_default_transport_maps` and `sender_dependent_relayhost_maps`.
package struct SenderNextHops: Sendable {
    /// Whose mail leaves by which transport in place of `default_transport`.
    package var transports: [any LookupTable]
    /// Whose mail leaves through which relay host in place of `relayhost`.
    package var relayHosts: [any LookupTable]
    /// The transports that the first may name, beside those that every site has.
    package var named: [String: RemoteDestination.Transport]
    /// `relayhost`, for a transport that is found without a next hop.
    package var relayHost: String?
    package var delimiter: RecipientDelimiter

    package init(
        transports: [any LookupTable] = [], relayHosts: [any LookupTable] = [],
        named: [String: RemoteDestination.Transport] = [:], relayHost: String? = nil,
        delimiter: RecipientDelimiter = .none
    ) {
        self.transports = transports
        self.relayHosts = relayHosts
        self.named = named
        self.relayHost = relayHost
        self.delimiter = delimiter
    }

    /// What becomes of a copy, the sender considered. What a transport table gave stays.
    package func way(of remote: RemoteDestination, sender: ReversePath) async -> Answer<SenderWay> {
        var transport = remote.transport
        var nextHop = remote.nextHop
        var leavesByDefault = remote.leavesByDefault
        var steps: [TraceStep] = []
        if remote.hasDefaultTransport, !transports.isEmpty {
            let answer = await find(sender)
            steps += answer.steps
            switch answer.outcome {
            case .absent: break
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .found(let entry):
                // error(8), retry and discard(8) of Postfix: what stands behind the colon is the reason.
                let text = entry.nextHop ?? remote.address.domain.description
                switch named[entry.name] ?? Self.everywhere[entry.name] {
                case let known?: transport = known
                case nil where entry.name == "error": return Answer(.found(.refused(text)), steps: steps)
                case nil where entry.name == "retry": return Answer(.found(.putOff(text)), steps: steps)
                case nil where entry.name == "discard": return Answer(.found(.discarded(text)), steps: steps)
                case nil:
                    let name = entry.name.prefix(64)
                    let reason = "sender_transports: no transport called \(name) sends mail to other hosts here"
                    return Answer(.unavailable(UnavailableReason(.misconfigured, reason)), steps: steps)
                }
                nextHop = entry.nextHop ?? relayHost
                leavesByDefault = entry.nextHop == nil
            }
        }
        if leavesByDefault {
            let answer = await relayHost(of: sender)
            steps += answer.steps
            switch answer.outcome {
            case .absent: break
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .found(let host): nextHop = host
            }
        }
        return Answer(
            .found(.leaves(.remote(transport, nextHop: nextHop, domain: remote.address.domain))), steps: steps)
    }

    // MARK: Transports

    private func find(_ sender: ReversePath) async -> Answer<(name: String, nextHop: String?)> {
        let value: [UInt8]
        var steps: [TraceStep] = []
        if let address = sender.address {
            let answer = await AddressLookup(
                tables: transports, delimiters: delimiter.delimiters(for: address.localPart),
                isLocalDomain: { _ in Answer(.found(false)) }
            ).find(localPart: address.localPart, domain: address.domain.bytes)
            steps = answer.steps
            switch answer.outcome {
            case .absent: return Answer(.absent, steps: steps)
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .found(let hit): value = hit.value
            }
        } else {
            // postconf(5), empty_address_default_transport_maps_lookup_key.
            let answer = await first(of: Array("<>".utf8), in: transports)
            steps = answer.steps
            switch answer.outcome {
            case .absent: return Answer(.absent, steps: steps)
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .found(let found): value = found
            }
        }
        let text = String(decoding: value, as: UTF8.self)
        guard !text.isEmpty, text.uppercased() != "DUNNO" else { return Answer(.absent, steps: steps) }
        let colon = text.firstIndex(of: ":") ?? text.endIndex
        let hop = String(text[colon...].dropFirst())
        return Answer(.found((String(text[..<colon]), hop.isEmpty ? nil : hop)), steps: steps)
    }

    private static let everywhere: [String: RemoteDestination.Transport] = [
        "smtp": .smtp, "relay": .smtp, "lmtp": .lmtp,
    ]

    // MARK: Relay hosts

    private func relayHost(of sender: ReversePath) async -> Answer<String> {
        // postconf(5): the address, then `@domain`; for `<>` nothing is asked.
        guard !relayHosts.isEmpty, let address = sender.address else { return Answer(.absent) }
        var steps: [TraceStep] = []
        for key in [address.unquoted, [UInt8(ascii: "@")] + address.domain.bytes] {
            let answer = await first(of: key, in: relayHosts)
            steps += answer.steps
            switch answer.outcome {
            case .absent: continue
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .found(let value):
                let text = String(decoding: value, as: UTF8.self)
                // DUNNO: as if there were no entry, and no further table is asked.
                return Answer(text.uppercased() == "DUNNO" ? .absent : .found(text), steps: steps)
            }
        }
        return Answer(.absent, steps: steps)
    }

    private func first(of key: [UInt8], in tables: [any LookupTable]) async -> Answer<[UInt8]> {
        var steps: [TraceStep] = []
        for table in tables {
            let answer = await table.lookup(LookupKey.folded(key))
            steps += answer.steps
            if case .absent = answer.outcome { continue }
            return Answer(answer.outcome, steps: steps)
        }
        return Answer(.absent, steps: steps)
    }
}
