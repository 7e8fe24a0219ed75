import Directory
import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// `postroom lookup` with tables of every type, natively configured and given whole.
@Suite struct `A site's tables` {
    private func site(_ folder: TemporaryFolder, aliases: String) async throws -> Site {
        let files = ["people.ldif": People.ldif]
        let configuration = Self.configuration(aliases)
        let file = try TestSite.write(configuration, files, to: folder)
        return try await Site.open(SiteLoader.load(file, environment: [:]).model)
    }

    private static func configuration(_ aliases: String) -> String {
        People.configuration().replacing(
            "aliases: [{inline: {sales@example.net: carla@example.org}}]", with: "aliases:\n" + aliases)
    }

    private func ask(_ site: Site, _ name: String, _ key: String) async -> String {
        guard let table = await site.table(named: name) else { return "no such table" }
        return switch await site.lookUp(key, in: table, folding: true).outcome {
        case .found(let value): value
        case .absent: "absent"
        case .unavailable(let reason): "unavailable: \(reason.text)"
        }
    }

    @Test func `are asked by Postfix's names for them`() async throws {
        let folder = try TemporaryFolder("tables")
        let path = try folder.write("Info@example.org  anna@example.org\n", to: "virtual")
        let pattern = try folder.write("/^Sales-(.*)@example\\.org$/  $1@example.org\n", to: "patterns")
        let networks = try folder.write("192.0.2.0/24  REJECT\n", to: "networks")
        let names = try folder.write("root: anna\nlist: :include:\(folder.path("members"))\n", to: "aliases")
        try folder.write("anna, ben\n", to: "members")
        let site = try await site(
            folder,
            aliases: """
                  - hash: \(path)
                  - regexp: \(pattern)
                  - pcre: \(pattern)
                  - aliases: \(names)
                  - cidr: \(networks)
                  - inline: {Team@example.org: "anna@example.org, ben@example.org"}
                  - pcre: {name: rules, lines: ["/^x@/ y@example.org"]}
                  - unionmap: [{static: a@example.org}, {inline: {u@example.org: b@example.org}}]
                  - pipemap: [{inline: {p@example.org: q@example.org}}, {inline: {q@example.org: r@example.org}}]
                  - randmap: [only@example.org]
                  - fail: for once
                  - unix: passwd.byname
                  - static: "{all} of it"

                """)
        #expect(await ask(site, "hash:\(path)", "INFO@example.org") == "anna@example.org")
        // Patterns see keys as they are.
        #expect(await ask(site, "regexp:\(pattern)", "Sales-Anna@example.org") == "Anna@example.org")
        #expect(await ask(site, "pcre:\(pattern)", "Sales-Anna@example.org") == "Anna@example.org")
        #expect(await ask(site, "cidr:\(networks)", "192.0.2.7") == "REJECT")
        #expect(await ask(site, "hash:\(names)", "root") == "anna")
        #expect(await ask(site, "lmdb:\(names)", "list") == ":include:\(folder.path("members"))")
        #expect(await ask(site, "pcre:rules", "x@example.org") == "y@example.org")
        #expect(await ask(site, "unix:passwd.byname", "root").hasPrefix("root:"))
        #expect(await ask(site, "unix:passwd.byname", "nobody-of-this-name") == "absent")
        #expect(await ask(site, "fail:for once", "x").hasPrefix("unavailable: "))
        let composed = site.tableNames.filter { $0.hasPrefix("unionmap:") || $0.hasPrefix("pipemap:") }
        #expect(composed.count == 2, "\(site.tableNames)")
        for name in composed {
            let answer = await ask(site, name, name.hasPrefix("unionmap") ? "u@example.org" : "p@example.org")
            #expect(answer == (name.hasPrefix("unionmap") ? "a@example.org,b@example.org" : "r@example.org"))
        }
        await site.close()
    }

    @Test func `need not be the site's when they are given whole`() async throws {
        let folder = try TemporaryFolder("tables")
        let path = try folder.write("key  value\n", to: "table")
        let site = try await site(folder, aliases: "  - static: x@example.org\n")
        #expect(await ask(site, "texthash:\(path)", "key") == "value")
        #expect(await ask(site, "proxy:hash:\(path)", "KEY") == "value")
        #expect(await ask(site, "static:all", "key") == "all")
        #expect(await ask(site, "inline:{key = value, other = x}", "other") == "x")
        #expect(await ask(site, "pcre:{ {/^k/ v} }", "key") == "v")
        #expect(await ask(site, "unionmap:{static:a, hash:\(path)}", "key") == "a,value")
        #expect(await ask(site, "pipemap:{inline:{a=key}, hash:\(path)}", "a") == "value")
        #expect(await ask(site, "hash:\(folder.path("absent"))", "key") == "no such table")
        #expect(await ask(site, "ldap:other", "key") == "no such table")
        await site.close()
    }

    @Test func `that can't be read are an error with the place that names them`() async throws {
        let folder = try TemporaryFolder("tables")
        let file = try TestSite.write(
            Self.configuration("  - hash: /nowhere/virtual"), ["people.ldif": People.ldif], to: folder)
        let faults = await SiteLoader.faults(file, environment: [:])
        let fault = faults.first { $0.description.contains("/nowhere/virtual") }
        #expect(fault?.severity == .error && fault?.location.line != nil, "\(faults)")
    }
}

/// Users in a file in passwd(5) form.
@Suite struct `Users of a passwd-file` {
    private func configuration(_ file: String) -> String {
        """
        hostname: mail.example.org
        postmaster: anna@example.org
        domains: {mailbox: [example.org]}
        accounts:
          password: [{check: passwd-file, file: {path: \(file)}, default_scheme: PLAIN}]
          user: [{driver: passwd-file, file: {path: \(file)}}]
          mail_location: maildir:~/Maildir
        senders: {check_login: no}
        store: {roots: ["%ROOT%"]}

        """
    }

    @Test func `log in and get mail; a changed file counts at once`() async throws {
        let users = "anna@example.org:secret:20001:20001::%ROOT%/anna::\n"
        try await TestSite.serving(configuration("users"), files: ["users": users]) { site in
            let imap = try await IMAPDialogue(site, login: ("anna@example.org", "secret"))
            #expect(try await imap.ask("SELECT INBOX").last?.hasPrefix("t OK ") == true)
            try await site.swaks(to: "anna@example.org")
            #expect(site.new("anna/Maildir").count == 1)
            let refused = try await IMAPDialogue(site).ask("AUTHENTICATE PLAIN " + plain(("anna@example.org", "wrong")))
            #expect(refused.last?.hasPrefix("t NO [AUTHENTICATIONFAILED]") == true, "\(refused)")
            #expect(try await site.swaksRefused(to: "ben@example.org").contains("550 5.1.1"))

            let root = site.folder.path("mail")
            let more = (users + "ben@example.org:geheim:20001:20001::%ROOT%/ben::\n").replacing("%ROOT%", with: root)
            try site.folder.write(more, to: "users")
            _ = try await IMAPDialogue(site, login: ("ben@example.org", "geheim"))
        }
    }
}
