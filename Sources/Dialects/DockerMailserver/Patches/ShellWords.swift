/// Words, with their quotes, braces and variables.
extension ShellScript {
    private static let maximumWords = 1000

    /// One word, or several by `{a,b}`; nil when quotes are not closed.
    mutating func readWord() -> [Word]? {
        /// Alternatives so far, and within braces those of the group.
        var words = [Word()]
        var groups: [(before: [Word], alternatives: [Word])] = []
        func append(_ text: String, to words: inout [Word]) {
            for index in words.indices { words[index].text += text }
        }
        func mark(_ words: inout [Word], _ change: (inout Word) -> Void) {
            for index in words.indices { change(&words[index]) }
        }
        while let character = current {
            guard words.count <= Self.maximumWords else { return nil }
            switch character {
            case " ", "\t", "\n", ";", "&", "|", "<", ">", "(", ")":
                guard groups.isEmpty else { return nil }
                return words
            case "'":
                advance()
                var text = ""
                while let inner = current, inner != "'" {
                    text.append(inner)
                    advance()
                }
                guard current == "'" else { return nil }
                advance()
                append(text, to: &words)
                mark(&words) { $0.isQuoted = true }
            case "\"":
                advance()
                guard let (text, isKnown) = readDoubleQuoted() else { return nil }
                append(text, to: &words)
                mark(&words) {
                    $0.isQuoted = true
                    if !isKnown { $0.isKnown = false }
                }
            case "\\":
                advance()
                guard let next = current else { return nil }
                advance()
                if next != "\n" { append(String(next), to: &words) }
                mark(&words) { $0.isQuoted = true }
            case "$", "`":
                guard let value = readExpansion() else { return nil }
                append(value ?? "", to: &words)
                // An unquoted value would be split at its blanks.
                let isPlain = value.map { !$0.contains(where: \.isWhitespace) && !$0.isEmpty } ?? false
                if !isPlain { mark(&words) { $0.isKnown = false } }
            case "{" where closesBrace():
                advance()
                groups.append((words, []))
                words = [Word()]
            case "," where !groups.isEmpty:
                advance()
                groups[groups.count - 1].alternatives += words
                words = [Word()]
            case "}" where !groups.isEmpty:
                advance()
                let group = groups.removeLast()
                let alternatives = group.alternatives + words
                guard group.before.count * alternatives.count <= Self.maximumWords else { return nil }
                words = group.before.flatMap { before in
                    alternatives.map { alternative in
                        Word(
                            text: before.text + alternative.text, isKnown: before.isKnown && alternative.isKnown,
                            hasPattern: before.hasPattern || alternative.hasPattern,
                            isQuoted: before.isQuoted || alternative.isQuoted)
                    }
                }
            default:
                advance()
                append(String(character), to: &words)
                if "*?[".contains(character) { mark(&words) { $0.hasPattern = true } }
                if character == "~", words.allSatisfy({ $0.text == "~" }) { mark(&words) { $0.isKnown = false } }
            }
        }
        return groups.isEmpty ? words : nil
    }

    /// Whether the `{` here begins `{a,b}`.
    private func closesBrace() -> Bool {
        var index = position + 1
        var hasComma = false
        while index < characters.count {
            let character = characters[index]
            if character == "}" { return hasComma }
            if character == "," { hasComma = true }
            if " \t\n;\"'&|<>()".contains(character) { return false }
            index += 1
        }
        return false
    }

    private mutating func readDoubleQuoted() -> (text: String, isKnown: Bool)? {
        var text = ""
        var isKnown = true
        while let character = current {
            switch character {
            case "\"":
                advance()
                return (text, isKnown)
            case "\\":
                advance()
                guard let next = current else { return nil }
                advance()
                if "$`\"\\".contains(next) { text.append(next) } else if next != "\n" { text += "\\\(next)" }
            case "$", "`":
                guard let value = readExpansion() else { return nil }
                if let value { text += value } else { isKnown = false }
            default:
                text.append(character)
                advance()
            }
        }
        return nil
    }

    /// What a `$` or backtick comes to: outer nil for a broken one, inner nil for one that only a shell knows.
    private mutating func readExpansion() -> String?? {
        let start = current
        advance()
        if start == "`" {
            while let character = current, character != "`" {
                if character == "\\" { advance() }
                advance()
            }
            guard current == "`" else { return nil }
            advance()
            return .some(nil)
        }
        guard let next = current else { return .some("$") }
        if next == "(" { return skipNested("(", ")") ? .some(nil) : nil }
        if next == "{" {
            let inside = position + 1
            guard skipNested("{", "}") else { return nil }
            let name = String(characters[inside..<max(inside, position - 1)])
            return .some(variables[name])
        }
        var name = ""
        while let character = current, character.isASCII, character == "_" || character.isLetter || character.isNumber {
            name.append(character)
            advance()
        }
        if name.isEmpty {
            if let character = current, "?!#@*$-'\"".contains(character) {
                guard character != "'", character != "\"" else { return .some("$") }
                advance()
                return .some(nil)
            }
            return .some("$")
        }
        return .some(variables[name])
    }

    private mutating func skipNested(_ open: Character, _ close: Character) -> Bool {
        var depth = 0
        while let character = current {
            if character == "\\" { advance() }
            if character == open { depth += 1 }
            advance()
            if character == close {
                depth -= 1
                if depth == 0 { return true }
            }
        }
        return false
    }

    /// A line of a here-document whose end word is not quoted; nil when it holds what only a shell knows.
    func expandedInDocument(_ text: String) -> String? {
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            if character == "\\" {
                // A line that is continued would join the next one.
                guard let next = rest.popFirst() else { return nil }
                result += "$`\\".contains(next) ? String(next) : "\\\(next)"
            } else if character == "`" {
                return nil
            } else if character == "$" {
                if rest.first == "(" { return nil }
                if rest.first == "{" {
                    guard let end = rest.firstIndex(of: "}") else { return nil }
                    guard let value = variables[String(rest[rest.index(after: rest.startIndex)..<end])] else {
                        return nil
                    }
                    result += value
                    rest = rest[rest.index(after: end)...]
                    continue
                }
                let name = VariableInterpolation.name(&rest)
                if name.isEmpty {
                    if let next = rest.first, next.isNumber || "?!#@*$-".contains(next) { return nil }
                    result.append("$")
                } else {
                    guard let value = variables[name] else { return nil }
                    result += value
                }
            } else {
                result.append(character)
            }
        }
        return result
    }
}
