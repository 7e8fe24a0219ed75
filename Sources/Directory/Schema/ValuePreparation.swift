import LDAP

/// How the values of an attribute are brought into the form in which they are compared octet by octet.
enum ValuePreparation: Hashable, Sendable {
    case caseIgnore
    case caseExact
    case caseIgnoreIA5
    case caseExactIA5
    case caseIgnoreList
    case caseIgnoreOrOctets
    case numericString
    case telephoneNumber
    case integer
    case distinguishedName
    case nameAndOptionalUID
    case generalizedTime
    case objectIdentifier
    case uuid
    case octets

    /// Nil when the value can't be compared by this rule.
    func prepare(
        _ value: ArraySlice<UInt8>, piece: StringPreparation.Piece = .whole, schema: DirectorySchema
    ) -> [UInt8]? {
        switch self {
        case .caseIgnore, .caseExact:
            return StringPreparation.directoryString(value, foldsCase: self == .caseIgnore, piece: piece)
        case .caseIgnoreIA5, .caseExactIA5:
            return ia5String(value)
        case .caseIgnoreList:
            return list(value, piece: piece)
        case .caseIgnoreOrOctets:
            return StringPreparation.directoryString(value, foldsCase: true, piece: piece) ?? Array(value)
        case .numericString:
            let digits = value.filter { $0 != UInt8(ascii: " ") }
            return digits.isEmpty ? [UInt8(ascii: " ")] : digits
        case .telephoneNumber:
            let characters = value.filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "-") }
            return characters.isEmpty ? nil : StringPreparation.ascii(characters[...], foldsCase: true, piece: .any)
        case .integer, .octets:
            return Array(value)
        case .distinguishedName:
            return schema.preparedName(value)
        case .nameAndOptionalUID:
            return schema.preparedName(value.withoutUniqueIdentifier)
        case .generalizedTime:
            return GeneralizedTime.normalized(value)
        case .objectIdentifier:
            return StringPreparation.ascii(value, foldsCase: true, piece: .whole)
        case .uuid:
            return UUIDText.octets(value)
        }
    }

    /// OpenLDAP drops the spaces at both ends of a piece of an IA5 substring filter too; what it finds, we find.
    private func ia5String(_ value: ArraySlice<UInt8>) -> [UInt8] {
        let prepared = StringPreparation.ascii(value, foldsCase: self == .caseIgnoreIA5, piece: .whole)
        return prepared == [UInt8(ascii: " ")] ? [] : prepared
    }

    /// Postal addresses: lines between `$`, each a string of its own (RFC 4517 §4.2.12).
    private func list(_ value: ArraySlice<UInt8>, piece: StringPreparation.Piece) -> [UInt8]? {
        var result: [UInt8] = []
        for (index, line) in value.split(separator: UInt8(ascii: "$"), omittingEmptySubsequences: false).enumerated() {
            guard let line = StringPreparation.directoryString(line, foldsCase: true, piece: piece) else { return nil }
            if index > 0 { result.append(UInt8(ascii: "$")) }
            result += line
        }
        return result
    }

    /// Whether `left` sorts before `right`; both are prepared.
    func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard self == .integer else { return left.lexicographicallyPrecedes(right) }
        let leftIsNegative = left.first == UInt8(ascii: "-")
        let rightIsNegative = right.first == UInt8(ascii: "-")
        guard leftIsNegative == rightIsNegative else { return leftIsNegative }
        let (smaller, larger) = leftIsNegative ? (right, left) : (left, right)
        return smaller.count == larger.count ? smaller.lexicographicallyPrecedes(larger) : smaller.count < larger.count
    }
}
