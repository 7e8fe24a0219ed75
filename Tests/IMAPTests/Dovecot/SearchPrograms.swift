import PostroomTesting

/// Commands of the search family, made at random.
struct SearchPrograms {
    private var random: SeededGenerator
    private let count: Int

    init(seed: UInt64, messages: Int) {
        random = SeededGenerator(seed: seed)
        count = messages
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &random)]
    }

    private mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    mutating func command() -> String {
        var made = anyCommand()
        while Self.isMisread(made) { made = anyCommand() }
        return made
    }

    /// Of `A NOT (B SEEN UNSEEN)`, which says no more than A, Dovecot 2.3 makes something that finds nothing.
    private static func isMisread(_ command: String) -> Bool {
        let words = Set(command.split { " ()".contains($0) })
        return words.contains("NOT")
            && words.contains { words.contains("UN" + $0) && !$0.hasPrefix("UN") }
    }

    private mutating func anyCommand() -> String {
        let prefix = pick(["", "UID "])
        switch number(0...9) {
        case 0...3: return prefix + "SEARCH " + program(3)
        case 4: return prefix + "SEARCH RETURN (\(returns())) " + program(2)
        case 5, 6: return prefix + "SORT (\(criteria())) UTF-8 " + program(1)
        case 7: return prefix + "SORT RETURN (\(returns())) (\(criteria())) UTF-8 " + program(1)
        default:
            return prefix + "THREAD \(pick(["ORDEREDSUBJECT", "REFERENCES", "REFS"])) UTF-8 "
                + (number(0...3) == 0 ? program(1) : "ALL")
        }
    }

    private mutating func returns() -> String {
        ["MIN", "MAX", "ALL", "COUNT"].filter { _ in number(0...1) == 0 }.joined(separator: " ")
    }

    private mutating func criteria() -> String {
        // Each at most once: of a second one Dovecot leaves the REVERSE to the criterion behind it.
        let keys = ["ARRIVAL", "CC", "DATE", "FROM", "SIZE", "SUBJECT", "TO", "DISPLAYFROM", "DISPLAYTO"]
        return keys.shuffled(using: &random).prefix(number(1...3)).map { pick(["", "", "REVERSE "]) + $0 }
            .joined(separator: " ")
    }

    private mutating func program(_ depth: Int) -> String {
        (0..<number(1...2)).map { _ in key(depth) }.joined(separator: " ")
    }

    private mutating func key(_ depth: Int) -> String {
        if depth > 0 {
            switch number(0...5) {
            case 0: return "NOT " + key(depth - 1)
            case 1: return "OR \(key(depth - 1)) \(key(depth - 1))"
            case 2: return "(\(program(depth - 1)))"
            default: break
            }
        }
        switch number(0...16) {
        case 0: return pick(["ALL", "SEEN", "UNSEEN", "ANSWERED", "UNANSWERED", "FLAGGED", "UNFLAGGED"])
        case 1: return pick(["DELETED", "UNDELETED", "DRAFT", "UNDRAFT"])
        case 2: return pick(["KEYWORD", "UNKEYWORD"]) + " " + pick(["$Junk", "work", "nowhere"])
        case 3: return set()
        case 4: return "UID " + set()
        case 5: return pick(["BEFORE", "ON", "SINCE"]) + " " + date()
        case 6: return pick(["SENTBEFORE", "SENTON", "SENTSINCE"]) + " " + date()
        case 7: return pick(["LARGER", "SMALLER"]) + " \(number(100...600))"
        case 8, 9: return pick(["FROM", "TO", "CC", "SUBJECT", "BCC"]) + " " + text()
        case 10:
            return "HEADER " + pick(["X-Word", "Message-ID", "References", "subject"]) + " " + pick([text(), "\"\""])
        case 11, 12: return "BODY " + text()
        case 13, 14: return "TEXT " + text()
        case 15: return pick(["OLDER", "YOUNGER"]) + " \(number(1...2_000) * 100_000)"
        default: return "SUBJECT " + pick(["lunch", "re", "plan", "gr", "m", "\"[\"", "\"(fwd)\""])
        }
    }

    private mutating func set() -> String {
        let first = number(1...count)
        return pick(["\(first)", "\(first):*", "\(first):\(number(1...count))", "\(first),\(number(1...count)),1", "*"])
    }

    private mutating func date() -> String {
        "\(number(1...28))-\(pick(["Dec-2019", "Jan-2020", "Feb-2020", "Mar-2020"]))"
    }

    private mutating func text() -> String {
        let words =
            SearchCorpus.words + [
                "ann", "EXAMPLE", "GRÜSSE", "GRÜß", "ANGSTR", "welt", "bob", "jörg", "МИР", "beta", "e", "ωM",
            ]
        return "\"\(pick(words))\""
    }
}
