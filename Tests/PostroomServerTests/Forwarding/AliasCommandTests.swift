import Foundation
import PostroomTesting
import Testing

/// `postroom alias`, run as an administrator runs it.
@Suite struct `postroom alias` {
    private static let configuration = """
        hostname: mail.example.org
        postmaster: dora@mailbox.example
        domains: {alias: [example.org]}
        aliases: [texthash:aliases]
        accounts: {password: [{check: passwd-file, file: {path: users}}]}
        senders: {check_login: no}

        """

    private func site(
        _ aliases: String?, _ configuration: String = Self.configuration
    ) throws -> (command: PostroomCommand, folder: TemporaryFolder) {
        let folder = try TemporaryFolder("alias")
        try folder.write(configuration, to: "postroom.yaml")
        try folder.write("dora:{PLAIN}secret\n", to: "users")
        if let aliases { try folder.write(aliases, to: "aliases") }
        return (PostroomCommand(folder: folder), folder)
    }

    private func run(
        _ command: PostroomCommand, _ action: String, _ arguments: String...
    ) async throws -> (output: String, code: Int32?) {
        try await command.run(["alias", action, "-c", command.folder.path("postroom.yaml")] + arguments)
    }

    private func text(_ folder: TemporaryFolder) throws -> String {
        try String(contentsOfFile: folder.path("aliases"), encoding: .utf8)
    }

