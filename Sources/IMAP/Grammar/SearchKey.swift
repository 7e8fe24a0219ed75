package import MailModel

/// What SEARCH looks for (RFC 3501 §6.4.4, RFC 5032, RFC 5182, RFC 8514).
package indirect enum SearchKey: Hashable, Sendable {
    case all
    case has(MessageFlags)
    case lacks(MessageFlags)
    case recent
    case keyword(String)
    case sequence(SequenceSet)
    case uid(SequenceSet)
    case before(CivilDate)
    case on(CivilDate)
    case since(CivilDate)
    case sentBefore(CivilDate)
    case sentOn(CivilDate)
    case sentSince(CivilDate)
    case olderThan(seconds: UInt32)
    case youngerThan(seconds: UInt32)
    case larger(UInt64)
    case smaller(UInt64)
    case header(String, TextPattern)
    case body(TextPattern)
    case text(TextPattern)
    /// RFC 7162 §3.1.5: changed at or after this modification sequence.
    case modSeq(UInt64)
    /// RFC 8514
    case savedBefore(CivilDate)
    case savedOn(CivilDate)
    case savedSince(CivilDate)
    case saveDateSupported
    /// RFC 8474
    case emailID([UInt8])
    case threadID([UInt8])
    case not(SearchKey)
    case or(SearchKey, SearchKey)
    case and([SearchKey])
}

extension SearchKey {
    /// With what `$` stands for put in its place; a set without it stays.
    func replacingSavedResult(byUID uids: SequenceSet) -> SearchKey {
        switch self {
        case .sequence(let set) where set.isSavedResult: .uid(uids)
        case .uid(let set) where set.isSavedResult: .uid(uids)
        case .not(let key): .not(key.replacingSavedResult(byUID: uids))
        case .or(let left, let right):
            .or(left.replacingSavedResult(byUID: uids), right.replacingSavedResult(byUID: uids))
        case .and(let keys): .and(keys.map { $0.replacingSavedResult(byUID: uids) })
        default: self
        }
    }

    /// Whether it names messages by what only the selected mailbox has: sequence numbers, or `$`.
    var needsSelection: Bool {
        switch self {
        case .sequence: true
        case .uid(let set): set.isSavedResult
        case .not(let key): key.needsSelection
        case .or(let left, let right): left.needsSelection || right.needsSelection
        case .and(let keys): keys.contains(where: \.needsSelection)
        default: false
        }
    }

    /// Whether the answer tells the highest modification sequence of what was found (RFC 7162 §3.1.6).
    package var asksForModSeq: Bool {
        switch self {
        case .modSeq: true
        case .not(let key): key.asksForModSeq
        case .or(let left, let right): left.asksForModSeq || right.asksForModSeq
        case .and(let keys): keys.contains { $0.asksForModSeq }
        default: false
        }
    }
}

/// What is carried through a search program while it is read.
struct SearchProgramState {
    /// What the strings are written in.
    var charset = TextCharset.utf8
    var count = 0

    func pattern(_ text: [UInt8]) -> TextPattern {
        TextPattern(charset.utf8(text))
    }
}

extension GrammarReader {
    /// search-program = ["CHARSET" SP astring SP] search-key *(SP search-key)
    package mutating func searchProgram() throws(IMAPSyntaxError) -> SearchKey {
        let start = position
        var state = SearchProgramState()
        if let first = try? word(), first == "CHARSET" {
            try space()
            state.charset = try charset()
            try space()
        } else {
            rewind(to: start)
        }
        return try searchProgram(&state)
    }

    /// A character set by its name (RFC 3501 §6.4.4).
    mutating func charset() throws(IMAPSyntaxError) -> TextCharset {
        let charset = TextCharset(try astring())
        guard charset != .unknown else { throw IMAPSyntaxError("Unknown charset", kind: .charset) }
        return charset
    }

    mutating func searchProgram(_ state: inout SearchProgramState) throws(IMAPSyntaxError) -> SearchKey {
        let keys = try searchKeys(&state)
        return keys.count == 1 ? keys[0] : .and(keys)
    }

