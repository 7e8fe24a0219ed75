import LDAP

/// What values of an attribute may look like (RFC 4517 §3.3), as far as matching depends on it: a value or an assertion
/// that breaks its syntax matches nothing and makes a filter item Undefined.
package enum AttributeSyntax: Hashable, Sendable {
    case directoryString
    case ia5String
    case printableString
    case telephoneNumber
    case numericString
    case integer
    case boolean
    case distinguishedName
    case nameAndOptionalUID
    case generalizedTime
    case objectIdentifier
    case postalAddress
    case uuid
    /// Any octets: octet strings, and every syntax whose inner form no matching rule here looks at.
    case octets

    /// - Parameter oid: the syntax's OID, with or without a length (`{256}`) behind it.
    package init(oid: some StringProtocol) {
        let oid = oid.prefix { $0 != "{" }
        let prefix = "1.3.6.1.4.1.1466.115.121.1."
        guard oid.hasPrefix(prefix) else {
            self = oid == "1.3.6.1.1.16.1" ? .uuid : .octets
            return
        }
        self =
            switch oid.dropFirst(prefix.count) {
            case "7": .boolean
            case "12": .distinguishedName
            case "15": .directoryString
            case "24": .generalizedTime
            case "26": .ia5String
            case "27": .integer
            case "34": .nameAndOptionalUID
            case "36": .numericString
            case "38": .objectIdentifier
            case "41": .postalAddress
            case "44": .printableString
            case "50": .telephoneNumber
            default: .octets
            }
    }

    package func isValid(_ value: ArraySlice<UInt8>) -> Bool {
        switch self {
        case .directoryString: !value.isEmpty && isUTF8(value)
        case .ia5String: value.allSatisfy { $0 < 0x80 }
        case .printableString, .telephoneNumber: !value.isEmpty && value.allSatisfy(isPrintable)
        case .numericString: !value.isEmpty && value.allSatisfy { isDigit($0) || $0 == UInt8(ascii: " ") }
        case .integer: isInteger(value)
        case .boolean: value.elementsEqual("TRUE".utf8) || value.elementsEqual("FALSE".utf8)
        case .distinguishedName: (try? DistinguishedName(parsing: value)) != nil
        case .nameAndOptionalUID: (try? DistinguishedName(parsing: value.withoutUniqueIdentifier)) != nil
        case .generalizedTime: GeneralizedTime.normalized(value) != nil
        case .objectIdentifier: isObjectIdentifier(value)
        case .postalAddress: !value.isEmpty && isUTF8(value)
        case .uuid: UUIDText.octets(value) != nil
        case .octets: true
        }
    }

    private func isUTF8(_ value: ArraySlice<UInt8>) -> Bool {
        value.allSatisfy { $0 < 0x80 } || String(validating: value, as: UTF8.self) != nil
    }

    private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7A }

    // PrintableCharacter, RFC 4517 §3.2
    private func isPrintable(_ byte: UInt8) -> Bool {
        isLetter(byte) || isDigit(byte) || Self.printableMarks.contains(byte)
    }

    private static let printableMarks = Array("'()+,-./:? =".utf8)

    // Integer = ( HYPHEN LDIGIT *DIGIT ) / number, RFC 4517 §3.3.16
    private func isInteger(_ value: ArraySlice<UInt8>) -> Bool {
        let digits = value.first == UInt8(ascii: "-") ? value.dropFirst() : value
        guard let first = digits.first, digits.allSatisfy(isDigit) else { return false }
        return first != UInt8(ascii: "0") || value.count == 1
    }

    // oid = descr / numericoid, RFC 4512 §1.4
    private func isObjectIdentifier(_ value: ArraySlice<UInt8>) -> Bool {
        guard let first = value.first else { return false }
        if isLetter(first) { return value.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "-") } }
        return isDigit(first) && value.last != UInt8(ascii: ".")
            && value.allSatisfy { isDigit($0) || $0 == UInt8(ascii: ".") }
    }
}

extension ArraySlice<UInt8> {
    /// Without the `#'0101'B` that may follow the name in a Name And Optional UID (RFC 4517 §3.3.21).
    var withoutUniqueIdentifier: ArraySlice<UInt8> {
        guard suffix(2).elementsEqual("'B".utf8), let mark = lastIndex(of: UInt8(ascii: "#")) else { return self }
        let bits = self[(mark + 1)...].dropLast(2)
        guard bits.first == UInt8(ascii: "'") else { return self }
        return bits.dropFirst().allSatisfy { $0 == 0x30 || $0 == 0x31 } ? self[..<mark] : self
    }
}
