/// A shell script taken apart as far as it can be understood without running it: simple commands, their lists by `&&`, `||`
/// and `;`, redirections and here-documents. Loops, conditions and functions are found and left whole.
struct ShellScript {
    struct Word {
        var text = ""
        /// False when it holds something that only a running shell knows.
        var isKnown = true
        /// Holds `*`, `?` or `[` outside quotes.
        var hasPattern = false
        var isQuoted = false
    }

    struct Redirection {
        enum Kind {
            case append, write, document
            /// From a file, or between descriptors.
            case other
        }

        var kind: Kind
        var descriptor: Int?
        var target = Word()
        /// Of a here-document: its lines with their numbers.
        var lines: [(text: String, number: Int)] = []
        var isKnown = true
    }

    struct Command {
        var words: [Word] = []
        var redirections: [Redirection] = []
        var isKnown: Bool { words.allSatisfy(\.isKnown) && redirections.allSatisfy { $0.isKnown && $0.target.isKnown } }
    }

    enum Connection {
        case first, and, or
    }

    enum Item {
        case list([(connection: Connection, command: Command)], line: Int)
        /// A part that is not understood: the numbers of its lines.
        case opaque(ClosedRange<Int>)
    }

    let lines: [String]
    /// Where reading has come to; words are read from here too.
    private(set) var characters: [Character] = []
    private(set) var position = 0
    private var line = 1
    /// Here-documents that begin after this line.
    private var documents:
        [(item: Int, command: Int, redirection: Int, end: String, isQuoted: Bool, stripsTabs: Bool)] = []
    private var pending: [Item] = []
    /// Values of variables that are known.
    var variables: [String: String]

    static let maximumLines = 5000

    init(lines: [String], variables: [String: String]) {
        self.lines = lines
        self.variables = variables
        characters = Array(lines.joined(separator: "\n"))
    }

    /// The items of the next line that has any; empty at the end.
    mutating func next() -> [Item] {
        while position < characters.count {
            pending = []
            documents = []
            readLine()
            if !pending.isEmpty { return pending }
        }
        return []
    }

    var current: Character? { position < characters.count ? characters[position] : nil }

    private func peek(_ distance: Int = 1) -> Character? {
        position + distance < characters.count ? characters[position + distance] : nil
    }

    mutating func advance() {
        if current == "\n" { line += 1 }
        position += 1
    }

    // MARK: Lists

    /// Reads to the end of a logical line, and the here-documents that follow it.
    private mutating func readLine() {
        while true {
            skipBlanks()
            guard let character = current else { return readDocuments() }
            if character == "\n" {
                advance()
                return readDocuments()
            }
            if character == ";" {
                advance()
                continue
            }
            let start = line
            if startsCompound() {
                skipCompound(from: start)
                return
            }
            guard readList(start) else {
                skipToLineEnd()
                pending.append(.opaque(start...max(start, line)))
                if current == "\n" { advance() }
                return
            }
        }
    }

    /// A list of commands to `;` or the line's end. False when it is not understood.
    private mutating func readList(_ start: Int) -> Bool {
        var commands: [(connection: Connection, command: Command)] = []
        var connection = Connection.first
        pending.append(.list([], line: start))
        let item = pending.count - 1
        while true {
            guard let command = readCommand(item, commands.count) else {
                pending.removeLast()
                documents.removeAll { $0.item == item }
                return false
            }
            commands.append((connection, command))
            pending[item] = .list(commands, line: start)
            if current == "&", peek() == "&" {
                connection = .and
            } else if current == "|", peek() == "|" {
                connection = .or
            } else {
                if command.words.isEmpty, command.redirections.isEmpty { pending.removeLast() }
                return true
            }
            advance()
            advance()
            skipBlanks()
            while current == "\n" {
                advance()
                skipBlanks()
            }
        }
    }

    private mutating func readCommand(_ item: Int, _ index: Int) -> Command? {
        var command = Command()
        while true {
            skipBlanks()
            guard let character = current, character != "\n" else { return command }
            switch character {
            case "#":
                skipToLineEnd()
                return command
            case ";":
                if peek() == ";" { return nil }
                return command
            case "&":
                if peek() == "&" { return command }
                return nil
            case "|":
                if peek() == "|" { return command }
                return nil
            case "(", ")": return nil
            case "<", ">":
                guard readRedirection(nil, item, index, &command) else { return nil }
            default:
                let start = position
                guard let words = readWord() else { return nil }
                let isNumber = position - start == 1 && characters[start].isASCII && characters[start].isNumber
                if isNumber, let next = current, next == ">" || next == "<" {
                    guard readRedirection(characters[start].wholeNumberValue, item, index, &command) else { return nil }
                } else if current == "(" {
                    return nil
                } else {
                    command.words += words
                }
            }
        }
    }

