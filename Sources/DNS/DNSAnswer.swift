/// What came of a question.
package enum DNSAnswer<Record: Sendable>: Sendable {
    /// With one record or more.
    case found(DNSRecords<Record>)
    /// There is no such record, and no such name either where `nameExists` is false. `isSecure`: DNSSEC proves it.
    case absent(nameExists: Bool, isSecure: Bool)
    /// Nothing is known, for now: a server failed or didn't answer, or the answer doesn't bear validation. For people and
    /// the log; may hold names that a client chose, in the characters of ``DNSName``.
    case unavailable(reason: String)

    package var records: [Record] {
        guard case .found(let records) = self else { return [] }
        return records.records
    }
}

package struct DNSRecords<Record: Sendable>: Sendable {
    /// At most as many as the resolver takes of an answer; never empty.
    package var records: [Record]
    /// The name that has the records: where the aliases (CNAME) lead, or the name that was asked for.
    package var canonicalName: DNSName
    /// DNSSEC validates them, and every alias on the way.
    package var isSecure: Bool
    package var isAlias: Bool
    /// What is left of it.
    package var timeToLive: Duration

    package init(
        records: [Record], canonicalName: DNSName, isSecure: Bool = false, isAlias: Bool = false,
        timeToLive: Duration = .zero
    ) {
        self.records = records
        self.canonicalName = canonicalName
        self.isSecure = isSecure
        self.isAlias = isAlias
        self.timeToLive = timeToLive
    }
}

extension DNSAnswer: Equatable where Record: Equatable {}
extension DNSRecords: Equatable where Record: Equatable {}
