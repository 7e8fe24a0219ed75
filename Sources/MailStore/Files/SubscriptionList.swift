import MailModel

/// `subscriptions`: Dovecot's version 2 (`V⇥2`, an empty line, then one name a line, its parts between tabs); version 1,
/// one name a line with the separator in it, is read.
struct SubscriptionList: Sendable {
    private(set) var names: [MailboxName] = []

    init() {}

    /// Lines that can't be a name are passed over.
    init(_ bytes: [UInt8]) {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let isSecondVersion = lines.first?.elementsEqual("V\t2".utf8) ?? false
        for line in isSecondVersion ? lines.dropFirst(2) : lines[...] where !line.isEmpty {
            let parts: [[UInt8]] =
                isSecondVersion
                ? line.split(separator: 0x09, omittingEmptySubsequences: false).map { Self.unescaped($0) }
                : line.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
            let decoded = parts.compactMap { ModifiedUTF7.decode($0) ?? $0 }
            guard let name = MailboxName(parts: decoded) else { continue }
            add(name)
        }
    }

    mutating func add(_ name: MailboxName) {
        if !names.contains(name) { names.append(name) }
    }

    mutating func remove(_ name: MailboxName) {
        names.removeAll { $0 == name }
    }

    var bytes: [UInt8] {
        var result = Array("V\t2\n\n".utf8)
        for name in names {
            result += name.parts.map { Self.escaped(ModifiedUTF7.encode($0)) }.joined(separator: [0x09])
            result.append(0x0A)
        }
        return result
    }

    /// Dovecot's tab escaping: \001 before `0` (NUL), `1` (\001), `t`, `r`, `n`.
    private static func unescaped(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var isEscape = false
        for byte in part {
            if isEscape {
                isEscape = false
                switch byte {
                case UInt8(ascii: "1"): result.append(0x01)
                case UInt8(ascii: "t"): result.append(0x09)
                case UInt8(ascii: "r"): result.append(0x0D)
                case UInt8(ascii: "n"): result.append(0x0A)
                default: result.append(byte)
                }
            } else if byte == 0x01 {
                isEscape = true
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static func escaped(_ part: [UInt8]) -> [UInt8] {
        part.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x01: [0x01, UInt8(ascii: "1")]
            case 0x09: [0x01, UInt8(ascii: "t")]
            case 0x0A: [0x01, UInt8(ascii: "n")]
            case 0x0D: [0x01, UInt8(ascii: "r")]
            default: [byte]
            }
        }
    }
}