    private mutating func readRedirection(
        _ descriptor: Int?, _ item: Int, _ index: Int, _ command: inout Command
    ) -> Bool {
        let isOutput = current == ">"
        advance()
        var redirection = Redirection(kind: isOutput ? .write : .other, descriptor: descriptor)
        if isOutput, current == ">" {
            advance()
            redirection.kind = .append
        } else if !isOutput, current == "<" {
            advance()
            if current == "<" { return false }
            redirection.kind = .document
        } else if current == "(" {
            return false
        }
        var stripsTabs = false
        if redirection.kind == .document, current == "-" {
            stripsTabs = true
            advance()
        }
        if current == "&" {
            advance()
            redirection.kind = .other
        } else if current == "|" {
            advance()
        }
        skipBlanks()
        guard let words = readWord(), words.count == 1, let word = words.first else { return false }
        redirection.target = word
        command.redirections.append(redirection)
        if redirection.kind == .document {
            documents.append((item, index, command.redirections.count - 1, word.text, word.isQuoted, stripsTabs))
            command.redirections[command.redirections.count - 1].target = Word()
        }
        return true
    }

    /// The bodies of here-documents, which begin with the next line.
    private mutating func readDocuments() {
        for document in documents {
            var body: [(text: String, number: Int)] = []
            var isClosed = false
            while position < characters.count, !isClosed {
                let number = line
                var text = ""
                while let character = current, character != "\n" {
                    text.append(character)
                    advance()
                }
                advance()
                if document.stripsTabs { text = String(text.drop { $0 == "\t" }) }
                if text == document.end { isClosed = true } else { body.append((text, number)) }
            }
            guard document.item < pending.count, case .list(var commands, let start) = pending[document.item],
                document.command < commands.count,
                document.redirection < commands[document.command].command.redirections.count
            else { continue }
            var isKnown = isClosed
            if !document.isQuoted {
                for index in body.indices {
                    guard let text = expandedInDocument(body[index].text) else {
                        isKnown = false
                        break
                    }
                    body[index].text = text
                }
            }
            commands[document.command].command.redirections[document.redirection].lines = body
            commands[document.command].command.redirections[document.redirection].isKnown = isKnown
            pending[document.item] = .list(commands, line: start)
        }
        documents = []
    }

    private mutating func skipBlanks() {
        while let character = current {
            if character == " " || character == "\t" {
                advance()
            } else if character == "\\", peek() == "\n" {
                advance()
                advance()
            } else {
                return
            }
        }
    }

    private mutating func skipToLineEnd() {
        while let character = current, character != "\n" {
            if character == "\\", peek() == "\n" { advance() }
            advance()
        }
    }

    // MARK: What only a shell can run

    private static let openers: Set<String> = ["if", "for", "while", "until", "case", "select", "{", "("]
    private static let closers: Set<String> = ["fi", "done", "esac", "}", ")"]

    private func startsCompound() -> Bool {
        var word = ""
        var index = position
        while index < characters.count, !" \t\n;".contains(characters[index]), word.count < 64 {
            word.append(characters[index])
            index += 1
        }
        return Self.openers.contains(word) || word == "function" || word.hasPrefix("((") || word.hasPrefix("(")
            || word.hasSuffix("()") || word.hasSuffix("(){")
    }

    /// From an `if` to its `fi`, by counting.
    private mutating func skipCompound(from start: Int) {
        var depth = 0
        var last = start
        while position < characters.count {
            var text = ""
            last = line
            while let character = current, character != "\n" {
                text.append(character)
                advance()
            }
            advance()
            for word in Self.plainWords(text) {
                if Self.openers.contains(word) || word.hasSuffix("(){") { depth += 1 }
                if Self.closers.contains(word) { depth -= 1 }
            }
            if depth <= 0 { break }
        }
        pending.append(.opaque(start...max(start, last)))
    }

    /// The words of a line outside quotes and comments.
    private static func plainWords(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var quote: Character?
        for character in text {
            if let open = quote {
                if character == open { quote = nil }
            } else if character == "\"" || character == "'" {
                quote = character
                word.append("_")
            } else if character == "#", word.isEmpty {
                break
            } else if " \t;".contains(character) {
                if !word.isEmpty { words.append(word) }
                word = ""
            } else {
                word.append(character)
            }
        }
        if !word.isEmpty { words.append(word) }
        return words
    }
}
