/// What SELECT and EXAMINE take beside the name (RFC 7162).
package struct SelectParameters: Hashable, Sendable {
    package var condstore = false
    package var qresync: QuickResynchronization?

    package init() {}
}

/// What a client that comes back knows of a mailbox (RFC 7162 §3.2.5).
package struct QuickResynchronization: Hashable, Sendable {
    package var uidValidity: UInt32
    package var modSeq: UInt64
    package var knownUIDs: SequenceSet?
    /// Message sequence numbers that the client knows, and their UIDs.
    package var knownSequence: SequenceSet?
    package var knownSequenceUIDs: SequenceSet?
}

/// What FETCH takes behind its items (RFC 7162 §3.1.4, §3.2.6, RFC 9394 §3.3).
package struct FetchModifiers: Hashable, Sendable {
    package var changedSince: UInt64?
    package var vanished = false
    /// RFC 9394 §3.3
    package var partial: PartialRange?

    package init() {}
}

extension GrammarReader {
    /// mod-sequence-value = 1*DIGIT ; below 2^63, above 0 ; mod-sequence-valzer may be 0
    mutating func modSequence(allowsZero: Bool = false) throws(IMAPSyntaxError) -> UInt64 {
        let value = try number()
        guard value > 0 || allowsZero else { throw IMAPSyntaxError("Invalid modification sequence") }
        return value
    }

    /// select-params = SP "(" select-param *(SP select-param) ")" ; select-param = "CONDSTORE" / "QRESYNC" SP "(" … ")"
    mutating func selectParameters() throws(IMAPSyntaxError) -> SelectParameters {
        var parameters = SelectParameters()
        guard skipSpace(), !isAtEnd else { return parameters }
        try expect("(")
        repeat {
            switch try word() {
            case "CONDSTORE" where !parameters.condstore: parameters.condstore = true
            case "QRESYNC" where parameters.qresync == nil:
                try space()
                parameters.qresync = try quickResynchronization()
            default: throw IMAPSyntaxError("Unknown select parameter")
            }
        } while skipSpace()
        try expect(")")
        return parameters
    }

    /// "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")"
    private mutating func quickResynchronization() throws(IMAPSyntaxError) -> QuickResynchronization {
        try expect("(")
        let uidValidity = try nonZeroNumber()
        try space()
        var known = QuickResynchronization(uidValidity: uidValidity, modSeq: try modSequence())
        if skipSpace(), current != UInt8(ascii: "(") {
            known.knownUIDs = try setWithoutStar()
            _ = skipSpace()
        }
        if skip("(") {
            known.knownSequence = try setWithoutStar()
            try space()
            known.knownSequenceUIDs = try setWithoutStar()
            try expect(")")
        }
        try expect(")")
        return known
    }

    /// RFC 7162 §7: "*" is not allowed in known-uids and its like.
    private mutating func setWithoutStar() throws(IMAPSyntaxError) -> SequenceSet {
        let set = try sequenceSet()
        guard set.elements.allSatisfy({ $0.first != nil && $0.last != nil }) else {
            throw IMAPSyntaxError("Invalid set")
        }
        return set
    }

    /// fetch-modifiers = SP "(" fetch-modifier *(SP fetch-modifier) ")" ; "CHANGEDSINCE" SP mod-sequence-value / "VANISHED" /
    /// "PARTIAL" SP partial-range, of UID FETCH alone
    mutating func fetchModifiers(byUID: Bool) throws(IMAPSyntaxError) -> FetchModifiers {
        var modifiers = FetchModifiers()
        guard skipSpace(), !isAtEnd else { return modifiers }
        try expect("(")
        repeat {
            switch try word() {
            case "CHANGEDSINCE" where modifiers.changedSince == nil:
                try space()
                modifiers.changedSince = try modSequence()
            case "VANISHED" where !modifiers.vanished: modifiers.vanished = true
            case "PARTIAL" where byUID && modifiers.partial == nil:
                try space()
                modifiers.partial = try partialRange()
            default: throw IMAPSyntaxError("Unknown fetch modifier")
            }
        } while skipSpace()
        try expect(")")
        return modifiers
    }

    /// store-modifiers = "(" "UNCHANGEDSINCE" SP mod-sequence-valzer ")" SP
    mutating func storeModifiers() throws(IMAPSyntaxError) -> UInt64? {
        guard skip("(") else { return nil }
        guard try word() == "UNCHANGEDSINCE" else { throw IMAPSyntaxError("Unknown store modifier") }
        try space()
        let modSeq = try modSequence(allowsZero: true)
        try expect(")")
        try space()
        return modSeq
    }

    /// search-modsequence = "MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer
    mutating func searchModSequence() throws(IMAPSyntaxError) -> UInt64 {
        if current == UInt8(ascii: "\"") {
            // All flags of a message have one modification sequence here: which of them is meant makes no difference.
            guard let entry = try string(), entry.starts(with: "/flags/".utf8) else {
                throw IMAPSyntaxError("Unknown entry")
            }
            try space()
            guard ["PRIV", "SHARED", "ALL"].contains(try word()) else { throw IMAPSyntaxError("Unknown entry type") }
            try space()
        }
        return try modSequence(allowsZero: true)
    }

    /// preview-mods = "(" "LAZY" *(SP …) ")" (RFC 8970 §3) ; whether it is there
    mutating func previewModifiers() throws(IMAPSyntaxError) -> Bool {
        let start = position
        guard skipSpace(), skip("(") else {
            rewind(to: start)
            return false
        }
        guard try word() == "LAZY" else { throw IMAPSyntaxError("Unknown preview modifier") }
        try expect(")")
        return true
    }
}
