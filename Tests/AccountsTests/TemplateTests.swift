import Accounts
import LDAP
import Testing

struct TemplateTests {
    static let variables: LoginVariables = {
        var variables = LoginVariables(
            user: Array("Bob.Smith@Example.ORG".utf8), service: "imap", localAddress: "192.0.2.1",
            remoteAddress: "198.51.100.7", isSecured: true)
        variables.home = Array("/home/bob".utf8)
        return variables
    }()

    static let entry = LDAPEntry(
        name: "uid=bob,dc=example,dc=org",
        attributes: [
            .init("uid", [Array("bob".utf8), Array("robert".utf8)]), .init("where", [Array("homeDirectory".utf8)]),
            .init("homeDirectory", [Array("/h/%u/${x}".utf8)]), .init("empty", []),
        ])

    @Test(arguments: [
        ("", ""), ("plain text", "plain text"), ("100%%", "100%"), ("%%u", "%u"),
        ("%u", "Bob.Smith@Example.ORG"), ("%n", "Bob.Smith"), ("%d", "Example.ORG"), ("<%n>", "<Bob.Smith>"),
        ("%s", "imap"), ("%l/%r", "192.0.2.1/198.51.100.7"), ("%c", "secured"),
        ("%Lu", "bob.smith@example.org"), ("%Un", "BOB.SMITH"), ("%Rn", "htimS.boB"), ("%LRn", "htims.bob"),
        ("%X2n", ""), ("%Xn", "0"), ("%2Xn", "0"), ("%Dd", "Example,dc=ORG"),
        ("%1n", "B"), ("%1Ln", "b"), ("%2.1n", "b"), ("%-3n", "Bob"), ("%-3.3n", "ith"), ("%0.-2n", "Bob.Smi"),
        ("%03n", "Bob.Smith"), ("%100n", "Bob.Smith"), ("%100.2n", ""),
        ("%-100.2n", "Bo"), ("%-4.2n", "mi"), ("%012n", "000Bob.Smith"), ("%7.05n", "000th"), ("%3.n", ".Smith"),
        ("%{user}", "Bob.Smith@Example.ORG"), ("%{username}", "Bob.Smith"), ("%{domain}", "Example.ORG"),
        ("%L{domain}", "example.org"), ("%1L{username}/%2.1L{username}", "b/b"), ("%{service}", "imap"),
        ("%{rip}%{lip}", "198.51.100.7192.0.2.1"), ("%{orig_user}", "Bob.Smith@Example.ORG"),
        ("%{user | username | lower}", "bob.smith"), ("%{user|domain|upper}", "EXAMPLE.ORG"),
        ("%{ user }", "Bob.Smith@Example.ORG"),
    ])
    func `variables before a lookup`(template: String, expected: String) throws {
        if template == "%X2n" {
            #expect(throws: TemplateSyntaxError.self) { try Template(template, for: .beforeLookup) }
            return
        }
        let rendered = try Template(template, for: .beforeLookup).render(Self.variables)
        #expect(String(decoding: rendered, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        ("%{ldap:uid}", "bob"), ("%{ldap:UID}", "bob"), ("%{ldap:none}", ""), ("%{ldap:none:x:y}", "x:y"),
        ("%{ldap:empty:fallback}", "fallback"), ("%{ldap_dn}", "uid=bob,dc=example,dc=org"),
        // What an attribute holds is not read as a template.
        ("%{ldap_ptr:where}", "/h/%u/${x}"), ("%{ldap_ptr:none}", ""), ("[%$]", "[value]"), ("%U$", "VALUE"),
        ("/var/mail/%{ldap:uid}/%Ln", "/var/mail/bob/bob.smith"),
    ])
    func `variables of an entry`(template: String, expected: String) throws {
        let rendered = try Template(template, for: .entry)
            .render(Self.variables, EntryValues(Self.entry, mappedValue: Array("value".utf8)))
        #expect(String(decoding: rendered, as: UTF8.self) == expected)
    }

    @Test(arguments: [
        "%", "%q", "%w", "%-n", "%-", "%12", "%L", "%{user", "%{}", "%{nobody}", "%{ldap:uid}", "%{ldap_dn}", "%$",
        "%h",
        "%{home}", "%99999n", "%{user | shout}", "%{service | username}",
    ])
    func `what can't stand there is refused with its place`(template: String) {
        #expect(throws: TemplateSyntaxError.self) { try Template(template, for: .beforeLookup) }
    }

    @Test func `a login without a domain, and one with two`() throws {
        let domain = try Template("%d|%{domain_first}|%{domain_last}", for: .beforeLookup)
        #expect(domain.render(LoginVariables(user: Array("bob".utf8), service: "imap")) == Array("||".utf8))
        #expect(domain.render(LoginVariables(user: Array("a@b@c".utf8), service: "imap")) == Array("b@c|b|c".utf8))
    }

    @Test func `trailing blanks are trimmed by T and quotes escaped by E`() throws {
        let variables = LoginVariables(user: Array("o'n\\ \t ".utf8), service: "")
        #expect(try Template("[%Tu]", for: .beforeLookup).render(variables) == Array("[o'n\\]".utf8))
        #expect(try Template("%ETu", for: .beforeLookup).render(variables) == Array("o\\'n\\\\".utf8))
    }
}

