import Dialects
import Directory
import SiteConfiguration
import Testing

/// A site with any one line damaged is read or told of; it never ends the program.
@Suite struct MailserverDamageTests {
    private static let files: [String: String] = [
        "/site/compose.yaml": """
        services:
          mailserver:
            image: mailserver/docker-mailserver
            hostname: mail.example.org
            env_file: mailserver.env
            environment:
              - ENABLE_SASLAUTHD=1
              - LDAP_BIND_PW=${SECRET:-word}
            volumes:
              - ./config:/tmp/docker-mailserver
        """,
        "/site/mailserver.env": ForwardOnlyPageTests.environment + "SSL_TYPE=\nTEXT=\"two\nlines\"\nX='a'\n",
        "/site/config/user-patches.sh": ForwardOnlyPageTests.patches,
        "/site/config/postfix-virtual.cf": "a@example.org b@example.net,c@example.net\n",
        "/site/config/postfix-accounts.cf": "a@example.org|{PLAIN}x|userdb_a=b\n",
        "/site/config/dovecot-quotas.cf": "a@example.org:10M\n",
        "/site/config/postfix-main.cf": "a = b\n  c\n",
        "/site/config/postfix-master.cf": "submission/inet/a=b\n",
        "/site/config/ldap-users.cf": "server_host = a\nquery_filter = b\n",
    ]

    private static let damages: [@Sendable (String) -> String] = [
        { _ in "" },
        { String($0.dropLast()) },
        { String($0.prefix($0.count / 2)) },
        { $0 + "\"" }, { $0 + "'" }, { $0 + "\\" }, { $0 + "${" }, { "{" + $0 }, { "<<EOF " + $0 },
        { $0 + " | x" }, { $0.replacing("=", with: "==") }, { $0.replacing("/", with: "") },
        { "\u{0}" + $0 }, { $0 + $0 }, { String($0.reversed()) }, { "- " + $0 }, { $0 + " &anchor *anchor" },
        { $0.replacing("'", with: "\"") }, { $0.replacing("[", with: "(") }, { "  " + $0 },
    ]

    @Test(arguments: files.keys.sorted())
    func `each line damaged in several ways`(path: String) {
        let text = Self.files[path] ?? ""
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        for index in lines.indices {
            for (number, damage) in Self.damages.enumerated() {
                var damaged = lines
                damaged[index] = damage(damaged[index])
                var files = Self.files
                files[path] = damaged.joined(separator: "\n")
                // Every other site has its accounts in files.
                if (index + number).isMultiple(of: 2), let environment = files["/site/mailserver.env"] {
                    files["/site/mailserver.env"] = environment.replacing("SMTP_ONLY=1", with: "")
                        .replacing("ACCOUNT_PROVISIONER=LDAP", with: "")
                }
                let site = MailserverSite(files)
                // Either there is something to read, or a fault says why not.
                #expect(!site.origins.isEmpty || !site.errors.isEmpty)
                // Whom the site trusts is never widened by damage.
                if !site.origins.isEmpty, path != "/site/config/postfix-main.cf" {
                    let networks = site.main("mynetworks") ?? ""
                    #expect(["", "127.0.0.0/8 [::1]/128 [fe80::]/64"].contains(networks))
                }
            }
        }
    }

    @Test func `deep and endless input is bounded`() {
        for text in [
            String(repeating: "[", count: 5000), "services: " + String(repeating: "{a: ", count: 500),
            "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\n"
                + "d: &d [*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d]\nf: [*e,*e,*e,*e,*e,*e,*e,*e]\n",
        ] {
            #expect(!MailserverSite(["/site/compose.yaml": text]).errors.isEmpty)
        }
        let deep = "SSL_TYPE=" + String(repeating: "${A:-", count: 2000) + "\n"
        #expect(!MailserverSite(["/site/mailserver.env": deep]).errors.isEmpty)
        let script = "postconf " + String(repeating: "{a,b}", count: 60) + "\n" + String(repeating: "(", count: 3000)
        let site = MailserverSite("SSL_TYPE=\n", config: ["user-patches.sh": script])
        #expect(!site.refusals.isEmpty)
    }
}
