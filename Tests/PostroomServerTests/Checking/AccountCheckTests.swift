import Directory
import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// What `postroom check` says of accounts, passwords and domains.
@Suite struct AccountCheckTests {
    private func check(
        _ people: String, configuration: String = People.configuration(),
        _ body: (CheckReport, ExaminedSite) throws -> Void
    ) async throws {
        try await ExaminedSite.opened(configuration, files: ["people.ldif": People.ldif + people]) { site in
            try body(await site.check(), site)
        }
    }

    @Test func `given nothing wrong, there is nothing to mend`() async throws {
        try await check("") { report, _ in
            #expect(report.count(.error) == 0 && report.count(.warning) == 0, "\(report.findings)")
        }
    }

    @Test func `given a uid below the minimum and paths outside of the roots, the accounts are named`() async throws {
        let people =
            People.entry("dora", uidNumber: "10") + People.entry("emil", home: "/srv/elsewhere/emil")
            + People.entry("fritz", home: "home/fritz")
        try await check(people) { report, site in
            let low = try report.finding("uid 10 is outside")
            #expect(low.severity == .error && low.problem.contains("uid=dora,") && low.problem.contains("1 of 6"))
            #expect(try low.location.line == site.line(of: "password:"))
            #expect(try report.finding("outside of store.roots").problem.contains("uid=emil,"))
            #expect(try report.finding("is not absolute").problem.contains("uid=fritz,"))
        }
    }

    @Test func `given a login of two entries, nobody can log in by it, and that is told once`() async throws {
        let second = People.entry("anna").replacing("dn: uid=anna,", with: "dn: cn=second,")
            .replacing("mail: anna@example.org", with: "mail: second@example.org")
        try await check(second) { report, _ in
            let twice = try report.finding("uid anna is in 2 entries")
            #expect(twice.severity == .error && twice.problem.contains("cn=second,"))
            #expect(!report.mentions("accounts can't be used"))
        }
    }

    @Test(arguments: [false, true])
    func `given an address of two entries, where mail to it goes is told`(keepsOriginal: Bool) async throws {
        let second = People.entry("dora").replacing("mail: dora@example.org", with: "mail: anna@example.org")
        let configuration = People.configuration(
            more: keepsOriginal ? "original_behaviour: [several-mailboxes]" : "")
        try await check(second, configuration: configuration) { report, _ in
            let twice = try report.finding("mail anna@example.org is in 2 entries")
            #expect(twice.severity == (keepsOriginal ? .error : .warning))
            #expect(twice.problem.contains(keepsOriginal ? "is deferred" : "goes to each of their mailboxes"))
        }
    }

    @Test func `given stored passwords that are weak or unknown here, they are counted and never shown`() async throws {
        func person(_ name: String, _ password: String) -> String {
            People.entry(name).replacing("{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==", with: password)
        }
        let people =
            person("dora", "{CLEARTEXT}canary-password") + person("emil", "{CRYPT}aaQSqAReePlq6")
            + person("fritz", "{SKEIN}canary-hash")
        try await check(people) { report, _ in
            #expect(try report.finding("plain text").severity == .warning)
            #expect(try report.finding("DES crypt").problem.contains("uid=emil,"))
            let unknown = try report.finding("{SKEIN}", "can't be checked here: \"uid=fritz")
            #expect(unknown.severity == .error)
            let all = report.findings.map(\.description).joined() + report.json(of: "site")
            #expect(!all.contains("canary") && !all.contains("aaQSqAReePlq6"))
        }
    }

    @Test func `given a password database that knows more than the user database, the accounts between are named`()
        async throws
    {
        let configuration = People.configuration().replacing(
            "- filter: (uid=%u)\n", with: "- filter: (&(uid=%u)(!(cn=ben)))\n")
        try await check("", configuration: configuration) { report, _ in
            let finding = try report.finding("no user database does")
            #expect(finding.problem.contains("uid=ben,") && finding.problem.contains("1 of 3"))
        }
    }

    @Test func `given a domain in two classes, both lists are named`() async throws {
        let configuration = People.configuration().replacing(
            "alias: [example.net,", with: "alias: [example.org, example.net,")
        try await check("", configuration: configuration) { report, _ in
            let finding = try report.finding(
                "example.org: both in virtual_alias_domains and in virtual_mailbox_domains")
            #expect(finding.severity == .warning)
        }
    }

    @Test func `given a delivery path that IMAP does not show, the address and both folders are named`() async throws {
        let tables = """
            mailboxes:
              paths: [{ldap: {query_filter: (mail=%s), result_attribute: uid, result_format: "%s/inbox/"}}]
              uids: ["static:20001"]
              gids: ["static:20001"]
              base: "%ROOT%"

            """
        try await check("", configuration: People.configuration(more: tables)) { report, site in
            let finding = try report.finding("where IMAP does not show it")
            #expect(finding.severity == .error)
            #expect(finding.problem.contains("anna@example.org") && finding.problem.contains("/anna/inbox"))
            #expect(finding.problem.contains("/anna/Maildir"))
            #expect(try finding.location.line == site.line(of: "paths:"))
        }
    }

    @Test func `given an alias to nobody among others, it is named with its target`() async throws {
        let aliases =
            "\"sales@example.net\": \"carla@example.org, gone@example.org\", \"old@example.net\": gone@example.org"
        try await check("", configuration: People.configuration(aliases: aliases)) { report, site in
            let dead = try report.finding("have targets that do not exist")
            #expect(dead.problem.contains("sales@example.net → gone@example.org"))
            #expect(try report.finding("lead to nobody").problem.contains("old@example.net"))
            #expect(try dead.location.line == site.line(of: "aliases:"))
        }
    }

    @Test func `a report for programs holds every finding with its place`() async throws {
        try await check(People.entry("dora", uidNumber: "10")) { report, site in
            let document =
                try JSONSerialization.jsonObject(with: Data(report.json(of: site.file).utf8)) as? [String: Any]
            #expect(document?["source"] as? String == site.file && document?["complete"] as? Bool == true)
            #expect(document?["errors"] as? Int == 1)
            let findings = try #require(document?["findings"] as? [[String: Any]])
            let error = try #require(findings.first { $0["severity"] as? String == "error" })
            #expect(try error["line"] as? Int == site.line(of: "password:"))
            #expect((error["file"] as? String)?.hasSuffix("postroom.yaml") == true)
        }
    }

    @Test func `given roots that nobody may pass or that the owner of all mail may not write, that is told`()
        async throws
    {
        try await ExaminedSite.opened(People.configuration(), files: People.files) { site in
            chmod(site.folder.path("mail"), 0o700)
            let report = await site.check()
            let finding = try report.finding("lets nobody but its owner pass")
            #expect(finding.severity == .warning)
        }
        let owned = People.configuration().replacing("store: {", with: "store: {owner: \"20001:20001\", ")
        try await ExaminedSite.opened(owned, files: People.files) { site in
            chmod(site.folder.path("mail"), 0o755)
            let report = await site.check()
            let finding = try report.finding("may not write")
            #expect(finding.severity == .error)
        }
    }
}
