import MailModel

/// What SORT compares of one message, each criterion's value in its place (RFC 5256 §2.2, RFC 5957 §3).
package struct SortValues: Hashable, Sendable {
    package enum Value: Hashable, Sendable {
        case number(UInt64)
        /// Under i;unicode-casemap.
        case text([UInt8])
    }

    package var values: [Value]

    /// Octets that the texts take.
    var weight: Int {
        values.reduce(0) { sum, value in
            if case .text(let text) = value { sum + text.count } else { sum }
        }
    }
}

/// Puts the messages that a search has found in order.
package enum SortOrder {
    /// Of longer texts this much is compared: subjects and names are shorter.
    private static let textLength = 1024

    /// What the criteria ask of a message.
    package static func needs(_ criteria: [SortCriterion]) -> MessageNeeds {
        var needs = MessageNeeds()
        for criterion in criteria {
            switch criterion.key {
            case .arrival: needs.internalDate = true
            case .date:
                needs.internalDate = true
                needs.fields.insert("DATE")
            case .size: needs.size = true
            case .cc: needs.fields.insert("CC")
            case .from, .displayFrom: needs.fields.insert("FROM")
            case .to, .displayTo: needs.fields.insert("TO")
            case .subject: needs.fields.insert("SUBJECT")
            }
        }
        return needs
    }

    package static func values(_ criteria: [SortCriterion], of message: some MessageFacts) -> SortValues {
        SortValues(values: criteria.map { value($0.key, of: message) })
    }

    private static func value(_ key: SortCriterion.Key, of message: some MessageFacts) -> SortValues.Value {
        switch key {
        case .arrival: .number(ordered(message.internalDate ?? 0))
        case .date: .number(ordered(sentDate(of: message)))
        case .size: .number(message.size ?? 0)
        case .cc: .text(mailbox("Cc", of: message))
        case .from: .text(mailbox("From", of: message))
        case .to: .text(mailbox("To", of: message))
        case .displayFrom: .text(displayName("From", of: message))
        case .displayTo: .text(displayName("To", of: message))
        case .subject:
            .text(Array(BaseSubject(message.fields(named: "Subject")?.first ?? []).key.prefix(textLength)))
        }
    }

    /// The Date field's moment, else the internal date (RFC 5256 §2.2).
    package static func sentDate(of message: some MessageFacts) -> Int64 {
        message.fields(named: "Date")?.first.flatMap(DateField.moment) ?? message.internalDate ?? 0
    }

    /// Negative numbers before all others.
    private static func ordered(_ date: Int64) -> UInt64 {
        UInt64(bitPattern: date) ^ 1 << 63
    }

    /// The mailbox of the first address (RFC 5256 §3).
    private static func mailbox(_ name: String, of message: some MessageFacts) -> [UInt8] {
        text(firstAddress(name, of: message)?.mailbox ?? [])
    }

    /// The first address's name, decoded, or the address (RFC 5957 §3).
    private static func displayName(_ name: String, of message: some MessageFacts) -> [UInt8] {
        guard let address = firstAddress(name, of: message) else { return [] }
        if let name = address.name.map(EncodedWord.decode), !name.isEmpty { return text(name) }
        let mailbox = address.mailbox ?? []
        // A group begins with its name, and has no host.
        guard let host = address.host else { return text(EncodedWord.decode(mailbox)) }
        return text(mailbox + [UInt8(ascii: "@")] + host)
    }

    private static func firstAddress(_ name: String, of message: some MessageFacts) -> MessageAddress? {
        guard let value = message.fields(named: name)?.first else { return nil }
        return MessageAddress.list(value, limits: MIMELimits(addresses: 1)).first
    }

    private static func text(_ text: [UInt8]) -> [UInt8] {
        Array(UnicodeCasemap.key(text).prefix(textLength))
    }

    /// The indexes of `found` in order; equal messages in that of the mailbox, whatever is reversed (RFC 5256 §3).
    package static func sorted(_ found: [(index: Int, values: SortValues)], by criteria: [SortCriterion]) -> [Int] {
        found.sorted { left, right in
            precedes(left.values, right.values, by: criteria) ?? (left.index < right.index)
        }
        .map(\.index)
    }

    /// Nil for equal ones.
    static func precedes(_ left: SortValues, _ right: SortValues, by criteria: [SortCriterion]) -> Bool? {
        for (place, criterion) in criteria.enumerated()
        where place < left.values.count && place < right.values.count {
            let order = compare(left.values[place], right.values[place])
            if order != 0 { return criterion.isReverse ? order > 0 : order < 0 }
        }
        return nil
    }

    private static func compare(_ left: SortValues.Value, _ right: SortValues.Value) -> Int {
        switch (left, right) {
        case (.number(let left), .number(let right)): left < right ? -1 : left > right ? 1 : 0
        case (.text(let left), .text(let right)):
            left == right ? 0 : left.lexicographicallyPrecedes(right) ? -1 : 1
        case (.number, .text): -1
        case (.text, .number): 1
        }
    }
}
