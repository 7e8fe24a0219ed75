/// A policy as it is kept: the octets that were fetched, when, and for which record.
package struct StoredSTSPolicy: Hashable, Sendable {
    package let id: String
    /// Seconds since 1970.
    package let fetched: Int64
    let text: [UInt8]
    package let policy: STSPolicy

    package init(id: String, fetched: Int64, text: [UInt8]) throws(STSPolicy.Malformed) {
        policy = try STSPolicy(parsing: text)
        self.id = id
        self.fetched = fetched
        self.text = text
    }

    /// Seconds since 1970.
    package var expiry: Int64 { fetched.addingReportingOverflow(policy.maximumAge).partialValue }

    /// A policy from the future was written by a clock that was wrong; it could live for ever.
    func isValid(at now: Int64) -> Bool { fetched <= now + 86_400 && now < expiry }

    /// RFC 8461 §3.3: policies are looked at again at least daily, and before they expire.
    func isDue(at now: Int64) -> Bool {
        now >= fetched + min(86_400, policy.maximumAge / 2)
    }

    // MARK: In a file

    private static let signature = "postroom-mta-sts 1"

    /// `postroom-mta-sts 1 FETCHED ID`, then the policy as it came.
    var contents: [UInt8] { Array("\(Self.signature) \(fetched) \(id)\n".utf8) + text }

    /// Nil for what no version of this program wrote.
    init?(contents: [UInt8]) {
        guard let end = contents.prefix(256).firstIndex(of: 0x0A),
            let line = String(validating: contents[..<end], as: UTF8.self)
        else { return nil }
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 4, words[0] + " " + words[1] == Self.signature, let fetched = Int64(words[2]),
            (0...(1 << 40)).contains(fetched), (1...32).contains(words[3].utf8.count),
            words[3].utf8.allSatisfy(STSRecord.isAlphanumeric),
            let stored = try? StoredSTSPolicy(
                id: String(words[3]), fetched: fetched, text: Array(contents[(end + 1)...]))
        else { return nil }
        self = stored
    }
}
