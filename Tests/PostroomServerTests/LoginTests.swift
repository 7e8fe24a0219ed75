import Foundation
import LDAP
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `A login` {
    /// How a password is checked.
    enum Check: String, CaseIterable {
        case bind
        case searchThenBind = "search-then-bind"
        case hash

        var yaml: String {
            // Inactive: whoever is not in the group 20000.
            let active = "active: {attribute: gidNumber, values: [\"20000\"]}"
            return switch self {
            case .bind: "{check: bind, dn: \"uid=%u,ou=Mail,dc=example,dc=com\"}"
            case .searchThenBind, .hash: "{check: \(rawValue), filter: (uid=%u), \(active)}"
            }
        }
    }

    private func configuration(_ check: Check, directory: String) -> String {
        """
        hostname: mail.example.org
        postmaster: mail006@mx0.example.com
        directory: \(directory)
        domains: {mailbox: [mx0.example.com]}
        accounts:
          password: [\(check.yaml)]
          user:
            - filter: (uid=%u)
              attributes: uid=user, =home=%ROOT%/%{ldap:uid}, uidNumber=uid, gidNumber=gid
              active: {attribute: gidNumber, values: ["20000"]}
          mail_location: maildir:~/Maildir
        senders: {check_login: no}
        store: {roots: ["%ROOT%"]}

        """
    }

    @Test(arguments: Check.allCases)
    func `is taken with the right password; all that are not look alike`(check: Check) async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let bind = "bind: {dn: \"\(slapd.bindDN)\", password: \"\(slapd.bindPassword)\"}"
            let directory =
                check == .hash
                ? "{ldif: vennedey.ldif, base: \"dc=example,dc=com\"}"
                : "{servers: [\"\(slapd.url)\"], base: \"dc=example,dc=com\", \(bind)}"
            let files = ["vennedey.ldif": Fixture.text("directories/vennedey.ldif")]
            try await TestSite.serving(configuration(check, directory: directory), files: files) { site in
                #expect(try await imap(site, ("mail006", "mail006pw")).hasPrefix("t OK "))
                #expect(try await submission(site, ("mail006", "mail006pw")).hasPrefix("235 2.7.0 "))
                // Wrong, unknown, and right but inactive.
                let refused = [("mail007", "mail006pw"), ("mail999", "mail006pw"), ("mail003", "jürgenpw")]
                var replies: (imap: Set<String>, submission: Set<String>) = ([], [])
                for login in refused { replies.imap.insert(try await imap(site, login)) }
                for login in refused { replies.submission.insert(try await submission(site, login)) }
                #expect(replies.imap.count == 1 && replies.imap.first?.hasPrefix("t NO [AUTHENTICATIONFAILED]") == true)
                #expect(replies.submission.count == 1 && replies.submission.first?.hasPrefix("535 5.7.8 ") == true)
            }
        }
    }

    @Test func `without a password is refused, and the directory hears nothing of it`() async throws {
        // Says yes to every bind, as many servers do to one without a password.
        let yes: ScriptedLDAPServer.Script = { request in
            switch request.operation {
            case .bindRequest: [.reply(.bindResponse(LDAPResult(.success), serverCredentials: nil))]
            case .searchRequest: [.reply(.searchResultDone(LDAPResult(.success)))]
            default: []
            }
        }
        try await ScriptedLDAPServer.withServer(yes) { directory in
            let servers = "{servers: [\"\(directory.url)\"], base: \"dc=example,dc=com\"}"
            try await TestSite.serving(configuration(.bind, directory: servers)) { site in
                #expect(try await imap(site, ("mail006", "")).hasPrefix("t NO [AUTHENTICATIONFAILED]"))
                #expect(try await submission(site, ("mail006", "")).hasPrefix("535 5.7.8 "))
                let connection = try await IMAPDialogue(site)
                #expect(try await connection.ask("LOGIN mail006 \"\"").last?.hasPrefix("t NO") == true)
                #expect(directory.requests.isEmpty)
                // The same with a password does ask.
                _ = try await imap(site, ("mail006", "x"))
                #expect(!directory.requests.isEmpty)
            }
        }
    }

    private func imap(_ site: TestSite, _ login: (String, String)) async throws -> String {
        let dialogue = try await IMAPDialogue(site)
        let answer = try await dialogue.ask("AUTHENTICATE PLAIN " + plain(login)).last ?? ""
        try await dialogue.connection.close()
        return answer
    }

    private func submission(_ site: TestSite, _ login: (String, String)) async throws -> String {
        let dialogue = try await SMTPDialogue(site, .submissions)
        let reply = try await dialogue.ask("AUTH PLAIN " + plain(login))
        try await dialogue.connection.close()
        return reply
    }
}
