/// Why a text is no distinguished name.
public struct DistinguishedNameSyntaxError: Error, Hashable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        case tooLong(maximum: Int)
        case missingEquals
        case badAttribute
        case badEscape
        case badHexValue
        case unescaped(UInt8)
        case unterminatedQuotation
        case missingName
    }

    public var reason: Reason
    /// Bytes from the start of the text.
    public var offset: Int

    public init(_ reason: Reason, offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    public var description: String { "bad distinguished name at byte \(offset): \(reason.text)" }
}

extension DistinguishedNameSyntaxError.Reason {
    fileprivate var text: String {
        switch self {
        case .tooLong(let maximum): "it is longer than \(maximum) bytes"
        case .missingEquals: "an '=' is expected after the attribute"
        case .badAttribute: "an attribute name or OID is expected here"
        case .badEscape: "a backslash must be followed by a special character or two hexadecimal digits"
        case .badHexValue: "'#' must be followed by the hexadecimal digits of a BER encoded string, number or boolean"
        case .unescaped(0): "a NUL must be written \\00"
        case .unescaped(let byte): "'\(Character(Unicode.Scalar(byte)))' in a value must be escaped with a backslash"
        case .unterminatedQuotation: "a quoted value is not closed"
        case .missingName: "another RDN is expected behind the separator"
        }
    }
}

extension DistinguishedName {
    /// Bytes of text that are read at most.
    public static let maximumTextLength = 65_536

    /// Parses the string form of RFC 4514. The forms of RFC 2253 and RFC 1779 that are still met are read too: `;`
    /// between RDNs, blanks around separators, quoted values, an `OID.` prefix.
    public init(parsing text: String) throws(DistinguishedNameSyntaxError) {
        try self.init(parsing: text.utf8)
    }

    public init(parsing bytes: some Sequence<UInt8>) throws(DistinguishedNameSyntaxError) {
        var parser = DistinguishedNameParser(Array(bytes))
        self = try parser.parse()
    }
}

private struct DistinguishedNameParser {
    private var scanner: TextScanner

    init(_ bytes: [UInt8]) {
        scanner = TextScanner(bytes)
    }

    private func failure(
        _ reason: DistinguishedNameSyntaxError.Reason, at offset: Int? = nil
    ) -> DistinguishedNameSyntaxError {
        DistinguishedNameSyntaxError(reason, offset: offset ?? scanner.index)
    }

    /// distinguishedName = [ relativeDistinguishedName *( COMMA relativeDistinguishedName ) ]
    /// relativeDistinguishedName = attributeTypeAndValue *( PLUS attributeTypeAndValue )
    mutating func parse() throws(DistinguishedNameSyntaxError) -> DistinguishedName {
        guard scanner.bytes.count <= DistinguishedName.maximumTextLength else {
            throw failure(.tooLong(maximum: DistinguishedName.maximumTextLength), at: 0)
        }
        scanner.skip(while: \.isBlank)
        guard !scanner.isAtEnd else { return DistinguishedName() }
        var rdns: [RelativeDistinguishedName] = []
        var assertions: [RelativeDistinguishedName.AttributeTypeAndValue] = []
        while true {
            assertions.append(try parseAttributeTypeAndValue())
            let separator = scanner.current
            scanner.advance()
            if separator != UInt8(ascii: "+") {
                rdns.append(RelativeDistinguishedName(assertions))
                assertions.removeAll()
            }
            guard separator != nil else { return DistinguishedName(rdns) }
            scanner.skip(while: \.isBlank)
            guard !scanner.isAtEnd else { throw failure(.missingName) }
        }
    }

    /// attributeTypeAndValue = attributeType EQUALS attributeValue
    private mutating func parseAttributeTypeAndValue() throws(DistinguishedNameSyntaxError)
        -> RelativeDistinguishedName.AttributeTypeAndValue
    {
        let start = scanner.index
        var type = scanner.take { $0.isKeyCharacter || ".;_".utf8.contains($0) }
        let prefix = type.prefix(4).map { $0 | 0x20 }
        if prefix == Array("oid.".utf8) { type = type.dropFirst(4) }
        guard AttributeDescription.isWellFormed(type) else { throw failure(.badAttribute, at: start) }
        scanner.skip(while: \.isBlank)
        guard scanner.skip(UInt8(ascii: "=")) else { throw failure(.missingEquals) }
        scanner.skip(while: \.isBlank)
        let value: [UInt8]
        switch scanner.current {
        case UInt8(ascii: "#"): value = try parseHexString()
        case UInt8(ascii: "\""): value = try parseQuotation()
        default: value = try parseString()
        }
        return .init(AttributeDescription(String(decoding: type, as: UTF8.self)), value)
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ";")
    }

    private func requireSeparator() throws(DistinguishedNameSyntaxError) {
        guard let byte = scanner.current, !Self.isSeparator(byte) else { return }
        throw failure(.unescaped(byte))
    }

    /// string = [ ( leadchar / pair ) [ *( stringchar / pair ) ( trailchar / pair ) ] ]
    private mutating func parseString() throws(DistinguishedNameSyntaxError) -> [UInt8] {
        var value: [UInt8] = []
        // Blanks at the end don't belong to the value, unless they are escaped.
        var significant = 0
        while let byte = scanner.current, !Self.isSeparator(byte) {
            switch byte {
            case UInt8(ascii: "\\"):
                value.append(try parsePair())
                significant = value.count
            case 0, UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"):
                throw failure(.unescaped(byte))
            default:
                value.append(byte)
                scanner.advance()
                if byte != UInt8(ascii: " ") { significant = value.count }
            }
        }
        value.removeLast(value.count - significant)
        return value
    }

    /// pair = ESC ( ESC / special / hexpair )
    /// special = escaped / SPACE / SHARP / EQUALS
    /// escaped = DQUOTE / PLUS / COMMA / SEMI / LANGLE / RANGLE
    private mutating func parsePair() throws(DistinguishedNameSyntaxError) -> UInt8 {
        let start = scanner.index
        scanner.advance()
        if let octet = scanner.takeHexPair() { return octet }
        guard let byte = scanner.current, "\\ #=\"+,;<>".utf8.contains(byte) else {
            throw failure(.badEscape, at: start)
        }
        scanner.advance()
        return byte
    }

    /// QUOTATION *( quotechar / pair ) QUOTATION         ; RFC 2253 §4
    private mutating func parseQuotation() throws(DistinguishedNameSyntaxError) -> [UInt8] {
        let start = scanner.index
        scanner.advance()
        var value: [UInt8] = []
        while let byte = scanner.current {
            switch byte {
            case UInt8(ascii: "\""):
                scanner.advance()
                scanner.skip(while: \.isBlank)
                try requireSeparator()
                return value
            case UInt8(ascii: "\\"):
                value.append(try parsePair())
            case 0:
                throw failure(.unescaped(0))
            default:
                value.append(byte)
                scanner.advance()
            }
        }
        throw failure(.unterminatedQuotation, at: start)
    }

    /// hexstring = SHARP 1*hexpair
    private mutating func parseHexString() throws(DistinguishedNameSyntaxError) -> [UInt8] {
        let start = scanner.index
        scanner.advance()
        var encoding: [UInt8] = []
        while let octet = scanner.takeHexPair() { encoding.append(octet) }
        scanner.skip(while: \.isBlank)
        if let byte = scanner.current, !Self.isSeparator(byte) { throw failure(.badHexValue, at: start) }
        guard let value = BEREncodedValue.stringForm(of: encoding) else { throw failure(.badHexValue, at: start) }
        return value
    }
}