    @Test func `adds, lists and removes, and says what becomes of the address`() async throws {
        let (command, folder) = try site("# ours\n")
        let added = try await run(command, "add", "info@example.org", "dora@mailbox.example", "erik@one.example")
        #expect(added.code == 0, "\(added.output)")
        #expect(added.output.contains("info@example.org → dora@mailbox.example on another host"), "\(added.output)")
        #expect(try text(folder) == "# ours\ninfo@example.org dora@mailbox.example, erik@one.example\n")
        #expect(try await run(command, "add", "sales@example.org", "info@example.org").code == 0)
        #expect(
            try await run(command, "list", "info@example.org").output
                == "info@example.org dora@mailbox.example, erik@one.example\n")
        let json = try await run(command, "list", "--json", "@example.org").output
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect((document["aliases"] as? [Any])?.count == 2)
        #expect(try await run(command, "remove", "info@example.org", "erik@one.example").code == 0)
        let removed = try await run(command, "remove", "info@example.org")
        #expect(removed.code == 0 && removed.output.contains("550 5.1.1"), "\(removed.output)")
        #expect(try text(folder) == "# ours\nsales@example.org info@example.org\n")
    }

    @Test func `makes the file that the configuration names`() async throws {
        let (command, folder) = try site(nil)
        #expect(try await run(command, "add", "info@example.org", "dora@mailbox.example").code == 0)
        #expect(try text(folder) == "info@example.org dora@mailbox.example\n")
    }

    @Test func `keeps owner and mode, and follows a link`() async throws {
        let (command, folder) = try site(nil)
        let real = try folder.write("# here\n", to: "real")
        chown(real, 65534, 65534)
        chmod(real, 0o640)
        symlink(real, folder.path("aliases"))
        #expect(try await run(command, "add", "info@example.org", "dora@mailbox.example").code == 0)
        let attributes = try FileManager.default.attributesOfItem(atPath: real)
        #expect(attributes[.posixPermissions] as? Int == 0o640)
        #expect(attributes[.ownerAccountID] as? Int == 65534)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("aliases")) == real)
        #expect(try text(folder).contains("info@example.org"))
    }

    @Test func `tries without writing`() async throws {
        let (command, folder) = try site("# ours\n")
        let tried = try await run(command, "add", "--dry-run", "info@example.org", "dora@mailbox.example")
        #expect(tried.code == 0 && tried.output.contains("info@example.org → dora@mailbox.example"), "\(tried.output)")
        #expect(try text(folder) == "# ours\n")
    }

    @Test(arguments: [
        (["add", "info@example.org", "info@example.org"], 65, "would lead to itself"),
        (["add", "info@example.org", "Info@example.org", "x@y.example"], 65, "no mailbox that could keep a copy"),
        (["add", "b@example.org", "a@example.org"], 65, "in a circle"),
        (["add", "a@example.org", "B@example.org"], 65, "already"),
        (["add", "no address", "a@example.org"], 65, "not a mail address"),
        (["add", "c@example.org", "|/bin/sh"], 65, "not a mail address"),
        (["add", "c@example.org", "a@example.org\nd@example.org x@y.example"], 65, "not a mail address"),
        (["add", "c@example.org", "@other.example"], 65, "only another @domain"),
        (["remove", "c@example.org"], 67, "has no alias c@example.org"),
        (["remove", "a@example.org", "c@example.org"], 67, "doesn't lead to"),
    ])
    func `refuses`(arguments: [String], code: Int32, reason: String) async throws {
        let before = "a@example.org b@example.org\n"
        let (command, folder) = try site(before)
        let refused = try await command.run(
            ["alias", arguments[0], "-c", folder.path("postroom.yaml"), "--"] + arguments.dropFirst())
        #expect(refused.code == code && refused.output.contains(reason), "\(refused)")
        #expect(try text(folder) == before)
    }

    @Test func `warns of a domain that is not ours`() async throws {
        let (command, _) = try site("")
        let added = try await run(command, "add", "info@other.example", "dora@mailbox.example")
        #expect(
            added.code == 0 && added.output.contains("other.example is none of this site's domains"), "\(added.output)")
    }

    @Test func `tells which lines are missing where there is no file`() async throws {
        let inline = Self.configuration.replacing(
            "[texthash:aliases]", with: "[{inline: {a@example.org: b@c.example}}]")
        let (command, _) = try site(nil, inline)
        let refused = try await run(command, "add", "info@example.org", "dora@mailbox.example")
        #expect(refused.code == 78 && refused.output.contains("  - texthash:/etc/postroom/aliases"), "\(refused)")
    }

    @Test func `loses nothing of what many add at once`() async throws {
        let (command, folder) = try site("")
        try await withThrowingTaskGroup(of: Int32?.self) { tasks in
            for number in 0..<8 {
                tasks.addTask {
                    try await run(command, "add", "a\(number)@example.org", "dora@mailbox.example").code
                }
            }
            for try await code in tasks { #expect(code == 0) }
        }
        #expect(try text(folder).split(separator: "\n").count == 8)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).allSatisfy { !$0.contains("postroom-new") }
        )
    }

    @Test func `writes Postfix's own file, and tells of postmap`() async throws {
        let (command, folder) = try site(nil)
        let main = """
            myhostname = mail.example.org
            mydestination =
            virtual_alias_domains = example.org
            virtual_alias_maps = hash:\(folder.path("virtual"))
            """
        try folder.makeFolder("postfix")
        try folder.write(main + "\n", to: "postfix/main.cf")
        try folder.write("# by hand\n", to: "virtual")
        let added = try await command.run([
            "alias", "add", "--from", "postfix:\(folder.path("postfix"))", "info@example.org", "dora@mailbox.example",
        ])
        #expect(added.code == 0 && added.output.contains("postmap hash:\(folder.path("virtual"))"), "\(added)")
        #expect(
            try String(contentsOfFile: folder.path("virtual"), encoding: .utf8)
                == "# by hand\ninfo@example.org dora@mailbox.example\n")
    }

    @Test func `writes docker-mailserver's file as setup does`() async throws {
        let (command, folder) = try site(nil)
        try FileManager.default.createDirectory(
            atPath: folder.path("dms/docker-data/dms/config"), withIntermediateDirectories: true)
        try folder.write("SMTP_ONLY=1\nOVERRIDE_HOSTNAME=mail.example.org\n", to: "dms/mailserver.env")
        let from = ["--from", "dms:\(folder.path("dms"))"]
        for target in ["dora@mailbox.example", "erik@one.example"] {
            let added = try await command.run(["alias", "add"] + from + ["info@example.org", target])
            #expect(added.code == 0, "\(added)")
            // The alias makes its domain one of ours.
            #expect(added.output.contains("info@example.org → dora@mailbox.example"), "\(added)")
        }
        let file = folder.path("dms/docker-data/dms/config/postfix-virtual.cf")
        #expect(
            try String(contentsOfFile: file, encoding: .utf8)
                == "info@example.org dora@mailbox.example,erik@one.example\n")
    }

    @Test func `says so where docker-mailserver asks the directory alone`() async throws {
        let (command, folder) = try site(nil)
        try FileManager.default.createDirectory(
            atPath: folder.path("dms/docker-data/dms/config"), withIntermediateDirectories: true)
        try folder.write(
            """
            SMTP_ONLY=1
            OVERRIDE_HOSTNAME=mail.example.org
            ACCOUNT_PROVISIONER=LDAP
            LDAP_SERVER_HOST=ldap://127.0.0.1:1
            LDAP_SEARCH_BASE=dc=example,dc=org
            LDAP_QUERY_FILTER_USER=(mail=%s)
            LDAP_QUERY_FILTER_ALIAS=(mailAlias=%s)
            LDAP_QUERY_FILTER_GROUP=(mailGroupMember=%s)
            LDAP_QUERY_FILTER_DOMAIN=(mail=*@%s)

            """, to: "dms/mailserver.env")
        let refused = try await command.run([
            "alias", "add", "--from", "dms:\(folder.path("dms"))", "info@example.org", "dora@mailbox.example",
        ])
        #expect(refused.code == 78 && refused.output.contains("--directory"), "\(refused)")
    }
}
