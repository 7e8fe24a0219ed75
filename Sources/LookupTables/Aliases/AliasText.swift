/// The text of aliases(5): names, values and members, with quotes and comments of RFC 822.
enum AliasText {
    /// Where in the text a byte stands.
    private struct Scanner {
        var inQuotes = false
        var depth = 0
        var isEscaped = false

        /// Whether `byte` means what it says, outside quotes and comments.
        mutating func isPlain(_ byte: UInt8) -> Bool {
            if isEscaped {
                isEscaped = false
                return false
            }
            switch byte {
            case UInt8(ascii: "\\"):
                isEscaped = true
                return false
            case UInt8(ascii: "\"") where depth == 0:
                inQuotes.toggle()
                return false
            case UInt8(ascii: "(") where !inQuotes:
                depth += 1
                return false
            case UInt8(ascii: ")") where !inQuotes && depth > 0:
                depth -= 1
                return false
            default: return !inQuotes && depth == 0
            }
        }
    }

    /// The first colon outside quotes ends the name.
    static func nameAndValue(_ line: [UInt8]) -> (name: [UInt8], value: [UInt8])? {
        var scanner = Scanner()
        for (index, byte) in line.enumerated() where scanner.isPlain(byte) && byte == UInt8(ascii: ":") {
            let (name, value) = (ASCIIText.trimmed(line[..<index]), normalized(Array(line[(index + 1)...])))
            return name.isEmpty || value.isEmpty ? nil : (name, value)
        }
        return nil
    }

    /// Outside quotes one blank for white space, and none before a comma, as postalias(1) writes it.
    static func normalized(_ text: [UInt8]) -> [UInt8] {
        var scanner = Scanner()
        var result: [UInt8] = []
        var hasBlank = false
        for byte in ASCIIText.trimmed(text) {
            let isPlain = scanner.isPlain(byte)
            if isPlain, ASCIIText.isSpace(byte) {
                hasBlank = true
                continue
            }
            if hasBlank, !(isPlain && byte == UInt8(ascii: ",")) { result.append(UInt8(ascii: " ")) }
            hasBlank = false
            result.append(byte)
            if isPlain, byte == UInt8(ascii: ",") { hasBlank = true }
        }
        return result
    }

    /// The name without quotes; nil when it holds an unquoted `@`: names are local.
    static func localName(_ name: [UInt8]) -> [UInt8]? {
        var scanner = Scanner()
        for byte in name where scanner.isPlain(byte) && byte == UInt8(ascii: "@") { return nil }
        return unquoted(name)
    }

    static func unquoted(_ text: [UInt8]) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in text {
            if !isEscaped, byte == UInt8(ascii: "\\") {
                isEscaped = true
                continue
            }
            if isEscaped || byte != UInt8(ascii: "\"") { result.append(byte) }
            isEscaped = false
        }
        return result
    }

    /// What stands between the commas, trimmed.
    static func members(_ value: [UInt8]) -> [[UInt8]] {
        var scanner = Scanner()
        var members: [[UInt8]] = []
        var member: [UInt8] = []
        for byte in value {
            if scanner.isPlain(byte), byte == UInt8(ascii: ",") {
                members.append(ASCIIText.trimmed(member))
                member = []
            } else {
                member.append(byte)
            }
        }
        members.append(ASCIIText.trimmed(member))
        return members.filter { !$0.isEmpty }
    }

    /// `Name <address> (comment)` without name and comment.
    static func address(_ member: [UInt8]) -> [UInt8] {
        var scanner = Scanner()
        var result: [UInt8] = []
        for byte in member {
            let isPlain = scanner.isPlain(byte)
            if isPlain, byte == UInt8(ascii: "<") {
                result = []
            } else if isPlain, byte == UInt8(ascii: ">") {
                break
            } else if scanner.depth == 0, isPlain || scanner.inQuotes || byte != UInt8(ascii: ")") {
                result.append(byte)
            }
        }
        return ASCIIText.trimmed(result)
    }
}