    private mutating func searchKeys(_ state: inout SearchProgramState) throws(IMAPSyntaxError) -> [SearchKey] {
        var keys: [SearchKey] = []
        repeat {
            keys.append(try searchKey(&state))
        } while skipSpace() && !isAtEnd
        return keys
    }

    /// search-key = "ALL" / "ANSWERED" / … / "NOT" SP search-key / "OR" SP search-key SP search-key / sequence-set /
    ///              "(" search-key *(SP search-key) ")"
    private mutating func searchKey(_ state: inout SearchProgramState) throws(IMAPSyntaxError) -> SearchKey {
        state.count += 1
        guard state.count <= min(limits.elements, 4096) else {
            throw IMAPSyntaxError("Too many search keys", kind: .limit)
        }
        if skip("(") {
            let keys = try nested { reader throws(IMAPSyntaxError) in try reader.searchKeys(&state) }
            try expect(")")
            return keys.count == 1 ? keys[0] : .and(keys)
        }
        if let byte = current, byte >= 0x30 && byte <= 0x39 || byte == UInt8(ascii: "*") || byte == UInt8(ascii: "$") {
            return .sequence(try sequenceSet())
        }
        let name = try word()
        if let key = Self.plainKeys[name] { return key }
        try space()
        switch name {
        case "NOT":
            return .not(try nested { reader throws(IMAPSyntaxError) in try reader.searchKey(&state) })
        case "OR":
            return try nested { reader throws(IMAPSyntaxError) in
                let left = try reader.searchKey(&state)
                try reader.space()
                return .or(left, try reader.searchKey(&state))
            }
        case "UID": return .uid(try sequenceSet())
        case "KEYWORD": return .keyword(String(decoding: try atom(), as: UTF8.self))
        case "UNKEYWORD": return .not(.keyword(String(decoding: try atom(), as: UTF8.self)))
        case "BEFORE": return .before(try date())
        case "ON": return .on(try date())
        case "SINCE": return .since(try date())
        case "SENTBEFORE": return .sentBefore(try date())
        case "SENTON": return .sentOn(try date())
        case "SENTSINCE": return .sentSince(try date())
        case "MODSEQ": return .modSeq(try searchModSequence())
        case "SAVEDBEFORE": return .savedBefore(try date())
        case "SAVEDON": return .savedOn(try date())
        case "SAVEDSINCE": return .savedSince(try date())
        case "EMAILID": return .emailID(Array(try atom()))
        case "THREADID": return .threadID(Array(try atom()))
        case "OLDER": return .olderThan(seconds: try nonZeroNumber())
        case "YOUNGER": return .youngerThan(seconds: try nonZeroNumber())
        case "LARGER": return .larger(try number())
        case "SMALLER": return .smaller(try number())
        case "BODY": return .body(state.pattern(try astring()))
        case "TEXT": return .text(state.pattern(try astring()))
        case "BCC", "CC", "FROM", "SUBJECT", "TO": return .header(name, state.pattern(try astring()))
        case "HEADER":
            let field = String(decoding: try astring(), as: UTF8.self)
            try space()
            return .header(field, state.pattern(try astring()))
        default: throw IMAPSyntaxError("Unknown search key")
        }
    }

    private static let plainKeys: [String: SearchKey] = [
        "ALL": .all, "ANSWERED": .has(.answered), "DELETED": .has(.deleted), "DRAFT": .has(.draft),
        "FLAGGED": .has(.flagged), "SEEN": .has(.seen), "UNANSWERED": .lacks(.answered), "UNDELETED": .lacks(.deleted),
        "UNDRAFT": .lacks(.draft), "UNFLAGGED": .lacks(.flagged), "UNSEEN": .lacks(.seen), "RECENT": .recent,
        "OLD": .not(.recent), "NEW": .and([.recent, .lacks(.seen)]),
        "SAVEDATESUPPORTED": .saveDateSupported,
    ]
}
