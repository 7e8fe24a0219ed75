import Testing

@testable import Directory

@Suite struct MatchingRuleTests {
    private func prepared(_ rule: String, _ value: String) throws -> [UInt8]? {
        let rule = try #require(MatchingRule.named(rule))
        let value = bytes(value)
        guard rule.assertionSyntax.isValid(value[...]) else { return nil }
        return rule.preparation.prepare(value[...], schema: .standard)
    }

    @Test(arguments: [
        ("caseIgnoreMatch", "  Two   Words ", "two words"), ("caseIgnoreMatch", "ÄÖÜ", "äöü"),
        ("caseIgnoreMatch", "e\u{301}", "\u{e9}"), ("caseIgnoreMatch", "Ｆｕｌｌ\u{3000}width", "full width"),
        ("caseIgnoreMatch", "ﬁne\u{ad}st", "finest"), ("caseIgnoreMatch", "STRASSE", "straße"),
        ("caseIgnoreMatch", "a\u{a0}b", "a b"), ("caseIgnoreMatch", "ΟΔΟΣ", "οδος"),
        ("2.5.13.2", "x\u{200b}y", "xy"), ("caseExactMatch", " A  b ", "A b"),
        ("caseIgnoreIA5Match", "A@B.Example", "a@b.example"), ("caseExactIA5Match", " /Home ", "/Home"),
        ("numericStringMatch", "12 34", "1234"), ("telephoneNumberMatch", "+49 30-12", "+493012"),
        ("distinguishedNameMatch", "CN=A\\2Cb , O=X", "commonName=a\\, B,o=x".replacing(", B", with: ",b")),
        ("distinguishedNameMatch", "cn=a+sn=b,o=x", "surname=B+2.5.4.3=A,o=x"),
        ("uniqueMemberMatch", "cn=a#'01'B", "cn=A"), ("objectIdentifierMatch", "inetOrgPerson", "INETORGPERSON"),
        ("generalizedTimeMatch", "20240229230000Z", "20240301010000.0+0200"),
        ("generalizedTimeMatch", "2024022923Z", "202402292300Z"),
        ("UUIDMatch", "12345678-9ABC-def0-1234-56789abcdef0", "12345678-9abc-DEF0-1234-56789ABCDEF0"),
        ("caseIgnoreListMatch", "A  b$ C", "a b$c"),
    ])
    func `values that mean the same are equal`(rule: String, left: String, right: String) throws {
        let left = try prepared(rule, left)
        #expect(left != nil)
        #expect(try prepared(rule, right) == left)
    }

    @Test(arguments: [
        ("caseExactMatch", "a", "A"), ("caseIgnoreMatch", "a b", "ab"), ("caseExactIA5Match", "/a", "/A"),
        ("caseIgnoreMatch", "ı", "i"), ("caseIgnoreIA5Match", "a\u{1}", "a"),
        ("distinguishedNameMatch", "cn=a,o=x", "cn=a\\,o=x"), ("distinguishedNameMatch", "cn=a,o=x", "cn=a+o=x"),
        ("generalizedTimeMatch", "20241231235960Z", "20250101000000Z"),
    ])
    func `values that differ are not`(rule: String, left: String, right: String) throws {
        #expect(try prepared(rule, left) != prepared(rule, right))
    }

    @Test(arguments: [
        ("caseIgnoreMatch", ""), ("caseIgnoreIA5Match", "jürgen"), ("integerMatch", "007"), ("integerMatch", "-0"),
        ("integerMatch", "-"), ("integerMatch", "1 "), ("booleanMatch", "true"), ("numericStringMatch", "1a"),
        ("telephoneNumberMatch", "ü"), ("distinguishedNameMatch", "nonsense"), ("distinguishedNameMatch", "cn="),
        ("generalizedTimeMatch", "20230229000000Z"), ("generalizedTimeMatch", "20240101"),
        ("generalizedTimeMatch", "20240101000000"), ("UUIDMatch", "123"), ("objectIdentifierMatch", "a b"),
    ])
    func `what breaks its syntax can't be compared`(rule: String, value: String) throws {
        #expect(try prepared(rule, value) == nil)
    }

    @Test(arguments: [
        ("integerOrderingMatch", "9", "10"), ("integerOrderingMatch", "-10", "-9"), ("integerOrderingMatch", "-1", "0"),
        ("integerOrderingMatch", "99999999999999999998", "99999999999999999999"),
        ("generalizedTimeOrderingMatch", "20240101000000Z", "20240101000000.5Z"),
        ("generalizedTimeOrderingMatch", "20240101000000+0100", "20240101000000Z"),
        ("caseIgnoreOrderingMatch", "Alice", "bob"),
    ])
    func `values are put in order`(rule: String, smaller: String, larger: String) throws {
        let preparation = try #require(MatchingRule.named(rule)).preparation
        let left = try #require(try prepared(rule, smaller))
        let right = try #require(try prepared(rule, larger))
        #expect(preparation.isBefore(left, right))
        #expect(!preparation.isBefore(right, left))
        #expect(!preparation.isBefore(left, left))
    }

    @Test(arguments: [
        ("ab*", "abc", true), ("*bc", "abc", true), ("*b*", "abc", true), ("a*a", "a", false), ("a*b*c", "aXbYc", true),
        ("a*bc*c", "abc", false), ("*ab*ab*", "aab ab", true), ("*", "x", true),
    ])
    func `pieces match in order and don't overlap`(pattern: String, value: String, expected: Bool) {
        let parts = pattern.split(separator: "*", omittingEmptySubsequences: false).map { bytes(String($0)) }
        let substrings = PreparedSubstrings(
            initial: parts.first.flatMap { $0.isEmpty ? nil : $0 }, any: Array(parts.dropFirst().dropLast()),
            final: parts.last.flatMap { $0.isEmpty ? nil : $0 })
        #expect(substrings.matches(bytes(value)) == expected)
    }
}
