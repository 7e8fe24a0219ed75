/// Which groups give their members a `memberOf`, as OpenLDAP's overlay of that name and Active Directory do.
package struct GroupMembership: Hashable, Sendable {
    package var objectClass: String
    package var memberAttribute: String

    package init(objectClass: String, memberAttribute: String) {
        self.objectClass = objectClass
        self.memberAttribute = memberAttribute
    }

    package static let standard = [
        Self(objectClass: "groupOfNames", memberAttribute: "member"),
        Self(objectClass: "groupOfUniqueNames", memberAttribute: "uniqueMember"),
        Self(objectClass: "group", memberAttribute: "member"),
    ]
}
