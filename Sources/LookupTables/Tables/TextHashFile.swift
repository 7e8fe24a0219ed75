/// The text of a `texthash:` file whose values are lists, `address target, target`, as an editor sees it: comments, order and
/// what isn't touched stay as they are, to the octet.
package struct TextHashFile: Sendable {
    /// One alias.
    package struct Entry: Hashable, Sendable {
        /// As it is written.
        package var key: [UInt8]
        package var targets: [[UInt8]]
    }

    package enum Refusal: Error, Hashable, Sendable {
        /// The alias leads there already.
        case alreadyThere(target: [UInt8])
        case noAlias
        /// The alias doesn't lead there.
        case noTarget([UInt8])
    }

    /// A physical line with its end.
    private var lines: [[UInt8]]
    /// What stands between two targets that are written here.
    private let separator: [UInt8]

    /// - Parameter separator: `, `, or `,` as docker-mailserver's own command writes it.
    package init(_ contents: [UInt8], separator: String = ", ") {
        self.separator = Array(separator.utf8)
        lines = []
        var rest = contents[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? rest.endIndex
            lines.append(Array(rest[..<end]))
            rest = rest[end...]
        }
    }

    package var contents: [UInt8] { Array(lines.joined()) }

    /// The aliases in force, in the file's order: of two equal keys the first counts.
    package var entries: [Entry] {
        var seen: Set<[UInt8]> = []
        return blocks.compactMap { block in
            guard let entry = entry(block), seen.insert(LookupKey.folded(entry.key)).inserted else { return nil }
            return entry
        }
    }

    package func entry(of key: [UInt8]) -> Entry? {
        entries.first { LookupKey.folded($0.key) == LookupKey.folded(key) }
    }

    // MARK: Changing

    /// Adds targets to an alias; makes the alias, at the end of the file, where there is none.
    package mutating func add(_ targets: [[UInt8]], to key: [UInt8]) throws(Refusal) {
        var known = Set((entry(of: key)?.targets ?? []).map(LookupKey.folded))
        for target in targets where !known.insert(LookupKey.folded(target)).inserted {
            throw .alreadyThere(target: target)
        }
        let joined = Array(targets.joined(separator: separator))
        guard let block = blocks(of: key).first, let last = block.last else {
            if let line = lines.last, line.last != UInt8(ascii: "\n") {
                lines[lines.count - 1].append(UInt8(ascii: "\n"))
            }
            lines.append(key + [UInt8(ascii: " ")] + joined + [UInt8(ascii: "\n")])
            return
        }
        var (text, end) = Self.parted(lines[last])
        if text.last == UInt8(ascii: ",") { text.removeLast() }
        lines[last] = text + separator + joined + end
    }

    /// Takes targets from an alias, and the alias itself with the last of them; all of it when none is named.
    package mutating func remove(_ targets: [[UInt8]], from key: [UInt8]) throws(Refusal) {
        let blocks = blocks(of: key)
        guard let block = blocks.first, let first = block.first, let entry = entry(block) else { throw .noAlias }
        var remaining = entry.targets
        for target in targets {
            let folded = LookupKey.folded(target)
            let before = remaining.count
            remaining.removeAll { LookupKey.folded($0) == folded }
            guard remaining.count < before else { throw .noTarget(target) }
        }
        guard !targets.isEmpty, !remaining.isEmpty else {
            // A second line with the same key, which counted for nothing, would count now.
            for index in blocks.joined().sorted(by: >) { lines.remove(at: index) }
            return
        }
        let line = lines[first]
        let gap = line.dropFirst(entry.key.count).prefix { $0 == 0x20 || $0 == 0x09 }
        lines[first] =
            entry.key + (gap.isEmpty ? [0x20] : Array(gap)) + Array(remaining.joined(separator: separator))
            + Self.parted(line).end
        for index in block.dropFirst().reversed() { lines.remove(at: index) }
    }

    // MARK: Lines

    /// The physical lines of each logical one, comments and empty lines between them left out.
    private var blocks: [[Int]] {
        var result: [[Int]] = []
        for (index, line) in lines.enumerated() {
            guard let first = line.first(where: { !ASCIIText.isSpace($0) }), first != UInt8(ascii: "#") else {
                continue
            }
            if let start = line.first, ASCIIText.isSpace(start), !result.isEmpty {
                result[result.count - 1].append(index)
            } else {
                result.append([index])
            }
        }
        return result
    }

    private func blocks(of key: [UInt8]) -> [[Int]] {
        let folded = LookupKey.folded(key)
        return blocks.filter { block in entry(block).map { LookupKey.folded($0.key) == folded } ?? false }
    }

    private func entry(_ block: [Int]) -> Entry? {
        let text = Array(block.map { Self.parted(lines[$0]).text }.joined())
        guard let (key, value) = TextHashTable.keyAndValue(text) else { return nil }
        let targets = Self.split(value)
        return key.isEmpty || targets.isEmpty ? nil : Entry(key: key, targets: targets)
    }

    /// At commas outside quotes.
    private static func split(_ value: [UInt8]) -> [[UInt8]] {
        var parts: [[UInt8]] = [[]]
        var inQuotes = false
        var isEscaped = false
        for byte in value {
            if byte == UInt8(ascii: ","), !inQuotes {
                parts.append([])
                continue
            }
            if byte == UInt8(ascii: "\""), !isEscaped { inQuotes.toggle() }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            parts[parts.count - 1].append(byte)
        }
        return parts.map { ASCIIText.trimmed($0) }.filter { !$0.isEmpty }
    }

    /// A line without the white space at its end, and that.
    private static func parted(_ line: [UInt8]) -> (text: [UInt8], end: [UInt8]) {
        let count = line.lastIndex { !ASCIIText.isSpace($0) }.map { $0 + 1 } ?? 0
        let end = Array(line[count...])
        return (Array(line[..<count]), end.last == UInt8(ascii: "\n") ? end : end + [UInt8(ascii: "\n")])
    }
}
