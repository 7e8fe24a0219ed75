/// Files by a pattern of the shell's kind (glob(3)), in order; a name that begins with a dot must be asked for.
package enum DovecotGlob {
    /// A pattern that would have too much looked at.
    package struct Fault: Error {
        var text: String
    }

    /// Names that one pattern may have looked at, in all folders together.
    private static let maximumNames = 10_000

    package static func paths(_ pattern: String, _ files: ConfigurationFiles) throws(Fault) -> [String] {
        guard isPattern(pattern) else { return files.exists(pattern) ? [pattern] : [] }
        var looked = 0
        var found = [""]
        for part in pattern.split(separator: "/") {
            guard isPattern(part) else {
                found = found.map { "\($0)/\(part)" }
                continue
            }
            let bytes = Array(part.utf8)
            var next: [String] = []
            for folder in found {
                let names = files.names(in: folder.isEmpty ? "/" : folder)
                looked += names.count
                guard looked <= maximumNames else {
                    throw Fault(text: "there are more than \(maximumNames) names to compare with it")
                }
                next += names.filter { matches(Array($0.utf8), bytes) }.map { "\(folder)/\($0)" }
            }
            found = next
        }
        // `conf.d/*/local.conf` fits folders that hold no such file.
        guard let last = pattern.split(separator: "/").last, !isPattern(last) else { return found }
        return found.filter { files.exists($0) }
    }

    private static func isPattern(_ text: some StringProtocol) -> Bool { text.contains { "*?[".contains($0) } }

    /// pattern = *( "*" / "?" / "[" [ "!" ] characters "]" / octet )
    ///
    /// What follows a star is tried from the left, and only the latest star is ever tried again: the time is that of the
    /// two lengths multiplied.
    private static func matches(_ name: [UInt8], _ pattern: [UInt8]) -> Bool {
        if name.first == UInt8(ascii: "."), pattern.first != UInt8(ascii: ".") { return false }
        var position = 0
        var index = 0
        var star: (pattern: Int, name: Int)?
        while position < name.count {
            if index < pattern.count, pattern[index] == UInt8(ascii: "*") {
                index += 1
                star = (index, position)
            } else if let next = afterOctet(name[position], pattern, index) {
                index = next
                position += 1
            } else if let tried = star {
                star = (tried.pattern, tried.name + 1)
                index = tried.pattern
                position = tried.name + 1
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }

    /// Where the pattern goes on when what stands at `index` fits the octet.
    private static func afterOctet(_ byte: UInt8, _ pattern: [UInt8], _ index: Int) -> Int? {
        guard index < pattern.count else { return nil }
        switch pattern[index] {
        case UInt8(ascii: "?"): return index + 1
        case UInt8(ascii: "["):
            // A bracket that is not closed stands for itself.
            guard let close = pattern[(index + 1)...].dropFirst().firstIndex(of: UInt8(ascii: "]")) else {
                return byte == UInt8(ascii: "[") ? index + 1 : nil
            }
            var set = pattern[(index + 1)..<close]
            let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
            if isNegated { set = set.dropFirst() }
            return contains(set, byte) != isNegated ? close + 1 : nil
        case byte: return index + 1
        default: return nil
        }
    }

    private static func contains(_ set: ArraySlice<UInt8>, _ byte: UInt8) -> Bool {
        var rest = set
        while let low = rest.popFirst() {
            if rest.first == UInt8(ascii: "-"), rest.count >= 2 {
                rest = rest.dropFirst()
                guard let high = rest.popFirst() else { return false }
                if low <= byte, byte <= high { return true }
            } else if low == byte {
                return true
            }
        }
        return false
    }
}
