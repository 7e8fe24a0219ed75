import Directory
import SiteConfiguration

extension SourceText.Line {
    init(_ text: String, at location: SourceLocation) {
        self.init(Array(text.utf8), at: location)
    }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    var isBlankOrComment: Bool {
        guard let first = bytes.first(where: { !Self.isBlank($0) }) else { return true }
        return first == UInt8(ascii: "#")
    }

    var isContinuation: Bool {
        guard let first = bytes.first else { return false }
        return Self.isBlank(first) && !isBlankOrComment
    }

    static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || (byte >= 0x09 && byte <= 0x0d)
    }
}

extension String {
    /// Without blanks at either end.
    var withoutOuterBlanks: String {
        var text = drop { $0.isWhitespace }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}

extension SourceText {
    /// `name = value` lines, as shipped.
    init(path: String, shipped text: String) {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map {
            Line(String($0), at: .mailserverDefault)
        }
        if lines.last?.bytes.isEmpty == true { lines.removeLast() }
        self.init(path: path, lines: lines)
    }

    mutating func append(_ text: String, at location: SourceLocation) {
        lines.append(Line(text, at: location))
        hostPath = nil
    }

    /// The same lines under another path: a copy.
    func copied(to path: String) -> SourceText {
        SourceText(path: path, lines: lines, hostPath: hostPath)
    }

    // MARK: main.cf, as postconf(1) edits it

    /// The name that a line of main.cf begins to set.
    private static func parameter(_ line: Line) -> String? {
        guard !line.isBlankOrComment, !line.isContinuation else { return nil }
        let text = line.text
        guard let equals = text.firstIndex(of: "=") else { return nil }
        return String(text[..<equals]).withoutOuterBlanks
    }

    /// The value that counts: the last one; nil when it is not set.
    func parameter(_ name: String) -> Located<String>? {
        var value: Located<String>?
        for line in logicalLines {
            let text = line.text
            guard let equals = text.firstIndex(of: "="), String(text[..<equals]).withoutOuterBlanks == name else {
                continue
            }
            let written = String(text[text.index(after: equals)...]).withoutOuterBlanks
            value = Located(written, at: line.location)
        }
        return value
    }

    /// `postconf "name = value"`: the first line that sets it is replaced, further ones go; else it is appended.
    mutating func setParameter(_ name: String, _ value: String, at location: SourceLocation) {
        let line = Line(value.isEmpty ? "\(name) =" : "\(name) = \(value)", at: location)
        if !replaceParameter(name, with: line) { lines.append(line) }
        hostPath = nil
    }

    /// `postconf -X name`
    mutating func removeParameter(_ name: String) {
        _ = replaceParameter(name, with: nil)
        hostPath = nil
    }

    /// Whether there was a line that set it.
    private mutating func replaceParameter(_ name: String, with line: Line?) -> Bool {
        var result: [Line] = []
        var found = false
        var drops = false
        for current in lines {
            if let other = Self.parameter(current) {
                drops = other == name
                if drops {
                    if !found, let line { result.append(line) }
                    found = true
                    continue
                }
            } else if drops, current.isContinuation {
                continue
            }
            result.append(current)
        }
        lines = result
        return found
    }

    /// `postconf -# name`
    mutating func commentOutParameter(_ name: String) {
        var comments = false
        for index in lines.indices {
            if let other = Self.parameter(lines[index]) {
                comments = other == name
            } else if !lines[index].isContinuation {
                continue
            }
            if comments { lines[index].bytes.insert(UInt8(ascii: "#"), at: 0) }
        }
        hostPath = nil
    }

    /// `postconf -n`: each parameter once, on one line, with the value that counts, by name.
    mutating func normalizeParameters() {
        var values: [String: Line] = [:]
        for line in logicalLines {
            let text = line.text
            guard let equals = text.firstIndex(of: "=") else { continue }
            let name = String(text[..<equals]).withoutOuterBlanks
            let value = String(text[text.index(after: equals)...]).withoutOuterBlanks
            values[name] = Line(value.isEmpty ? "\(name) =" : "\(name) = \(value)", at: line.location)
        }
        lines = values.sorted { $0.key < $1.key }.map(\.value)
        hostPath = nil
    }

    // MARK: sed

    /// Rewrites each line for which `change` has an answer.
    mutating func rewriteLines(at location: SourceLocation, _ change: (String) -> String?) {
        for index in lines.indices {
            guard let text = change(lines[index].text) else { continue }
            lines[index] = Line(text, at: location)
            hostPath = nil
        }
    }
}
