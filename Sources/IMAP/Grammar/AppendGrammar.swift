/// What APPEND and REPLACE name before their messages.
package struct AppendHead: Hashable, Sendable {
    package enum Replaced: Hashable, Sendable {
        case sequenceNumber(UInt32)
        case uid(UInt32)
    }

    package var tag: [UInt8]
    package var mailbox: [UInt8]
    /// The message that the new one takes the place of (RFC 8508); nil for APPEND.
    package var replaced: Replaced?
}

/// One step of an APPEND: a command is a run of them, with the octets of its literals in between.
package enum AppendStep: Hashable, Sendable {
    case message(FlagList, internalDate: Int64?)
    /// What a URL of CATENATE names is next (RFC 4469).
    case url([UInt8])
    /// The announced literal's octets are next.
    case literal(AppendLiteral)
}

package enum AppendLiteral: Hashable, Sendable {
    /// The whole message; with `hasBinary` it may hold parts of any octets (RFC 3516 §4.4).
    case message(hasBinary: Bool)
    /// One of the pieces that CATENATE joins.
    case piece
    /// `UTF8 (~{n}`: a message, or a piece of one, with UTF-8 in its header (RFC 6855 §4).
    case utf8(isPiece: Bool)
}

/// Where in an APPEND its next octets stand.
package enum AppendPlace: Hashable, Sendable {
    /// Behind the mailbox's name, no message yet.
    case first
    /// Behind a message: another one (RFC 3502), or the end.
    case messages
    /// Within CATENATE's parentheses, behind a piece.
    case pieces
    /// Behind the literal of `UTF8 (`.
    case closing(isPiece: Bool)

    init(behind literal: AppendLiteral) {
        switch literal {
        case .message: self = .messages
        case .piece: self = .pieces
        case .utf8(let isPiece): self = .closing(isPiece: isPiece)
        }
    }
}

