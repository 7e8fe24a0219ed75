import Directory

/// Edits of master.cf as postconf(1) makes them.
extension SourceText {
    /// The lines of a service's entry, comments between them included.
    private func entry(_ service: String, _ type: String) -> Range<Int>? {
        var start: Int?
        var end = 0
        for (index, line) in lines.enumerated() {
            if line.isContinuation {
                if start != nil { end = index + 1 }
            } else if !line.isBlankOrComment {
                if start != nil { break }
                let words = line.text.split(whereSeparator: \.isWhitespace)
                guard words.count >= 2, words[0] == service, words[1] == type else { continue }
                start = index
                end = index + 1
            }
        }
        return start.map { $0..<end }
    }

    /// `postconf -P "service/type/name=value"`. False when there is no such service.
    mutating func setServiceParameter(
        _ service: String, _ type: String, _ name: String, _ value: String, at location: SourceLocation
    ) -> Bool {
        guard let range = entry(service, type) else { return false }
        let written = value.contains(" ") ? "  -o { \(name) = \(value) }" : "  -o \(name)=\(value)"
        let line = Line(written, at: location)
        hostPath = nil
        if let index = range.last(where: { Self.setsOption(lines[$0], name) }) {
            lines[index] = line
        } else {
            lines.insert(line, at: range.upperBound)
        }
        return true
    }

    /// `postconf -PX service/type/name`
    mutating func removeServiceParameter(_ service: String, _ type: String, _ name: String) -> Bool {
        guard let range = entry(service, type) else { return false }
        for index in range.reversed() where Self.setsOption(lines[index], name) { lines.remove(at: index) }
        hostPath = nil
        return true
    }

    /// Whether a line is one option, of that name.
    private static func setsOption(_ line: Line, _ name: String) -> Bool {
        guard line.isContinuation else { return false }
        let text = line.text.withoutOuterBlanks
        guard text.hasPrefix("-o") else { return false }
        var rest = text.dropFirst(2).drop(while: \.isWhitespace)
        if rest.first == "{" { rest = rest.dropFirst().drop(while: \.isWhitespace) }
        guard rest.hasPrefix(name), rest.firstRange(of: " -o ") == nil else { return false }
        return rest.dropFirst(name.count).drop(while: \.isWhitespace).first == "="
    }

    /// `postconf -M service/type="entry"`; an empty entry removes it (`-MX`).
    mutating func setService(_ service: String, _ type: String, _ written: String, at location: SourceLocation) {
        let line = written.isEmpty ? [] : [Line(written, at: location)]
        if let range = entry(service, type) {
            lines.replaceSubrange(range, with: line)
        } else {
            lines += line
        }
        hostPath = nil
    }

    /// `postconf -M# service/type`
    mutating func commentOutService(_ service: String, _ type: String) {
        guard let range = entry(service, type) else { return }
        for index in range { lines[index].bytes.insert(UInt8(ascii: "#"), at: 0) }
        hostPath = nil
    }
}
