/// Reads the BER elements that LDAP uses (RFC 4511 §5.1: definite lengths only) from memory that outlives it. Every
/// access is checked against the element's end.
struct BERReader {
    private let bytes: UnsafeRawBufferPointer
    private var index: Int
    private let end: Int

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
        index = 0
        end = bytes.count
    }

    private init(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) {
        self.bytes = bytes
        index = start
        self.end = end
    }

    var isAtEnd: Bool { index >= end }

    /// The tag of the next element; nil at the end.
    var nextTag: UInt8? { index < end ? bytes[index] : nil }

    private mutating func byte() throws(LDAPDecodingError) -> UInt8 {
        guard index < end else { throw LDAPDecodingError(.truncated) }
        defer { index += 1 }
        return bytes[index]
    }

    private mutating func length() throws(LDAPDecodingError) -> Int {
        let first = try byte()
        guard first >= 0x80 else { return Int(first) }
        guard first > 0x80 else { throw LDAPDecodingError(.indefiniteLength) }
        var length: UInt64 = 0
        for _ in 0..<(first & 0x7F) {
            let octet = try byte()
            // Leading zeros are allowed in BER, and some servers always write four octets.
            guard length <= UInt64(Int32.max) >> 8 else { throw LDAPDecodingError(.lengthTooLarge) }
            length = length << 8 | UInt64(octet)
        }
        return Int(length)
    }

    /// The next element, whatever it is: its tag and a reader over its content.
    mutating func element() throws(LDAPDecodingError) -> (tag: UInt8, content: BERReader) {
        let tag = try byte()
        guard tag & 0x1F != 0x1F else { throw LDAPDecodingError(.unsupportedTag(tag)) }
        let length = try length()
        guard length <= end - index else { throw LDAPDecodingError(.truncated) }
        let content = BERReader(bytes, from: index, to: index + length)
        index += length
        return (tag, content)
    }

    mutating func element(_ expected: UInt8) throws(LDAPDecodingError) -> BERReader {
        guard let found = nextTag else { throw LDAPDecodingError(.truncated) }
        guard found == expected else { throw LDAPDecodingError(.unexpectedTag(expected: expected, found: found)) }
        return try element().content
    }

    /// The next element if it has this tag.
    mutating func optionalElement(_ expected: UInt8) throws(LDAPDecodingError) -> BERReader? {
        guard nextTag == expected else { return nil }
        return try element().content
    }

    // What is left, as the content of a primitive element.

    var octets: [UInt8] { Array(rest) }
    var text: String { String(decoding: rest, as: UTF8.self) }

    private var rest: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[index..<end])
    }

    var integer: Int {
        get throws(LDAPDecodingError) {
            guard !isAtEnd, end - index <= 8 else { throw LDAPDecodingError(.badInteger) }
            return rest.reduce(rest[0] >= 0x80 ? -1 : 0) { $0 << 8 | Int($1) }
        }
    }

    /// RFC 4511 asks for FF as TRUE; some servers send 1.
    var boolean: Bool {
        get throws(LDAPDecodingError) {
            guard end - index == 1 else { throw LDAPDecodingError(.badBoolean) }
            return bytes[index] != 0
        }
    }

    // The next element, as one of the universal types.

    mutating func octets(_ tag: UInt8 = BERTag.octetString) throws(LDAPDecodingError) -> [UInt8] {
        try element(tag).octets
    }

    mutating func text(_ tag: UInt8 = BERTag.octetString) throws(LDAPDecodingError) -> String {
        try element(tag).text
    }

    mutating func integer(_ tag: UInt8 = BERTag.integer) throws(LDAPDecodingError) -> Int {
        try element(tag).integer
    }

    mutating func boolean(_ tag: UInt8 = BERTag.boolean) throws(LDAPDecodingError) -> Bool {
        try element(tag).boolean
    }
}

enum BERTag {
    static let boolean: UInt8 = 0x01
    static let integer: UInt8 = 0x02
    static let octetString: UInt8 = 0x04
    static let enumerated: UInt8 = 0x0A
    static let sequence: UInt8 = 0x30
    static let set: UInt8 = 0x31

    /// `[number]` of a primitive type.
    static func primitive(_ number: UInt8) -> UInt8 { 0x80 | number }
    /// `[number]` of a constructed type.
    static func constructed(_ number: UInt8) -> UInt8 { 0xA0 | number }
}
