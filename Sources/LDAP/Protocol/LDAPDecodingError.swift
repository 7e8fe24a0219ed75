/// Why bytes are no LDAP message. A connection that gets one has no future: where the next message begins is unknown.
public struct LDAPDecodingError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case truncated
        case notAMessage(tag: UInt8)
        case messageTooLarge(maximum: Int)
        case unexpectedTag(expected: UInt8, found: UInt8)
        case unsupportedTag(UInt8)
        case indefiniteLength
        case lengthTooLarge
        case badBoolean
        case badInteger
        case badMessageID
        case badValue(String)
        case tooDeep(maximum: Int)
        case unknownOperation(tag: UInt8)
    }

    public var reason: Reason

    public init(_ reason: Reason) {
        self.reason = reason
    }

    public var description: String { "bad LDAP message: \(reason.text)" }
}

extension LDAPDecodingError.Reason {
    fileprivate var text: String {
        switch self {
        case .truncated: "it ends within an element"
        case .notAMessage(let tag): "it begins with tag \(tag), not with a SEQUENCE; is the other side an LDAP server?"
        case .messageTooLarge(let maximum): "it is longer than \(maximum) bytes"
        case .unexpectedTag(let expected, let found): "tag \(expected) is expected, \(found) was found"
        case .unsupportedTag(let tag): "tag \(tag) has the long form, which LDAP does not use"
        case .indefiniteLength: "an element has an indefinite length"
        case .lengthTooLarge: "an element's length can't be held"
        case .badBoolean: "a BOOLEAN is not one byte long"
        case .badInteger: "an INTEGER is empty or longer than 8 bytes"
        case .badMessageID: "the message ID is out of range"
        case .badValue(let what): "\(what) has a value that is not defined"
        case .tooDeep(let maximum): "filters are nested more than \(maximum) deep"
        case .unknownOperation(let tag): "tag \(tag) is no known operation"
        }
    }
}
