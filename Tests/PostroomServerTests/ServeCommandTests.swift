import Foundation
import PostroomTesting
import Testing

/// The built `postroom`, run as an administrator runs it.
struct PostroomCommand {
    let folder: TemporaryFolder

    static var executable: String {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("postroom").path
    }

    /// - Parameter program: what runs the command in a surrounding of its own.
    func start(
        _ arguments: [String], below program: [String] = [], environment: [String: String] = [:]
    ) async throws -> ChildProcess {
        try await ChildProcess.start(
            program + [Self.executable] + arguments, outputFile: folder.path("output-\(UUID().uuidString)"),
            // Mail waits in the test's folder, as below systemd's.
            environment: [
                "SWIFT_BACKTRACE": "enable=no", "JOURNAL_STREAM": "", "STATE_DIRECTORY": folder.path("state"),
            ].merging(environment) { $1 })
    }

    /// What a command that ends by itself printed, and its exit code.
    func run(_ arguments: [String], input: String = "") async throws -> (output: String, code: Int32?) {
        let file = try folder.write(input, to: "input-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [Self.executable] + arguments, input: file, outputFile: folder.path("output-\(UUID().uuidString)"))
        guard case .code(let code) = await child.waitForExit() else { return (child.output, nil) }
        return (child.output, code)
    }

    static func configuration(_ folder: TemporaryFolder, more: String = "") throws -> String {
        try folder.makeFolder("mail")
        for path in [folder.path, folder.path("mail")] { chmod(path, 0o755) }
        chown(folder.path("mail"), 65534, 65534)
        try folder.write(
            """
            dn: dc=example,dc=org
            objectClass: dcObject
            objectClass: organization
            dc: example
            o: Example

            dn: uid=anna,dc=example,dc=org
            objectClass: inetOrgPerson
            objectClass: posixAccount
            uid: anna
            cn: Anna
            sn: Berg
            mail: anna@example.org
            uidNumber: 20001
            gidNumber: 20002
            homeDirectory: \(folder.path("mail"))/anna
            userPassword: canary-password

            """, to: "people.ldif")
        return try folder.write(
            """
            hostname: mail.example.org
            postmaster: anna@example.org
            directory: {ldif: people.ldif, base: "dc=example,dc=org"}
            domains: {mailbox: [example.org]}
            accounts:
              password: [{check: search-then-bind, filter: (uid=%u)}]
              user: [{filter: (uid=%u), address_filter: (mail=%u), attributes: "uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid"}]
              mail_location: maildir:~/Maildir
            senders: {logins: [{ldap: {query_filter: (mail=%s), result_attribute: uid}}]}
            store: {roots: [mail]}
            listeners: {smtp: 127.0.0.1:0, submission: 127.0.0.1:0, imap: 127.0.0.1:0}
            tls: {self_signed_directory: \(folder.path("tls"))}
            outgoing: {queue_directory: \(folder.path("spool"))}
            service: {user: nobody, runtime_directory: \(folder.path("run"))}
            \(more)
            """, to: "postroom.yaml")
    }
}

@Suite struct `postroom serve` {
    private struct Failure: Error {
        let description: String
    }

    /// The port that a log says a listener has; waits until it does.
    private func port(_ listener: String, of process: ChildProcess) async throws -> Int {
        for _ in 0..<600 {
            for line in process.output.split(separator: "\n") where line.contains("listener=\(listener)") {
                if let port = line.split(separator: ":").last.flatMap({ Int($0.prefix { $0.isNumber }) }), port > 0 {
                    return port
                }
            }
            if let exit = process.exit { throw Failure(description: "\(exit): \(process.output)") }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure(description: "no \(listener) listener: \(process.output)")
    }

    @Test
    func `started by root, it serves as an ordinary user who can write as the owner of a mailbox and little else`()
        async throws
    {
        #expect(geteuid() == 0, "this test needs root")
        let folder = try TemporaryFolder("serve")
        let file = try PostroomCommand.configuration(folder)
        let command = PostroomCommand(folder: folder)
        let process = try await command.start(["serve", "--config", file])
        let port = try await port("smtp", of: process)
        let status = try String(contentsOfFile: "/proc/\(process.identifier)/status", encoding: .utf8)
        #expect(status.contains("Uid:\t65534\t65534\t65534\t65534"))
        #expect(status.contains("Groups:\t \n") || status.contains("Groups:\t\n"))
        // chown, setgid, setuid, net_bind_service
        #expect(status.contains("CapEff:\t00000000000004c1"))
        #expect(status.contains("NoNewPrivs:\t1"))
        // Several first mails at once: none may stumble over the folders that another one is just making.
        try await ChildProcess.run(
            [
                "/usr/sbin/smtp-source", "-s", "8", "-m", "24", "-l", "1000", "-f", "a@elsewhere.example", "-t",
                "anna@example.org", "127.0.0.1:\(port)",
            ], in: folder)
        let new = folder.path("mail/anna/Maildir/new")
        let messages = try FileManager.default.contentsOfDirectory(atPath: new)
        #expect(messages.count == 24)
        let message = try #require(messages.first)
        let attributes = try FileManager.default.attributesOfItem(atPath: "\(new)/\(message)")
        #expect(attributes[.ownerAccountID] as? Int == 20001)
        #expect(attributes[.groupOwnerAccountID] as? Int == 20002)
        #expect(process.output.contains("status=sent (delivered to maildir)"))
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == .code(0))
    }

