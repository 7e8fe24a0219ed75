/// A password or other credential. It never shows in a description, a log or an error.
public struct LDAPPassword: Hashable, Sendable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable, ExpressibleByStringLiteral
{
    public let bytes: [UInt8]

    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    public init(_ text: String) {
        self.init(text.utf8)
    }

    public init(stringLiteral value: String) {
        self.init(value.utf8)
    }

    public var isEmpty: Bool { bytes.isEmpty }
    public var description: String { "(password)" }
    public var debugDescription: String { "(password)" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
