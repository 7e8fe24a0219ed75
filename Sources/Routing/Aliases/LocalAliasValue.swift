import MailModel

/// The value of aliases(5): addresses, and what local(8) alone can deliver to.
struct LocalAliasValue: Hashable, Sendable {
    enum Undeliverable: String, Hashable, Sendable {
        case command = "a command"
        case file = "a file"
        case include = "a list in another file"
    }

    private(set) var addresses: [AddressList.Element] = []
    private(set) var undeliverable: [Undeliverable] = []

    /// Elements stand between commas; quotes keep blanks and commas of a command together.
    init(_ value: [UInt8]) {
        for element in Self.elements(value) {
            let text = Self.unquoted(element)
            if text.first == UInt8(ascii: "|") {
                undeliverable.append(.command)
            } else if text.first == UInt8(ascii: "/") {
                undeliverable.append(.file)
            } else if ASCII.lowercased(Array(text.prefix(9))).elementsEqual(":include:".utf8) {
                undeliverable.append(.include)
            } else {
                addresses += AddressList(element).elements
            }
        }
    }

    private static func elements(_ value: [UInt8]) -> [[UInt8]] {
        var elements: [[UInt8]] = []
        var element: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in value {
            if isEscaped {
                isEscaped = false
            } else if byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            } else if byte == UInt8(ascii: ","), !isQuoted {
                elements.append(element)
                element = []
                continue
            }
            element.append(byte)
        }
        return (elements + [element]).map(trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || (0x09...0x0D).contains($0) }
        return Array(bytes.drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }

    /// `"|command with words"` and `"/file"` without their quotes.
    private static func unquoted(_ element: [UInt8]) -> ArraySlice<UInt8> {
        element.first == UInt8(ascii: "\"") ? element.dropFirst() : element[...]
    }
}
