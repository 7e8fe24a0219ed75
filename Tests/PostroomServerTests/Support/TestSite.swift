import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration

/// A site in a folder of its own, served by this process on free ports of this machine.
struct TestSite {
    let folder: TemporaryFolder
    let server: Server

    /// Serves what `configuration` describes while `body` runs. `%ROOT%` in it stands for the folder for mail.
    static func serving<Value: Sendable>(
        _ configuration: String, files: [String: String] = [:], _ body: (TestSite) async throws -> Value
    ) async throws -> Value {
        let folder = try TemporaryFolder("site")
        try folder.makeFolder("mail")
        for path in [folder.path, folder.path("mail")] { chmod(path, 0o777) }
        for (name, text) in files { try folder.write(text, to: name) }
        let text = configuration.replacing("%ROOT%", with: folder.path("mail")) + listeners(folder)
        let file = try folder.write(text, to: "postroom.yaml")
        let model = try SiteLoader.load(file, environment: [:]).model
        return try await Server.withRunning(model, configurationFile: file) { server in
            try await body(TestSite(folder: folder, server: server))
        }
    }

    private static func listeners(_ folder: TemporaryFolder) -> String {
        """

        listeners:
          smtp: 127.0.0.1:0
          submission: 127.0.0.1:0
          submissions: 127.0.0.1:0
          imap: 127.0.0.1:0
          imaps: 127.0.0.1:0
        tls:
          self_signed_directory: \(folder.path("tls"))

        """
    }

    func port(_ kind: ListenerModel.Kind) -> Int { server.port(kind) ?? 0 }

    /// The accounts of `vennedey.ldif` behind slapd, with the preset that they are an example of.
    static func postfixUser(_ slapd: Slapd) -> String {
        """
        hostname: mx0.example.com
        postmaster: mail006@mx0.example.com
        directory:
          servers: ["\(slapd.url)"]
          base: ou=Mail,dc=example,dc=com
          bind: {dn: "\(slapd.bindDN)", password: "\(slapd.bindPassword)"}
          timeout: 3s
        preset: postfix-user
        domains:
          mailbox: [mx0.example.com]
        recipient_delimiter: "+"
        accounts:
          user:
            - filter: (&(objectClass=posixAccount)(uid=%u))
              address_filter: (&(objectClass=posixAccount)(maildrop=%u))
              attributes: uid=user, =home=%ROOT%/%{ldap:uid}, uidNumber=uid, gidNumber=gid
        store:
          roots: ["%ROOT%"]
        """
    }

    /// Hands a message in as another mail server would.
    @discardableResult
    func swaks(
        to recipient: String, from sender: String = "somebody@elsewhere.example", _ more: [String] = []
    ) async throws -> String {
        try await ChildProcess.run(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.smtp))", "--from", sender, "--to",
                recipient,
                "--helo", "client.example", "--timeout", "10",
            ] + more, in: folder)
    }

    /// The same, for dialogues that end in a refusal: what was said, whatever the exit code.
    func swaksRefused(to recipient: String, _ more: [String] = []) async throws -> String {
        let output = folder.path("swaks-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.smtp))", "--from",
                "somebody@elsewhere.example", "--to", recipient, "--helo", "client.example", "--timeout", "10",
            ] + more, outputFile: output)
        _ = await child.waitForExit()
        return child.output
    }

    /// Logs in on the submission port, after STARTTLS.
    @discardableResult
    func submit(
        as login: String, _ password: String, from sender: String, to recipient: String, _ more: [String] = []
    ) async throws -> String {
        let output = folder.path("swaks-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.submission))", "--from", sender, "--to",
                recipient, "--helo", "client.example", "--timeout", "10", "--tls", "--auth", "PLAIN", "--auth-user",
                login,
                "--auth-password", password,
            ] + more, outputFile: output)
        _ = await child.waitForExit()
        return child.output
    }

    /// What lies in a Maildir's `new`.
    func new(_ mailbox: String) -> [String] {
        let path = folder.path("mail/\(mailbox)/new")
        return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted().map { "\(path)/\($0)" }
    }
}
