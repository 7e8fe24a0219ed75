/// Files by a pattern of the shell's kind, in order; a name that begins with a dot must be asked for.
enum DovecotGlob {
    static func paths(_ pattern: String, _ files: ConfigurationFiles) -> [String] {
        guard pattern.contains(where: { "*?[".contains($0) }) else { return files.exists(pattern) ? [pattern] : [] }
        // Each star multiplies the ways to fit.
        guard pattern.filter({ $0 == "*" }).count <= 8 else { return [] }
        guard let slash = pattern.lastIndex(of: "/") else { return [] }
        let folder = String(pattern[..<slash])
        let name = Array(pattern[pattern.index(after: slash)...].utf8)
        var folders = [folder]
        if folder.contains(where: { "*?[".contains($0) }) { folders = directories(folder, files) }
        return folders.flatMap { folder in
            files.names(in: folder).filter { matches(Array($0.utf8)[...], name[...], isStart: true, steps: 0) }.map {
                "\(folder)/\($0)"
            }
        }
    }

    private static func directories(_ pattern: String, _ files: ConfigurationFiles) -> [String] {
        var found = [""]
        for part in pattern.split(separator: "/").prefix(16) {
            guard part.contains(where: { "*?[".contains($0) }) else {
                found = found.map { "\($0)/\(part)" }
                continue
            }
            found = found.flatMap { folder in
                files.names(in: folder.isEmpty ? "/" : folder).filter {
                    matches(Array($0.utf8)[...], Array(part.utf8)[...], isStart: true, steps: 0)
                }.map { "\(folder)/\($0)" }
            }
            found = Array(found.prefix(256))
        }
        return found
    }

    /// pattern = *( "*" / "?" / "[" [ "!" ] characters "]" / octet )
    private static func matches(
        _ name: ArraySlice<UInt8>, _ pattern: ArraySlice<UInt8>, isStart: Bool, steps: Int
    ) -> Bool {
        guard steps < 512 else { return false }
        guard let first = pattern.first else { return name.isEmpty }
        if isStart, name.first == UInt8(ascii: "."), first != UInt8(ascii: ".") { return false }
        switch first {
        case UInt8(ascii: "*"):
            let rest = pattern.dropFirst()
            return (name.startIndex...name.endIndex).contains {
                matches(name[$0...], rest, isStart: false, steps: steps + 1)
            }
        case UInt8(ascii: "?"):
            return !name.isEmpty && matches(name.dropFirst(), pattern.dropFirst(), isStart: false, steps: steps + 1)
        case UInt8(ascii: "["):
            guard let byte = name.first, let close = pattern.dropFirst(2).firstIndex(of: UInt8(ascii: "]")) else {
                return false
            }
            var set = pattern[(pattern.startIndex + 1)..<close]
            let isNegated = set.first == UInt8(ascii: "!") || set.first == UInt8(ascii: "^")
            if isNegated { set = set.dropFirst() }
            return contains(set, byte) != isNegated
                && matches(name.dropFirst(), pattern[(close + 1)...], isStart: false, steps: steps + 1)
        default:
            return name.first == first
                && matches(name.dropFirst(), pattern.dropFirst(), isStart: false, steps: steps + 1)
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
