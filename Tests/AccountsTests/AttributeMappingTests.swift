import Accounts
import LDAP
import Testing

struct AttributeMappingTests {
    static let entry = LDAPEntry.person(
        "uid=bob,ou=people",
        [
            ("uid", ["bob", "robert"]), ("uidNumber", ["5000"]), ("mailbox", ["/srv/bob"]), ("ref", ["mailbox"]),
            ("quota", ["10M"]), ("odd", ["a=b,%u%{ldap:uid}"]),
        ])

    private func fields(_ mapping: String, login: String = "Bob@example.org") throws -> String {
        var variables = LoginVariables(user: Array(login.utf8), service: "imap")
        return try AttributeMapping(mapping).evaluate(Self.entry, &variables).description
    }

    @Test(arguments: [
        ("", ""), ("uidNumber=uid", "uid=5000"), ("missing=uid", ""), ("uid", "uid=bob"), ("uid=user", "user=bob"),
        ("UIDNUMBER=uid", "uid=5000"),
        ("=uid=5000, =gid=5000", "uid=5000 gid=5000"), ("=home=/var/mail/%{ldap:uid}", "home=/var/mail/bob"),
        ("=uid=%{ldap:none}", "uid="), ("=home=/h/%{ldap:none:nobody}", "home=/h/nobody"), ("=home=", "home="),
        ("mailbox=mail=maildir:%$", "mail=maildir:/srv/bob"), ("mailbox=mail=maildir:", "mail=maildir:/srv/bob"),
        ("mailbox=mail=maildir:%$/Maildir", "mail=maildir:/srv/bob/Maildir"), ("none=mail=maildir:%$", ""),
        ("quota=quota_rule=*:storage=%$", "quota_rule=*:storage=10M"),
        ("!mailbox,=home=%{ldap:mailbox}", "home=/srv/bob"), ("=home=%{ldap_ptr:ref}", "home=/srv/bob"),
        ("=home=/var/mail/%Ln", "home=/var/mail/bob"), ("=id=%{ldap_dn}", "id=uid=bob,ou=people"),
        // Items to the right see the name that one to the left has set.
        ("=a=%u,uid=user,=b=%u", "a=Bob@example.org user=bob b=bob"),
        ("=username=rob,=b=%u", "user=rob@example.org b=rob@example.org"),
        ("=domain=x.example,=b=%u", "user=Bob@x.example b=Bob@x.example"),
        // Names with variables, as namespaces have them.
        ("=namespace/%{ldap:ref}/location=maildir:/s", "namespace/mailbox/location=maildir:/s"),
        ("mailbox=%n_home", "Bob_home=/srv/bob"),
        // The last one counts.
        ("uidNumber=uid,=uid=7", "uid=7"),
        // What the directory holds is not read again.
        ("odd=home,=mail=maildir:%{ldap:odd}", "home=a=b,%u%{ldap:uid} mail=maildir:a=b,%u%{ldap:uid}"),
        (" uidNumber = uid , =gid=5 ", "uid=5000 gid=5"),
    ])
    func `items become fields`(mapping: String, expected: String) throws {
        #expect(try fields(mapping) == expected)
    }

    @Test func `of two passwords the first is kept, and none is shown`() throws {
        var variables = LoginVariables(user: [], service: "")
        let fields = try AttributeMapping("uid=password,mailbox=password").evaluate(Self.entry, &variables)
        #expect(fields.values("password").map { String(decoding: $0, as: UTF8.self) } == ["bob", "robert"])
        #expect(fields.description == "password=(hidden)")
    }

    @Test func `what to ask the directory for`() throws {
        #expect(
            try AttributeMapping("uid=user,!x,=home=/%{ldap:uid}/%{ldap:y:z},q=quota_rule=*:%$%{ldap:X}").attributes
                == ["uid", "x", "y", "q"])
        #expect(try AttributeMapping("=home=%{ldap_ptr:ref}").attributes == nil)
        #expect(try AttributeMapping("=pass=%{ldap:secret}").secretAttributes.contains("secret"))
        // Only the entry knows what this will be.
        #expect(try AttributeMapping("secret=%{ldap:name}").secretAttributes.contains("secret"))
        let references = try AttributeMapping("@group=memberOf,mailHome@group=home,=mail=%{ldap:path@GROUP},uid=user")
        #expect(references.attributes == ["memberOf", "uid"])
        #expect(references.attributes(ofReference: "group") == ["mailHome", "path"])
    }

    @Test(arguments: [
        "=", "==", "=home", "a=", "!", "!a=b", "@ref", "@=member", "@a@b=c", "@a=b=c", "a@b@c=d", "a b=c", "=x=%q",
        "=x=%$",
        "a=b%q", "=x=%w", "a=b=%h",
    ])
    func `bad items are refused by name`(mapping: String) {
        #expect(throws: AttributeMappingError.self) { try AttributeMapping("uid=user,\(mapping)") }
    }
}
