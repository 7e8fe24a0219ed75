import LDAP

/// The search that reads a member.
struct MemberTarget {
    var request: SearchRequest
    /// The attributes that give the member's addresses.
    var addressAttributes: [String]

    enum Fault: Error {
        /// It names nobody: the others are delivered to.
        case passedOver(String)
        /// It means members, and can't be read: no answer is whole without them.
        case misconfigured(String)
    }

    static func read(
        _ value: [UInt8], _ kind: MemberAttributes.Kind, _ attribute: AttributeDescription, table: GroupTable,
        memberBase: String
    ) -> Result<MemberTarget, Fault> {
        switch kind {
        case .name, .address: named(value, table)
        case .uid: uid(value, table, memberBase)
        case .url: found(value, attribute, table)
        case .filter: matching(value, table, memberBase)
        }
    }

    private static func named(_ value: [UInt8], _ table: GroupTable) -> Result<MemberTarget, Fault> {
        guard let text = String(validating: withoutUniqueIdentifier(value), as: UTF8.self),
            let name = try? DistinguishedName(parsing: text), !name.isRoot
        else { return .failure(.passedOver("\"\(ASCIIText.text(value))\" is no DN: passed over")) }
        return .success(
            MemberTarget(
                request: table.request(base: text, scope: .base, filter: .present("objectClass")),
                addressAttributes: table.options.memberAddressAttributes))
    }

    /// RFC 4517 §3.3.21: NameAndOptionalUID = distinguishedName [ SHARP BitString ]
    private static func withoutUniqueIdentifier(_ value: [UInt8]) -> ArraySlice<UInt8> {
        guard let sharp = value.lastIndex(of: UInt8(ascii: "#")) else { return value[...] }
        // RFC 4517 §3.3.2: BitString = SQUOTE *binary-digit SQUOTE "B"
        var rest = value[sharp...].dropFirst()
        guard rest.popFirst() == UInt8(ascii: "'"), rest.popLast() == UInt8(ascii: "B"),
            rest.popLast() == UInt8(ascii: "'"), rest.allSatisfy({ $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") })
        else { return value[...] }
        return value[..<sharp]
    }

    private static func uid(_ value: [UInt8], _ table: GroupTable, _ base: String) -> Result<MemberTarget, Fault> {
        guard !value.contains(0), String(validating: value, as: UTF8.self) != nil,
            let key = KeyParts(value, table.uidRequirements)
        else { return .failure(.passedOver("\"\(ASCIIText.text(value))\" can't be looked up: passed over")) }
        return .success(
            MemberTarget(
                request: table.request(base: base, scope: .sub, filter: table.uidFilter.filled(key)),
                addressAttributes: table.options.memberAddressAttributes))
    }

    private static func matching(
        _ value: [UInt8], _ table: GroupTable, _ base: String
    ) -> Result<MemberTarget, Fault> {
        do throws(LDAPFilterSyntaxError) {
            let filter = try LDAPFilter(parsing: value)
            return .success(
                MemberTarget(
                    request: table.request(base: base, scope: .sub, filter: filter),
                    addressAttributes: table.options.memberAddressAttributes))
        } catch {
            return .failure(.misconfigured("\(error)"))
        }
    }

    private static func found(
        _ value: [UInt8], _ attribute: AttributeDescription, _ table: GroupTable
    ) -> Result<MemberTarget, Fault> {
        guard var text = String(validating: value, as: UTF8.self) else {
            return .failure(.misconfigured("a value is no UTF-8"))
        }
        // RFC 2079: a URI, and behind a blank what people call it.
        if attribute.type == "labeleduri", let blank = text.firstIndex(of: " ") { text = String(text[..<blank]) }
        guard ["ldap://", "ldaps://", "ldapi://"].contains(where: text.prefix(8).lowercased().hasPrefix) else {
            return .failure(.passedOver("\"\(text)\" is no LDAP URL: passed over"))
        }
        let url: LDAPURL
        do throws(LDAPURLSyntaxError) {
            url = try LDAPURL(parsing: text)
        } catch {
            return .failure(.misconfigured("\(error)"))
        }
        let wanted = Set(url.attributes.map { AttributeDescription($0) })
        let own = table.options.memberAddressAttributes
        let common = own.filter { wanted.contains(AttributeDescription($0)) }
        let addresses = common.isEmpty ? own : common
        // The host is not looked at: a directory value must not choose where we connect to.
        return .success(
            MemberTarget(
                request: table.request(
                    base: url.base, scope: url.scope ?? .base, filter: url.filter ?? .present("objectClass"),
                    addresses: addresses),
                addressAttributes: addresses))
    }
}