/// Reads what stands between the messages of an APPEND or REPLACE: from the command's begin, or from behind a message's
/// literal, up to the next announcement of one or the command's end. Messages themselves are never gathered.
package struct AppendGrammar {
    package enum Outcome: Hashable, Sendable {
        case steps([AppendStep], hasEnded: Bool)
        /// The announced literal is a string, to be gathered with the rest.
        case wantsString
        case failure(IMAPSyntaxError)
    }

    private var reader: GrammarReader
    private let hasNUL: Bool
    private var wantsString = false
    private var hasEnded = false
    private var steps: [AppendStep] = []

    /// - Parameter bytes: up to an announcement, with its line end; or up to the command's end, without.
    package init(_ bytes: [UInt8], limits: IMAPLimits) {
        reader = GrammarReader(bytes, limits: limits)
        hasNUL = bytes.contains(0)
    }

    /// What can be said of a command that is an APPEND or a REPLACE; nil when it is another one.
    package static func isAppend(_ bytes: [UInt8], limits: IMAPLimits) -> Bool {
        var reader = GrammarReader(bytes, limits: limits)
        guard reader.tag() != nil, reader.skipSpace() else { return false }
        do {
            var name = try reader.word()
            if name == "UID", reader.skipSpace() {
                name = try reader.word()
                return name == "REPLACE"
            }
            return name == "APPEND" || name == "REPLACE"
        } catch {
            return false
        }
    }

    /// append = "APPEND" SP mailbox 1*append-message ; replace = "REPLACE" SP seq-number SP mailbox append-message
    package mutating func head() throws(IMAPSyntaxError) -> AppendHead? {
        guard !hasNUL else { throw IMAPSyntaxError("NUL in command") }
        guard let tag = reader.tag() else { throw IMAPSyntaxError("Invalid tag") }
        try reader.space()
        var name = try reader.word()
        let byUID = name == "UID"
        if byUID {
            try reader.space()
            name = try reader.word()
        }
        try reader.space()
        var replaced: AppendHead.Replaced?
        if name == "REPLACE" {
            let number = try reader.nonZeroNumber()
            replaced = byUID ? .uid(number) : .sequenceNumber(number)
            try reader.space()
        }
        guard !reader.isAtAnnouncement else { return nil }
        return AppendHead(tag: tag, mailbox: try reader.astring(), replaced: replaced)
    }

    package mutating func read(from place: AppendPlace) -> Outcome {
        do throws(IMAPSyntaxError) {
            guard !hasNUL else { throw IMAPSyntaxError("NUL in command") }
            try go(from: place)
            return wantsString ? .wantsString : .steps(steps, hasEnded: hasEnded)
        } catch {
            return .failure(error)
        }
    }

    private mutating func go(from place: AppendPlace) throws(IMAPSyntaxError) {
        switch place {
        case .first:
            try reader.space()
            try messages()
        case .messages: try moreMessages()
        case .pieces: try morePieces()
        case .closing(let isPiece):
            try reader.expect(")")
            if isPiece { try morePieces() } else { try moreMessages() }
        }
    }

    private mutating func moreMessages() throws(IMAPSyntaxError) {
        if reader.isAtEnd {
            hasEnded = true
            return
        }
        guard reader.current == 0x20 else { throw IMAPSyntaxError("Expected the end of the line behind the message") }
        _ = reader.skipSpace()
        if reader.isAtEnd { hasEnded = true } else { try messages() }
    }

    /// append-message = [SP flag-list] [SP date-time] SP append-data ; append-data = literal / literal8 /
    /// "CATENATE" SP "(" cat-part *(SP cat-part) ")" / "UTF8" SP "(" literal8 ")"
    private mutating func messages() throws(IMAPSyntaxError) {
        var flags = FlagList()
        var date: Int64?
        if reader.current == UInt8(ascii: "(") {
            flags = try reader.flagList()
            try reader.space()
        }
        if reader.current == UInt8(ascii: "\"") {
            date = try reader.dateTime()
            try reader.space()
        }
        try begin(.message(flags, internalDate: date))
        guard !reader.isAtAnnouncement else {
            steps.append(.literal(.message(hasBinary: reader.current == UInt8(ascii: "~"))))
            return
        }
        switch try reader.word() {
        case "CATENATE":
            try reader.space()
            try reader.expect("(")
            try pieces()
        case "UTF8": try utf8(isPiece: false)
        default: throw IMAPSyntaxError("Expected a message")
        }
    }

    private mutating func morePieces() throws(IMAPSyntaxError) {
        if reader.skip(")") { return try moreMessages() }
        try reader.space()
        try pieces()
    }

    /// cat-part = "TEXT" SP literal / "URL" SP astring / "UTF8" SP "(" literal8 ")"
    private mutating func pieces() throws(IMAPSyntaxError) {
        while true {
            let name = try reader.word()
            switch name {
            case "URL":
                try reader.space()
                if reader.isAtAnnouncement {
                    wantsString = true
                    return
                }
                try begin(.url(try reader.astring()))
            case "TEXT":
                try reader.space()
                guard reader.isAtAnnouncement, reader.current == UInt8(ascii: "{") else {
                    throw IMAPSyntaxError("Expected a literal")
                }
                steps.append(.literal(.piece))
                return
            case "UTF8": return try utf8(isPiece: true)
            default: throw IMAPSyntaxError("Expected TEXT or URL")
            }
            if reader.skip(")") { return try moreMessages() }
            try reader.space()
        }
    }

    private mutating func utf8(isPiece: Bool) throws(IMAPSyntaxError) {
        try reader.space()
        try reader.expect("(")
        guard reader.isAtAnnouncement, reader.current == UInt8(ascii: "~") else {
            throw IMAPSyntaxError("Expected a literal of eight bits")
        }
        steps.append(.literal(.utf8(isPiece: isPiece)))
    }

    private mutating func begin(_ step: AppendStep) throws(IMAPSyntaxError) {
        guard steps.count < reader.limits.elements else { throw IMAPSyntaxError("Too many messages", kind: .limit) }
        steps.append(step)
    }
}
