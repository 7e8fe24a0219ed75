/// An attribute type with its options, `cn` or `member;range=0-1499` (RFC 4512 §2.5). Equal without regard to case.
public struct AttributeDescription: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
    /// As it was written or as the server sent it.
    public let spelling: String
    /// Lower-cased: what equality and hashing use.
    public let folded: String

    public init(_ spelling: String) {
        self.spelling = spelling
        let isFolded = spelling.utf8.allSatisfy { $0 < 0x80 && !($0 >= UInt8(ascii: "A") && $0 <= UInt8(ascii: "Z")) }
        self.folded = isFolded ? spelling : spelling.lowercased()
    }

    public init(stringLiteral value: String) {
        self.init(value)
    }

    /// Without options, lower-cased: `member` of `member;range=0-1499`.
    public var type: Substring {
        folded.prefix { $0 != ";" }
    }

    public var hasOptions: Bool { folded.utf8.contains(UInt8(ascii: ";")) }

    public static func == (left: Self, right: Self) -> Bool { left.folded == right.folded }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(folded)
    }

    public var description: String { spelling }
}
