package import LDAP

extension DirectorySchema {
    /// A distinguished name in the form in which equal names have equal octets (RFC 4517 §4.2.15): types by their first
    /// name, values prepared by their type's equality rule, the parts of a multi-valued RDN sorted. Nil when `name` is no
    /// DN or holds a value that breaks its syntax.
    package func preparedName(_ name: ArraySlice<UInt8>) -> [UInt8]? {
        guard let name = try? DistinguishedName(parsing: name) else { return nil }
        return prepared(name)
    }

    package func preparedName(_ name: String) -> [UInt8]? {
        preparedName(Array(name.utf8)[...])
    }

    package func prepared(_ name: DistinguishedName) -> [UInt8]? {
        var result: [UInt8] = []
        for (index, rdn) in name.rdns.enumerated() {
            guard let part = prepared(rdn) else { return nil }
            if index > 0 { result.append(Self.comma) }
            result += part
        }
        return result
    }

    private func prepared(_ rdn: RelativeDistinguishedName) -> [UInt8]? {
        guard rdn.assertions.count > 1 else { return rdn.assertions.first.flatMap(prepared) }
        var parts: [[UInt8]] = []
        for assertion in rdn.assertions {
            guard let part = prepared(assertion) else { return nil }
            parts.append(part)
        }
        parts.sort { $0.lexicographicallyPrecedes($1) }
        return Array(parts.joined(separator: [UInt8(ascii: "+")]))
    }

    private func prepared(_ assertion: RelativeDistinguishedName.AttributeTypeAndValue) -> [UInt8]? {
        let type = attributeType(assertion.type.folded)
        if let type, !type.syntax.isValid(assertion.value[...]) { return nil }
        var result = Array((type?.name.lowercased() ?? assertion.type.folded).utf8)
        result.append(UInt8(ascii: "="))
        // A name can only be compared as far as its values can: a type without a rule is compared octet by octet.
        let preparation = type == nil ? .caseIgnoreOrOctets : type?.equality?.preparation ?? .octets
        guard let value = preparation.prepare(assertion.value[...], schema: self) else { return nil }
        for byte in value {
            if byte == Self.comma || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "\\") {
                result.append(UInt8(ascii: "\\"))
            }
            result.append(byte)
        }
        return result
    }

    private static let comma = UInt8(ascii: ",")
}
