import Directory
import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// `postroom explain --login`: what a login would be, without its password.
@Suite struct LoginExplanationTests {
    private func explained(
        _ login: String, _ site: ExaminedSite, service: LoginService = .imap
    ) async throws -> (explanation: Explanation, text: String, json: [String: Any]) {
        let explanation = await site.site.explain(login: login, service: service)
        let document = try JSONSerialization.jsonObject(with: Data(explanation.json.utf8))
        return (explanation, explanation.text(isColoured: false), try #require(document as? [String: Any]))
    }

    @Test func `given a login that exists, its way, its account, its senders and the words for it are shown`()
        async throws
    {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let (explanation, text, json) = try await explained("Mail006", site)
                #expect(explanation.outcome == .delivered)
                // Both databases, with server, base, filter and the setting behind them.
                #expect(
                    text.contains(
                        "\(slapd.url): (&(objectClass=posixAccount)(uid=mail006)) below ou=Mail,dc=example,dc=com"))
                #expect(text.contains("preset postfix-user:"))
                #expect(try text.contains("postroom.yaml:\(site.line(of: "(uid=%u)"))]"))
                #expect(text.contains("(live, ") && text.contains(" ms)"))
                #expect(text.contains("uidNumber = 20006"))
                #expect(text.contains("mail in maildir:\(site.folder.path("mail"))/mail006/mailbox (maildir++)"))
                #expect(text.contains("owner 20006:20000"))
                #expect(text.contains("may send as mail006@mx0.example.com\n"), "\(text)")
                #expect(text.contains("⇒ the right password: IMAP OK [CAPABILITY "))
                #expect(text.contains("⇒ the right password: SMTP 235 2.7.0 Authentication successful"))
                #expect(
                    text.contains("⇒ a wrong one (not tried): IMAP NO [AUTHENTICATIONFAILED] Authentication failed."))
                #expect(text.contains("⇒ a wrong one (not tried): SMTP 535 5.7.8 Error: authentication failed"))
                #expect(!text.contains("{SSHA}") && !explanation.json.contains("{SSHA}"))

                #expect(json["outcome"] as? String == "accepted" && json["login"] as? String == "Mail006")
                let account = try #require(json["account"] as? [String: Any])
                #expect(account["login"] as? String == "mail006" && account["uid"] as? Int == 20006)
                let senders = try #require(json["senders"] as? [String: Any])
                #expect(senders["addresses"] as? [String] == ["mail006@mx0.example.com"])
                #expect((json["smtp"] as? String)?.hasPrefix("235 ") == true)
                #expect(
                    (json["wrongPassword"] as? [String: Any])?["smtp"] as? String
                        == "535 5.7.8 Error: authentication failed")
                #expect(try #require(json["steps"] as? [[String: Any]]).contains { $0["source"] as? String == "live" })
            }
        }
    }

    @Test func `given a login with several addresses, each that the tables confirm is shown`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let (_, _, json) = try await explained("mail000", site)
                let senders = try #require(json["senders"] as? [String: Any])
                #expect(
                    senders["addresses"] as? [String] == [
                        "jdoe@example.net", "john.doe@example.com", "mail000@mx0.example.com",
                    ])
            }
        }
    }

    @Test func `given a login that nobody has, the engines' refusal is shown`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let (explanation, text, json) = try await explained("nobody", site)
                #expect(explanation.outcome == .refused)
                #expect(text.contains("any password (unknown user): IMAP NO [AUTHENTICATIONFAILED]"))
                #expect(text.contains("any password (unknown user): SMTP 535 5.7.8"))
                #expect(json["outcome"] as? String == "rejected" && json["reason"] as? String == "unknown user")
                #expect(json["account"] == nil)
            }
        }
    }

    @Test func `given an account that is not in use, that is the reason`() async throws {
        let configuration = People.configuration().replacing(
            "{check: hash, filter: (uid=%u)}",
            with: "{check: hash, filter: (uid=%u), active: {attribute: uidNumber, values: [\"20003\"]}}")
        try await ExaminedSite.opened(configuration, files: People.files) { site in
            let (explanation, text, json) = try await explained("anna", site)
            #expect(explanation.outcome == .refused)
            #expect(text.contains("uidNumber is 20001: inactive"))
            #expect(text.contains("any password (inactive account): IMAP NO [AUTHENTICATIONFAILED]"))
            #expect(json["reason"] as? String == "inactive account")
            let (active, shown, _) = try await explained("carla", site)
            #expect(active.outcome == .delivered)
            #expect(shown.contains("compared with the stored {SSHA} of \"uid=carla,"))
            #expect(shown.contains("userPassword = (hidden)"))
        }
    }

    @Test func `given a directory that does not answer, the words are those for later`() async throws {
        let configuration = try await Slapd.withServer(.vennedey) { TestSite.postfixUser($0) }
        try await ExaminedSite.opened(configuration.replacing("connect_timeout: 60s", with: "connect_timeout: 2s")) {
            site in
            let (explanation, text, json) = try await explained("mail006", site, service: .submission)
            #expect(explanation.outcome == .deferred)
            #expect(text.contains("mail006 by submission"))
            #expect(text.contains("any password (no answer): IMAP NO [UNAVAILABLE] Temporary authentication failure."))
            #expect(text.contains("any password (no answer): SMTP 454 4.7.0 Temporary authentication failure"))
            #expect(json["outcome"] as? String == "unavailable" && json["kind"] as? String == "unreachable")
        }
    }

    @Test func `given a sender and a login, the login counts as the databases rewrite it`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                let own = try #require(
                    await site.site.explain(
                        "mail006@mx0.example.com", sender: "john.doe@example.com", login: "MAIL000"))
                #expect(own.outcome == .delivered, "\(own.text(isColoured: false))")
                #expect(own.text(isColoured: false).contains("MAIL000 is logged in as mail000"))
                let foreign = try #require(
                    await site.site.explain(
                        "mail006@mx0.example.com", sender: "info@example.com", login: "mail000"))
                #expect(foreign.outcome == .refused)
                #expect(foreign.text(isColoured: false).contains("553 5.7.1"))
            }
        }
    }

    @Test func `a look at a login is no attempt: nothing is bound and nobody has to wait after it`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            try await ExaminedSite.opened(TestSite.postfixUser(slapd)) { site in
                for _ in 0..<20 { _ = await site.site.explain(login: "mail006", service: .imap) }
                let text = await site.site.explain(login: "mail006", service: .imap).text(isColoured: false)
                #expect(!text.contains("bind as uid=mail006,ou=Mail,dc=example,dc=com →"))
                let login = await site.site.tryLogin("mail006", password: "mail006pw", service: "imap")
                #expect(login.outcome == .delivered)
            }
        }
    }
}