    @Test func `SIGHUP puts a mended configuration in force, and a broken one changes nothing`() async throws {
        let folder = try TemporaryFolder("serve")
        let file = try PostroomCommand.configuration(folder)
        let command = PostroomCommand(folder: folder)
        let process = try await command.start(["serve", "--config", file])
        let port = try await port("smtp", of: process)
        func reply(_ recipient: String) async throws -> String {
            let connection = try await TestConnection(port: port)
            _ = try await connection.reply()
            try await connection.send("EHLO x\r\n")
            _ = try await connection.reply()
            try await connection.send("MAIL FROM:<>\r\nRCPT TO:<\(recipient)>\r\n")
            _ = try await connection.reply()
            let reply = try await connection.reply()
            try await connection.close()
            return reply
        }
        func waitForLog(_ text: String) async throws {
            for _ in 0..<600 where !process.output.contains(text) { try await Task.sleep(for: .milliseconds(50)) }
            #expect(process.output.contains(text))
        }
        #expect(try await reply("team@example.net").hasPrefix("554 5.7.1"))
        let text = try String(contentsOfFile: file, encoding: .utf8)
        try folder.write(text.replacing("hostname:", with: "hostnme:"), to: "postroom.yaml")
        process.signal(SIGHUP)
        try await waitForLog("the configuration stays as it was")
        #expect(process.output.contains("no such key: hostnme"))
        #expect(try await reply("anna@example.org").hasPrefix("250 2.1.5"))
        try folder.write(
            text.replacing(
                "domains: {mailbox: [example.org]}", with: "domains: {mailbox: [example.org], alias: [example.net]}")
                + "\naliases: [{inline: {team@example.net: anna@example.org}}]\n", to: "postroom.yaml")
        process.signal(SIGHUP)
        try await waitForLog("the configuration was read anew")
        #expect(try await reply("team@example.net").hasPrefix("250 2.1.5"))
        process.signal(SIGTERM)
        #expect(await process.waitForExit() == .code(0))
    }

    @Test func `a faulty configuration is told whole, with exit code 78`() async throws {
        let folder = try TemporaryFolder("serve")
        let file = try PostroomCommand.configuration(
            folder, more: "aliases: [{ldap: {query_filter: \"(mail=%s\"}}]\nfoo: bar\n")
        let command = PostroomCommand(folder: folder)
        for name in ["serve", "check"] {
            let (output, code) = try await command.run([name, "--config", file])
            #expect(code == 78)
            #expect(output.contains("postroom.yaml:16: error: no such key: foo"), "\(output)")
            #expect(output.contains("postroom.yaml:15: error: ") && output.contains("query_filter"), "\(output)")
            #expect(!output.contains("Fatal error"))
        }
        let (missing, code) = try await command.run(["check", "--config", folder.path("none.yaml")])
        #expect(code == 78)
        #expect(missing.contains("none.yaml: error: can't be read: No such file or directory"))
    }

    @Test func `explain, lookup, auth and config print answer from the same site`() async throws {
        let folder = try TemporaryFolder("serve")
        let file = try PostroomCommand.configuration(folder)
        let command = PostroomCommand(folder: folder)
        let known = try await command.run(["explain", "--config", file, "anna@example.org"])
        #expect(known.code == 0)
        #expect(known.output.contains("⇒ 250 2.1.5 Ok"))
        let unknown = try await command.run(["explain", "--config", file, "--json", "nobody@example.org"])
        #expect(unknown.code == 67)
        #expect(try JSONSerialization.jsonObject(with: Data(unknown.output.utf8)) is [String: Any])
        let foreign = try await command.run(
            ["explain", "--config", file, "--login", "anna", "--sender", "ben@example.org", "anna@example.org"])
        #expect(foreign.code == 67)
        #expect(foreign.output.contains("553 5.7.1"))
        let found = try await command.run(["lookup", "--config", file, "senders.logins", "anna@example.org"])
        #expect(found.output == "anna\n" && found.code == 0)
        let absent = try await command.run([
            "lookup", "--config", file, "senders.logins", "x@example.org", "y@example.org",
        ])
        #expect(absent.output.isEmpty && absent.code == 1)
        let accepted = try await command.run(["auth", "--config", file, "anna"], input: "canary-password\n")
        #expect(accepted.code == 0 && accepted.output.contains("accepted as anna"))
        #expect(!accepted.output.contains("canary"))
        #expect(try await command.run(["auth", "--config", file, "anna"], input: "nope\n").code == 65)
        let printed = try await command.run(["config", "print", "--config", file])
        #expect(printed.code == 0 && printed.output.contains("hostname: mail.example.org"))
        let checked = try await command.run(["check", "--config", file])
        #expect(checked.code == 0, "\(checked.output)")
    }

    @Test func `a password is hashed and verified`() async throws {
        let command = PostroomCommand(folder: try TemporaryFolder("password"))
        for scheme in ["SSHA", "SSHA512", "SHA512-CRYPT", "BLF-CRYPT"] {
            let hashed = try await command.run(["password", "hash", "--scheme", scheme], input: "sécret\n")
            #expect(hashed.code == 0 && hashed.output.hasPrefix("{\(scheme)}"))
            let stored = hashed.output.split(separator: "\n").first.map(String.init) ?? ""
            #expect(try await command.run(["password", "verify", stored], input: "sécret\n").code == 0)
            #expect(try await command.run(["password", "verify", stored], input: "other\n").code == 65)
        }
    }
}
