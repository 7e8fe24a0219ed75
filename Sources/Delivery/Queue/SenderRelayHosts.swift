package import Directory
package import LookupTables
package import MailModel
package import Spool

/// `sender_dependent_relayhost_maps`: whose mail leaves through which relay host, in place of `relayhost`.
package struct SenderRelayHosts: Sendable {
    package var tables: [any LookupTable]

    package init(tables: [any LookupTable] = []) {
        self.tables = tables
    }

    /// The way of a copy, the sender considered. A next hop that a transport table gave stays.
    package func way(of remote: RemoteDestination, sender: ReversePath) async -> Answer<QueuedWay> {
        let way = QueuedWay.remote(remote.transport, nextHop: remote.nextHop, domain: remote.address.domain)
        guard remote.leavesByDefault, !tables.isEmpty else { return Answer(.found(way)) }
        var steps: [TraceStep] = []
        // postconf(5): the address, then `@domain`; for `<>` nothing is asked.
        guard let address = sender.address else { return Answer(.found(way)) }
        for key in [address.unquoted, [UInt8(ascii: "@")] + address.domain.bytes] {
            for table in tables {
                let answer = await table.lookup(LookupKey.folded(key))
                steps += answer.steps
                switch answer.outcome {
                case .absent: continue
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                case .found(let value):
                    let text = String(decoding: value, as: UTF8.self)
                    // DUNNO: as if there were no entry, and no further table is asked.
                    guard text.uppercased() != "DUNNO" else { return Answer(.found(way), steps: steps) }
                    return Answer(
                        .found(.remote(remote.transport, nextHop: text, domain: remote.address.domain)), steps: steps)
                }
            }
        }
        return Answer(.found(way), steps: steps)
    }
}
