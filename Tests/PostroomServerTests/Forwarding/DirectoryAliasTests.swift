import Foundation
import PostroomTesting
import Testing

/// `postroom alias --directory`, against slapd.
@Suite struct `postroom alias in the directory` {
    private static func withSite<Value: Sendable>(
        _ aliases: String, _ body: (PostroomCommand, Slapd, _ arguments: [String]) async throws -> Value
    ) async throws -> Value {
        try await Slapd.withServer(.dmsForwardOnly) { slapd in
            let folder = try TemporaryFolder("alias")
            try folder.write(
                """
                hostname: mail.example.org
                postmaster: dora@mailbox.example
                \(slapd.directory("ou=users,dc=example,dc=org"))
                domains: {alias: [example.org]}
                aliases: [{ldap: \(aliases)}]
                accounts: {password: [{check: search-then-bind, filter: (uid=%u)}]}
                senders: {check_login: no}

                """, to: "postroom.yaml")
            try folder.write("\(slapd.rootPassword)\n", to: "password")
            let arguments = [
                "-c", folder.path("postroom.yaml"), "--directory", "--bind-dn", slapd.rootDN, "--password-file",
                folder.path("password"),
            ]
            return try await body(PostroomCommand(folder: folder), slapd, arguments)
        }
    }

    private static let byLogin = "{query_filter: (uid=%u), result_attribute: mail, domain: [example.org]}"

    private func leads(_ command: PostroomCommand, _ address: String) async throws -> String {
        try await command.run(["explain", "-c", command.folder.path("postroom.yaml"), address]).output
    }

    @Test func `adds and removes what the entry answers with`() async throws {
        try await Self.withSite(Self.byLogin) { command, _, site in
            let added = try await command.run(
                ["alias", "add"] + site + ["dora@example.org", "dora@second.example"])
            #expect(added.code == 0 && added.output.contains("uid=dora,ou=users,dc=example,dc=org"), "\(added)")
            #expect(try await leads(command, "dora@example.org").contains("dora@second.example on another host"))
            let again = try await command.run(
                ["alias", "add"] + site + ["dora@example.org", "Dora@second.example"])
            #expect(again.code == 65 && again.output.contains("already"), "\(again)")
            let removed = try await command.run(
                ["alias", "remove"] + site + ["dora@example.org", "dora@mailbox.example"])
            #expect(removed.code == 0, "\(removed)")
            let left = try await leads(command, "dora@example.org")
            #expect(left.contains("dora@second.example") && !left.contains("dora@mailbox.example"), "\(left)")
        }
    }

    @Test func `refuses what is not one entry, and tells a wrong password`() async throws {
        try await Self.withSite(Self.byLogin) { command, _, site in
            let several = try await command.run(["alias", "add"] + site + ["twin@example.org", "a@b.example"])
            #expect(several.code == 65 && several.output.contains("twin.b"), "\(several)")
            let nobody = try await command.run(["alias", "add"] + site + ["nobody@example.org", "a@b.example"])
            #expect(nobody.code == 67 && nobody.output.contains("--dn"), "\(nobody)")
            let tried = try await command.run(
                ["alias", "add", "--dry-run"] + site + ["dora@example.org", "a@b.example"])
            #expect(tried.code == 0, "\(tried)")
            #expect(try await leads(command, "dora@example.org").contains("a@b.example") == false)
            try command.folder.write("not it\n", to: "password")
            let wrong = try await command.run(["alias", "add"] + site + ["dora@example.org", "a@b.example"])
            #expect(wrong.code == 73 && wrong.output.contains("invalidCredentials"), "\(wrong)")
            #expect(!wrong.output.contains("not it"))
        }
    }

    @Test func `makes an entry that it is told the name of`() async throws {
        try await Self.withSite("{query_filter: (description=%s), result_attribute: mail}") { command, _, site in
            let added = try await command.run(
                ["alias", "add"] + site + [
                    "--dn", "cn=info,ou=users,dc=example,dc=org", "--object-class", "inetOrgPerson", "--attribute",
                    "sn=info", "info@example.org", "dora@mailbox.example",
                ])
            #expect(added.code == 0, "\(added)")
            #expect(try await leads(command, "info@example.org").contains("dora@mailbox.example on another host"))
        }
    }

    @Test func `needs to be told who may write`() async throws {
        try await Self.withSite(Self.byLogin) { command, _, _ in
            let refused = try await command.run([
                "alias", "add", "-c", command.folder.path("postroom.yaml"), "--directory", "dora@example.org",
                "a@b.example",
            ])
            #expect(refused.code == 64 && refused.output.contains("--bind-dn"), "\(refused)")
        }
    }
}
