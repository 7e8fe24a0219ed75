import LDAP
import Testing

@testable import Directory

@Suite struct RangedAttributesTests {
    private func part(_ name: String, _ range: Range<Int>) -> LDAPAttribute {
        LDAPAttribute(AttributeDescription(name), range.map { bytes("m\($0)") })
    }

    @Test func `values that come in parts are gathered`() async throws {
        let entry = LDAPEntry(
            name: "cn=g", attributes: [LDAPAttribute("member", []), part("member;range=0-2", 0..<3), part("cn", 0..<1)])
        var asked: [String] = []
        let whole = try await RangedAttributes.completed([entry]) { request in
            asked += request.attributes
            #expect(request.base == "cn=g" && request.scope == .base)
            return [
                LDAPEntry(
                    name: "cn=g",
                    attributes: [asked.count == 1 ? part("member;range=3-4", 3..<5) : part("member;Range=5-*", 5..<6)])
            ]
        }
        #expect(asked == ["member;range=3-*", "member;range=5-*"])
        #expect(whole == [LDAPEntry(name: "cn=g", attributes: [part("member", 0..<6), part("cn", 0..<1)])])
    }

    @Test func `a server that doesn't give the rest gives no answer`() async {
        let entry = LDAPEntry(name: "cn=g", attributes: [part("member;range=0-2", 0..<3)])
        await #expect(throws: LDAPError.self) {
            try await RangedAttributes.completed([entry]) { _ in [LDAPEntry(name: "cn=g")] }
        }
        await #expect(throws: LDAPError.self) {
            try await RangedAttributes.completed([entry]) { _ in [entry] }
        }
    }

    @Test func `an entry that vanishes between two parts is no "no such object" of the search that found it`() async {
        let entry = LDAPEntry(name: "cn=g", attributes: [part("member;range=0-2", 0..<3)])
        let error = await #expect(throws: LDAPError.self) {
            try await RangedAttributes.completed([entry]) { _ in
                throw LDAPError(.result(.noSuchObject), server: "ldap://x", text: "gone")
            }
        }
        #expect(error?.code == .protocolViolation)
    }
}
