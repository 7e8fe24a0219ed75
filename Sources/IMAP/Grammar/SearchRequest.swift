import MailModel

/// SEARCH, SORT or THREAD with what it shall return (RFC 3501, 4731, 5182, 5256, 5267, 9394).
package struct SearchRequest: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case search
        case sort([SortCriterion])
        case thread(ThreadAlgorithm)
    }

    package var kind: Kind
    package var key: SearchKey
    package var byUID: Bool
    /// Nil when the client asks for the response of old.
    package var returns: SearchReturn?
    /// SEARCH CHARSET …: what a client that has enabled UTF8=ACCEPT may not say (RFC 6855 §3).
    package var namesCharset = false
}

/// search-return-opts (RFC 4466 §3).
package struct SearchReturn: Hashable, Sendable {
    package struct Options: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let min = Options(rawValue: 1)
        package static let max = Options(rawValue: 2)
        package static let all = Options(rawValue: 4)
        package static let count = Options(rawValue: 8)
        package static let save = Options(rawValue: 16)
        /// A hint that a search like it will follow (RFC 5267 §4.2).
        package static let context = Options(rawValue: 32)
        /// Changes of the result shall be told (RFC 5267 §4.3).
        package static let update = Options(rawValue: 64)
    }

    package var options: Options = []
    package var partial: PartialRange?
    /// With UPDATE: what is to be fetched of new messages that come into the result (RFC 5465 §7).
    package var updateItems: [FetchItem] = []

    package init(_ options: Options = []) {
        self.options = options
    }

    /// Only saved or watched: nothing is to be shown (RFC 5182 §2.1).
    package var isSilent: Bool {
        partial == nil && options.isDisjoint(with: [.min, .max, .all, .count]) && options.contains(.save)
    }
}

/// sort-criterion = ["REVERSE" SP] sort-key
package struct SortCriterion: Hashable, Sendable {
    /// RFC 5256 §3, RFC 5957 §3.
    package enum Key: String, Hashable, Sendable {
        case arrival = "ARRIVAL"
        case cc = "CC"
        case date = "DATE"
        case displayFrom = "DISPLAYFROM"
        case displayTo = "DISPLAYTO"
        case from = "FROM"
        case size = "SIZE"
        case subject = "SUBJECT"
        case to = "TO"
    }

    package var key: Key
    package var isReverse = false
}

/// RFC 5256 §3, and REFS of draft-ietf-morg-inthread.
package enum ThreadAlgorithm: String, Hashable, Sendable {
    case orderedSubject = "ORDEREDSUBJECT"
    case references = "REFERENCES"
    case refs = "REFS"
}

extension GrammarReader {
    /// search = "SEARCH" [search-return-opts] SP search-program
    package mutating func searchRequest(byUID: Bool) throws(IMAPSyntaxError) -> SearchRequest {
        let returns = try searchReturn()
        let start = position
        let namesCharset = (try? word()) == "CHARSET"
        rewind(to: start)
        return SearchRequest(
            kind: .search, key: try searchProgram(), byUID: byUID, returns: returns, namesCharset: namesCharset)
    }

    /// sort = "SORT" [search-return-opts] SP "(" sort-criterion *(SP sort-criterion) ")" SP charset SP search-criteria
    package mutating func sortRequest(byUID: Bool) throws(IMAPSyntaxError) -> SearchRequest {
        let returns = try searchReturn()
        try expect("(")
        var criteria: [SortCriterion] = []
        repeat {
            guard criteria.count < 32 else { throw IMAPSyntaxError("Too many sort criteria", kind: .limit) }
            var name = try word()
            let isReverse = name == "REVERSE"
            if isReverse {
                try space()
                name = try word()
            }
            guard let key = SortCriterion.Key(rawValue: name) else { throw IMAPSyntaxError("Unknown sort criterion") }
            criteria.append(SortCriterion(key: key, isReverse: isReverse))
        } while skipSpace()
        try expect(")")
        try space()
        let key = try charsetAndCriteria()
        return SearchRequest(kind: .sort(criteria), key: key, byUID: byUID, returns: returns)
    }

    /// thread = "THREAD" SP thread-alg SP charset SP search-criteria
    package mutating func threadRequest(byUID: Bool) throws(IMAPSyntaxError) -> SearchRequest {
        guard let algorithm = ThreadAlgorithm(rawValue: try word()) else {
            throw IMAPSyntaxError("Unknown thread algorithm")
        }
        try space()
        return SearchRequest(kind: .thread(algorithm), key: try charsetAndCriteria(), byUID: byUID, returns: nil)
    }

    private mutating func charsetAndCriteria() throws(IMAPSyntaxError) -> SearchKey {
        var state = SearchProgramState()
        state.charset = try charset()
        try space()
        return try searchProgram(&state)
    }

    /// search-return-opts = SP "RETURN" SP "(" [search-return-opt *(SP search-return-opt)] ")" ; with the space behind it
    mutating func searchReturn() throws(IMAPSyntaxError) -> SearchReturn? {
        let start = position
        guard let first = try? word(), first == "RETURN" else {
            rewind(to: start)
            return nil
        }
        try space()
        try expect("(")
        var returns = SearchReturn()
        while current != UInt8(ascii: ")") {
            try searchReturnOption(into: &returns)
            guard skipSpace() else { break }
        }
        try expect(")")
        try space()
        // RFC 9394 §3.1: one of them, or neither.
        if returns.partial != nil, returns.options.contains(.all) {
            throw IMAPSyntaxError("PARTIAL and ALL exclude each other")
        }
        return returns
    }

    private mutating func searchReturnOption(into returns: inout SearchReturn) throws(IMAPSyntaxError) {
        switch try word() {
        case "MIN": returns.options.insert(.min)
        case "MAX": returns.options.insert(.max)
        case "ALL": returns.options.insert(.all)
        case "COUNT": returns.options.insert(.count)
        case "SAVE": returns.options.insert(.save)
        case "CONTEXT": returns.options.insert(.context)
        case "UPDATE":
            returns.options.insert(.update)
            // modifier-update = "UPDATE" ["(" fetch-att *(SP fetch-att) ")"], with a space in RFC 5465's example
            let start = position
            _ = skipSpace()
            if current == UInt8(ascii: "(") { returns.updateItems = try fetchItems() } else { rewind(to: start) }
        case "PARTIAL":
            guard returns.partial == nil else { throw IMAPSyntaxError("PARTIAL is given twice") }
            try space()
            returns.partial = try partialRange()
        default: throw IMAPSyntaxError("Unknown search return option")
        }
    }
}
