import LDAP
import Testing

@Suite struct LDAPFilterTests {
    struct Sample: Sendable, CustomStringConvertible {
        var text: String
        var filter: LDAPFilter
        var description: String { text }
    }

    static let canonical: [Sample] = [
        Sample(text: "(cn=Babs Jensen)", filter: .equality("cn", bytes("Babs Jensen"))),
        Sample(text: "(!(cn=Tim Howes))", filter: .not(.equality("cn", bytes("Tim Howes")))),
        Sample(
            text: "(&(objectClass=Person)(|(sn=Jensen)(cn=Babs J*)))",
            filter: .and([
                .equality("objectClass", bytes("Person")),
                .or([
                    .equality("sn", bytes("Jensen")), .substrings("cn", LDAPSubstrings(initial: bytes("Babs J"))),
                ]),
            ])),
        Sample(
            text: "(o=univ*of*mich*)",
            filter: .substrings("o", LDAPSubstrings(initial: bytes("univ"), any: [bytes("of"), bytes("mich")]))),
        Sample(text: "(mail=*@x.org)", filter: .substrings("mail", LDAPSubstrings(final: bytes("@x.org")))),
        Sample(text: "(seeAlso=)", filter: .equality("seeAlso", [])),
        Sample(text: "(mail=*)", filter: .present("mail")),
        Sample(text: "(&)", filter: .and([])),
        Sample(text: "(|)", filter: .or([])),
        Sample(text: "(age>=30)", filter: .greaterOrEqual("age", bytes("30"))),
        Sample(text: "(age<=30)", filter: .lessOrEqual("age", bytes("30"))),
        Sample(text: "(cn~=jon)", filter: .approximate("cn", bytes("jon"))),
        Sample(
            text: "(cn:caseExactMatch:=Fred)",
            filter: .extensible(
                LDAPExtensibleMatch(matchingRule: "caseExactMatch", attribute: "cn", value: bytes("Fred")))),
        Sample(
            text: "(cn:=Betty)", filter: .extensible(LDAPExtensibleMatch(attribute: "cn", value: bytes("Betty")))),
        Sample(
            text: "(sn:dn:2.4.6.8.10:=Barney)",
            filter: .extensible(
                LDAPExtensibleMatch(
                    matchingRule: "2.4.6.8.10", attribute: "sn", value: bytes("Barney"), matchesDNAttributes: true))),
        Sample(
            text: "(o:dn:=Ace)",
            filter: .extensible(
                LDAPExtensibleMatch(attribute: "o", value: bytes("Ace"), matchesDNAttributes: true))),
        Sample(
            text: "(:1.2.3:=Wilma)",
            filter: .extensible(LDAPExtensibleMatch(matchingRule: "1.2.3", attribute: nil, value: bytes("Wilma")))),
        Sample(
            text: "(userAccountControl:1.2.840.113556.1.4.803:=2)",
            filter: .extensible(
                LDAPExtensibleMatch(
                    matchingRule: "1.2.840.113556.1.4.803", attribute: "userAccountControl", value: bytes("2")))),
        Sample(
            text: #"(o=Parens R Us \28for all your parenthetical needs\29)"#,
            filter: .equality("o", bytes("Parens R Us (for all your parenthetical needs)"))),
        Sample(
            text: #"(cn=*\2a*)"#, filter: .substrings("cn", LDAPSubstrings(any: [bytes("*")]))),
        Sample(text: #"(filename=C:\5cMyFile)"#, filter: .equality("filename", bytes(#"C:\MyFile"#))),
        Sample(text: #"(bin=\00\00\00\04)"#, filter: .equality("bin", [0, 0, 0, 4])),
        Sample(text: "(sn=Lučić)", filter: .equality("sn", bytes("Lučić"))),
        Sample(text: #"(1.3.6.1.4.1.1466.0=\04\02Hi)"#, filter: .equality("1.3.6.1.4.1.1466.0", [4, 2] + bytes("Hi"))),
        Sample(text: "(cn;lang-de;lang-en=x)", filter: .equality("cn;lang-de;lang-en", bytes("x"))),
        Sample(text: #"(bin=\ff\fe)"#, filter: .equality("bin", [0xFF, 0xFE])),
    ]

    @Test(arguments: canonical)
    func `the examples of RFC 4515 and their kin are parsed and printed exactly`(sample: Sample) throws {
        #expect(try LDAPFilter(parsing: sample.text) == sample.filter)
        #expect(try LDAPFilter(parsing: sample.text, syntax: .rfc4515) == sample.filter)
        #expect(sample.filter.description == sample.text)
    }

    @Test(arguments: [
        ("mail=info@x.org", "(mail=info@x.org)"),
        (" ( & ( cn = a ) )", nil),
        ("( &\n (cn=a)\t(! (sn=b)) ) ", "(&(cn=a)(!(sn=b)))"),
        (#"(cn=\(a\)\*\\)"#, #"(cn=\28a\29\2a\5c)"#),
        ("(cn= a b )", "(cn= a b )"),
        ("(cn=a**b)", "(cn=a*b)"),
        ("(cn=**)", "(cn=*)"),
        ("(cn=a=b)", "(cn=a=b)"),
        ("(cn:DN:=x)", "(cn:dn:=x)"),
        ("(my_attribute=x)", "(my_attribute=x)"),
    ])
    func `what libldap takes is taken`(text: String, canonical: String?) throws {
        guard let canonical else {
            #expect(throws: LDAPFilterSyntaxError.self) { try LDAPFilter(parsing: text) }
            return
        }
        #expect(try LDAPFilter(parsing: text).description == canonical)
    }

    @Test(arguments: ["mail=x", "( cn=x)", "(& (cn=x))", #"(cn=\*)"#, "(cn=x) "])
    func `the strict syntax refuses what RFC 4515 does not have`(text: String) {
        #expect(throws: LDAPFilterSyntaxError.self) { try LDAPFilter(parsing: text, syntax: .rfc4515) }
    }

    @Test(arguments: [
        ("", LDAPFilterSyntaxError(.empty, offset: 0)),
        ("   ", LDAPFilterSyntaxError(.empty, offset: 3)),
        ("(", LDAPFilterSyntaxError(.badAttribute, offset: 1)),
        ("(cn=x", LDAPFilterSyntaxError(.missingClosingParenthesis, offset: 5)),
        ("(cn=x))", LDAPFilterSyntaxError(.trailingText, offset: 6)),
        ("(&(cn=x)", LDAPFilterSyntaxError(.missingClosingParenthesis, offset: 8)),
        ("(cn)", LDAPFilterSyntaxError(.missingOperator, offset: 3)),
        ("(cn>x)", LDAPFilterSyntaxError(.missingOperator, offset: 4)),
        ("(=x)", LDAPFilterSyntaxError(.badAttribute, offset: 1)),
        ("(c n=x)", LDAPFilterSyntaxError(.badAttribute, offset: 1)),
        (#"(cn=\2)"#, LDAPFilterSyntaxError(.badEscape, offset: 4)),
        (#"(cn=\zz)"#, LDAPFilterSyntaxError(.badEscape, offset: 4)),
        ("(cn=a(b)", LDAPFilterSyntaxError(.unescaped(UInt8(ascii: "(")), offset: 5)),
        ("(cn>=a*)", LDAPFilterSyntaxError(.unescaped(UInt8(ascii: "*")), offset: 6)),
        ("(cn=a\0b)", LDAPFilterSyntaxError(.unescaped(0), offset: 5)),
        ("(:=x)", LDAPFilterSyntaxError(.badMatchingRule, offset: 3)),
        ("(!)", LDAPFilterSyntaxError(.missingOpeningParenthesis, offset: 2)),
        ("mail=x)", LDAPFilterSyntaxError(.trailingText, offset: 6)),
    ])
    func `an error tells where it is`(text: String, error: LDAPFilterSyntaxError) {
        #expect(throws: error) { try LDAPFilter(parsing: text) }
    }

    @Test func `depth and length are bounded`() {
        let deep = String(repeating: "(!", count: 100) + "(a=b)" + String(repeating: ")", count: 100)
        #expect(throws: LDAPFilterSyntaxError(.tooDeep(maximum: 64), offset: 128)) { try LDAPFilter(parsing: deep) }
        let deepest = String(repeating: "(!", count: 63) + "(a=b)" + String(repeating: ")", count: 63)
        #expect(throws: Never.self) { try LDAPFilter(parsing: deepest) }
        let long = "(a=" + String(repeating: "x", count: 65_536) + ")"
        #expect(throws: LDAPFilterSyntaxError(.tooLong(maximum: 65_536), offset: 65_536)) {
            try LDAPFilter(parsing: long)
        }
    }

    @Test func `whatever stands in for a value stays one value`() throws {
        let template = try LDAPFilter(parsing: "(&(objectClass=person)(|(mail=%s)(alias=smtp:%s)))")
        var generator = SystemRandomNumberGenerator()
        let corpus = ["*", ")(uid=*", #"\"#, "\0", " x ", "#", "K", "))))", ""].map(bytes)
        let random = (0..<500).map { _ in
            (0..<Int.random(in: 0...20)).map { _ in UInt8.random(in: 0...255, using: &generator) }
        }
        for input in corpus + random {
            let filter = template.mapValues { value in replace(value, "%s", by: input) }
            let expected = LDAPFilter.and([
                .equality("objectClass", bytes("person")),
                .or([.equality("mail", input), .equality("alias", bytes("smtp:") + input)]),
            ])
            #expect(filter == expected)
            #expect(try LDAPFilter(parsing: filter.description) == expected)
        }
    }

    @Test func `bytes that are no UTF-8 survive`() throws {
        let filter = try LDAPFilter(parsing: bytes("(cn=") + [0xFF] + bytes(")"))
        #expect(filter == .equality("cn", [0xFF]))
        #expect(filter.description == #"(cn=\ff)"#)
    }

    private func replace(_ value: [UInt8], _ placeholder: String, by input: [UInt8]) -> [UInt8] {
        let mark = bytes(placeholder)
        var result: [UInt8] = []
        var rest = value[...]
        while let first = rest.first {
            if rest.starts(with: mark) {
                result += input
                rest = rest.dropFirst(mark.count)
            } else {
                result.append(first)
                rest = rest.dropFirst()
            }
        }
        return result
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
