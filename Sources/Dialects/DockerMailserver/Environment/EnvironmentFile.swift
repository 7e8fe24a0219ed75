import Directory
import SiteConfiguration

/// An `env_file` as Docker Compose reads it (docs.docker.com, "Syntax for environment files"): quotes are taken away, ` #`
/// begins a comment, `$NAME` is replaced outside single quotes, and a name alone takes the process's value.
struct EnvironmentFile {
    struct Entry: Equatable {
        var name: String
        /// nil: the process's own.
        var value: String?
        var location: SourceLocation
    }

    private(set) var entries: [Entry] = []
    private(set) var faults: [ConfigurationFault] = []
    private let inherited: [String: String]

    /// A file larger than this is no file of settings.
    static let maximumSize = 1 << 20

    /// - Parameter inherited: the process's variables, for interpolation.
    init(_ text: SourceText, inherited: [String: String]) {
        self.inherited = inherited
        guard text.lines.reduce(0, { $0 + $1.bytes.count }) <= Self.maximumSize else {
            fault(.error, text.location(line: 1), "is too large for a file of settings", "name the right file")
            return
        }
        var index = 0
        while index < text.lines.count {
            index += readStatement(text.lines[index...])
        }
    }

    /// Reads one statement and answers how many lines it took.
    private mutating func readStatement(_ lines: ArraySlice<SourceText.Line>) -> Int {
        guard let first = lines.first else { return 1 }
        guard var line = Self.decoded(first) else {
            fault(.error, first.location, "is not UTF-8", "save the file as UTF-8")
            return 1
        }
        line = line.drop { $0.isWhitespace }
        guard let start = line.first, start != "#" else { return 1 }
        if line.hasPrefix("export "), line.contains("=") { line = line.dropFirst(7).drop { $0.isWhitespace } }
        guard let separator = line.firstIndex(where: { $0 == "=" || $0 == ":" }) else {
            let name = Self.trimmed(Self.withoutComment(line))
            guard Self.isName(name) else {
                fault(.error, first.location, "\"\(name.prefix(40))\" is no variable", "write NAME=VALUE")
                return 1
            }
            entries.append(Entry(name: name, value: nil, location: first.location))
            return 1
        }
        let name = Self.trimmed(line[..<separator])
        guard Self.isName(name) else {
            fault(.error, first.location, "\"\(name.prefix(40))\" is no variable's name", "write NAME=VALUE")
            return 1
        }
        let value = line[line.index(after: separator)...].drop { $0.isWhitespace }
        guard let quote = value.first, quote == "\"" || quote == "'" else {
            let text = Self.trimmed(Self.withoutComment(value))
            add(name, interpolated(text, at: first.location), at: first.location)
            return 1
        }
        return readQuoted(name, value.dropFirst(), quote, lines)
    }

    private mutating func readQuoted(
        _ name: String, _ start: Substring, _ quote: Character, _ lines: ArraySlice<SourceText.Line>
    ) -> Int {
        var text = ""
        var taken = 0
        var rest = start
        let location = lines.first?.location ?? .mailserverDefault
        while true {
            taken += 1
            var escaped = false
            while let character = rest.popFirst() {
                if escaped {
                    escaped = false
                    text += character == quote ? String(character) : "\\\(character)"
                } else if character == "\\" {
                    escaped = true
                } else if character == quote {
                    let tail = Self.trimmed(rest)
                    if !tail.isEmpty, !tail.hasPrefix("#") {
                        fault(
                            .error, location, "\(name): \"\(tail.prefix(40))\" follows the closing quote",
                            "put the quote at the end, or a blank and # before a comment")
                    }
                    let value = quote == "'" ? text : interpolated(Self.unescaped(text), at: location)
                    add(name, value, at: location)
                    return taken
                } else {
                    text.append(character)
                }
            }
            if escaped { text.append("\\") }
            let next = lines.index(lines.startIndex, offsetBy: taken, limitedBy: lines.endIndex)
            guard let next, next < lines.endIndex, let line = Self.decoded(lines[next]) else {
                fault(.error, location, "\(name): the quote is not closed", "close it, or leave it out")
                // Only this line is lost: what follows is read for itself.
                return 1
            }
            text.append("\n")
            rest = line
        }
    }

    private mutating func add(_ name: String, _ value: String, at location: SourceLocation) {
        entries.append(Entry(name: name, value: value, location: location))
    }

    private mutating func interpolated(_ text: String, at location: SourceLocation) -> String {
        guard text.contains("$") else { return text }
        let known = entries
        let inherited = inherited
        let interpolation = VariableInterpolation { name in
            inherited[name] ?? known.last { $0.name == name }?.value
        }
        do {
            let result = try interpolation.expand(text)
            for name in result.missing {
                fault(
                    .warning, location, "${\(name)} is not set: nothing takes its place", "write $$ for a dollar sign")
            }
            return result.text
        } catch {
            fault(.error, location, "a $ that begins no variable", "write $$ for a dollar sign, or single quotes")
            return text
        }
    }

    private mutating func fault(
        _ severity: ConfigurationFault.Severity, _ location: SourceLocation, _ problem: String, _ remedy: String
    ) {
        faults.append(ConfigurationFault(severity, at: location, problem, remedy: remedy))
    }

    private static func decoded(_ line: SourceText.Line) -> Substring? {
        var bytes = line.bytes
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return String(validating: bytes, as: UTF8.self).map { Substring($0) }
    }

    private static func withoutComment(_ text: Substring) -> Substring {
        guard let range = text.firstRange(of: " #") else { return text }
        return text[..<range.lowerBound]
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }

    static func isName(_ name: String) -> Bool {
        guard let first = name.first, !first.isNumber else { return false }
        return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-".contains($0)) }
    }

    private static func unescaped(_ text: String) -> String {
        var result = ""
        var rest = Substring(text)
        while let character = rest.popFirst() {
            guard character == "\\", let next = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch next {
            case "n": result.append("\n")
            case "r": result.append("\r")
            case "t": result.append("\t")
            case "\\": result.append("\\")
            // A dollar sign stays one: `$$` is its form in interpolation.
            case "$": result += "$$"
            default: result += "\\\(next)"
            }
        }
        return result
    }
}
