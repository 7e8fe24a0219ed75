/// One line of Dovecot's configuration language, as its own reader takes it.
enum DovecotLine: Equatable {
    case nothing
    /// Ends in a backslash: what has been gathered so far.
    case continued([UInt8])
    case setting(key: String, value: Value)
    case begin(type: String, name: String)
    /// A section that is opened and closed in one line.
    case emptySection(type: String, name: String)
    case end
    case include(String, isOptional: Bool)
    case fault(String)

    enum Value: Equatable {
        /// What stands there; `$name` is expanded.
        case text([UInt8])
        /// In quotes: taken as it is.
        case quoted([UInt8])
        /// `<path`: the content of a file.
        case file(String)
    }

    /// How lines are joined, and what may follow an opening brace.
    enum Syntax {
        /// dovecot.conf of 2.0 to 2.3.
        case version23
        /// dovecot.conf of 2.4: `{ }` may stand in one line.
        case version24
        /// dovecot-ldap.conf.ext: lines are joined as they are.
        case external
    }

    /// - Parameter gathered: what the continued lines before it gave.
    init(_ bytes: [UInt8], after gathered: [UInt8], syntax: Syntax) {
        var line = bytes[...]
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        line = line.drop(while: Self.isWhite)
        // A comment or an empty line inside a continued one ends it, and drops what was gathered.
        guard let first = line.first, first != UInt8(ascii: "#") else {
            self = .nothing
            return
        }
        line = Self.trimmed(Self.withoutComment(line))
        if line.last == UInt8(ascii: "\\") {
            var rest = line.dropLast()
            if syntax == .external {
                self = .continued(gathered + rest)
            } else {
                rest = Self.trimmed(rest)
                self = .continued(rest.isEmpty ? gathered : gathered + rest + [UInt8(ascii: " ")])
            }
            return
        }
        self = Self.parse(gathered + line, syntax)
    }

    private static func parse(_ bytes: [UInt8], _ syntax: Syntax) -> DovecotLine {
        let key = bytes.prefix { !isWhite($0) && $0 != UInt8(ascii: "=") }
        let rest = bytes[key.endIndex...].drop(while: isWhite)
        let name = String(decoding: key, as: UTF8.self)
        if name == "!include" || name == "!include_try" {
            return .include(
                String(decoding: unquoted(rest) ?? Array(rest), as: UTF8.self), isOptional: name != "!include")
        }
        if rest.first == UInt8(ascii: "=") { return setting(name, rest.dropFirst().drop(while: isWhite)) }
        if name == "}" && rest.isEmpty { return .end }
        guard syntax != .external else { return .fault("\"=\" is missing behind \(name.settingName)") }
        return section(name, rest, syntax)
    }

    private static func setting(_ key: String, _ value: ArraySlice<UInt8>) -> DovecotLine {
        if let text = unquoted(value) { return .setting(key: key, value: .quoted(text)) }
        if value.first == UInt8(ascii: "<") {
            let path = value.dropFirst().drop(while: isWhite)
            return .setting(key: key, value: .file(String(decoding: path, as: UTF8.self)))
        }
        return .setting(key: key, value: .text(Array(value)))
    }

    /// section = type [ name ] "{"
    private static func section(_ type: String, _ rest: ArraySlice<UInt8>, _ syntax: Syntax) -> DovecotLine {
        var name: [UInt8] = []
        var rest = rest
        if rest.first == UInt8(ascii: "\"") {
            rest = rest.dropFirst()
            let quoted = rest.prefix { $0 != UInt8(ascii: "\"") }
            name = unescaped(quoted)
            rest = rest[quoted.endIndex...].dropFirst().drop(while: isWhite)
        } else if rest.first != UInt8(ascii: "{") {
            let word = rest.prefix { !isWhite($0) }
            name = Array(word)
            rest = rest[word.endIndex...].drop(while: isWhite)
        }
        guard rest.first == UInt8(ascii: "{") else {
            return .fault("neither a setting nor a section: \"{\" is expected")
        }
        let tail = rest.dropFirst().filter { !isWhite($0) }
        guard tail.isEmpty || (syntax == .version24 && tail == [UInt8(ascii: "}")]) else {
            return .fault("something follows \"{\" in its line")
        }
        let decoded = String(decoding: name, as: UTF8.self)
        return tail.isEmpty ? .begin(type: type, name: decoded) : .emptySection(type: type, name: decoded)
    }

    private static func isWhite(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

    private static func trimmed(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var line = line
        while let last = line.last, isWhite(last) { line.removeLast() }
        return line
    }

    /// Up to a `#` that stands in no quotes.
    private static func withoutComment(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var quote: UInt8?
        var index = line.startIndex
        while index < line.endIndex {
            let byte = line[index]
            if let open = quote {
                if byte == UInt8(ascii: "\\"), index + 1 < line.endIndex {
                    index += 1
                } else if byte == open {
                    quote = nil
                }
            } else if byte == UInt8(ascii: "'") || byte == UInt8(ascii: "\"") {
                quote = byte
            } else if byte == UInt8(ascii: "#") {
                return line[..<index]
            }
            index += 1
        }
        return line
    }

    /// The inside of a value that begins and ends with the same quote.
    private static func unquoted(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        guard value.count >= 2, let quote = value.first, value.last == quote,
            quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"")
        else { return nil }
        return unescaped(value.dropFirst().dropLast())
    }

    private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else {
                result.append(byte)
                isEscaped = false
            }
        }
        return result
    }
}