struct FilterTemplateTests {
    private func variables(_ user: String) -> LoginVariables { LoginVariables(user: Array(user.utf8), service: "imap") }

    /// Whatever the login holds, only the one value changes.
    @Test(arguments: [
        "bob", "*", "a*b", ")(uid=*", "*)(objectClass=*", "\\2a", "\\", "(", " ", "#", "\u{212A}", "%u", "%{ldap:x}",
        "a\u{0}b", "é",
    ])
    func `a login is one value and never filter`(login: String) throws {
        let template = try FilterTemplate("(&(objectClass=posixAccount)(|(uid=%u)(mail=%u@*)))")
        #expect(
            template.render(variables(login))
                == .and([
                    .equality("objectClass", Array("posixAccount".utf8)),
                    .or([
                        .equality("uid", Array(login.utf8)),
                        .substrings("mail", LDAPSubstrings(initial: Array("\(login)@".utf8))),
                    ]),
                ]))
    }

    @Test func `random octets change exactly the values with variables`() throws {
        let template = try FilterTemplate("(&(a=1)(b=%n)(!(c=x%d)))")
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<500 {
            let login = (0..<Int.random(in: 1...24)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            let name = login.prefix { $0 != 0x40 }
            let domain = login.drop { $0 != 0x40 }.dropFirst()
            let rendered = template.render(LoginVariables(user: login, service: ""))
            if name.isEmpty {
                #expect(rendered == nil)
            } else {
                #expect(
                    rendered
                        == .and([
                            .equality("a", [0x31]), .equality("b", Array(name)),
                            .not(.equality("c", [0x78] + domain)),
                        ]))
            }
        }
    }

    @Test func `a value left empty finds nobody instead of everybody`() throws {
        #expect(try FilterTemplate("(mail=*%d)").render(variables("bob")) == nil)
        #expect(try FilterTemplate("(mail=%d)").render(variables("bob")) == nil)
        #expect(try FilterTemplate("(mail=*@%d)").render(variables("bob")) != nil)
        #expect(try FilterTemplate("(uid=*)").render(variables("bob")) == .present("uid"))
    }

    @Test(arguments: ["(uid=%u", "(uid=%q)", "uid", "(%u=x)", "(uid=%w)", ""])
    func `bad filters are refused at once`(text: String) {
        #expect(throws: (any Error).self) { try FilterTemplate(text) }
    }
}

struct NameTemplateTests {
    private func variables(_ user: String) -> LoginVariables { LoginVariables(user: Array(user.utf8), service: "imap") }

    @Test(arguments: ["mail000,ou=Mail", "a+b=c", "#20", " a ", "\"q\"", "a\\", "é", "a<b>;c", "x\u{0}y"])
    func `a login is one value of one RDN`(login: String) throws {
        let name = try #require(try BindNameTemplate("uid=%u,ou=Mail,dc=example,dc=com").render(variables(login)))
        let parsed = try DistinguishedName(parsing: name)
        #expect(parsed.rdns.count == 4)
        #expect(parsed.rdns.first == RelativeDistinguishedName([.init("uid", Array(login.utf8))]))
    }

    @Test func `a value left empty is no name`() throws {
        #expect(try BindNameTemplate("uid=%d,dc=example").render(variables("bob")) == nil)
        #expect(try BindNameTemplate("").render(variables("bob")) == nil)
    }

    @Test func `a domain becomes components`() throws {
        let template = try NameTemplate("uid=%n,ou=people,dc=%Dd,o=x")
        #expect(
            template.render(variables("bob@mail.example.org"))?.description
                == "uid=bob,ou=people,dc=mail,dc=example,dc=org,o=x")
        #expect(template.render(variables("bob@a,dc=b.c"))?.rdns.count == 5)
    }

    @Test func `principals of Active Directory`() throws {
        let template = try BindNameTemplate("%n@ad.example.com")
        #expect(template.render(variables("anna")) == "anna@ad.example.com")
        #expect(try BindNameTemplate("AD\\%n").render(variables("anna")) == "AD\\anna")
        // No way to a distinguished name of the client's own making.
        #expect(try BindNameTemplate("%u").render(variables("cn=admin,dc=example")) == nil)
    }
}
