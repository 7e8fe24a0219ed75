import Foundation
import PostroomTesting
import SiteConfiguration

extension ImportedTestSite {
    /// What RCPT is answered.
    func rcptReply(from sender: String, to recipient: String) async throws -> String {
        let output = folder.path("swaks-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.smtp))", "--from", sender, "--to",
                recipient, "--helo", "client.example", "--timeout", "120", "--quit-after", "RCPT",
            ], outputFile: output)
        _ = await child.waitForExit()
        let lines = child.output.split(separator: "\n").drop { !$0.contains("RCPT TO:") }.dropFirst()
        return lines.first.map(String.init) ?? child.output
    }

    /// Logs in on the submission port without TLS, as a site allows that has no certificate.
    func submitInClear(
        as login: String, _ password: String, from sender: String, to recipient: String
    ) async throws -> String {
        let output = folder.path("swaks-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.submission))", "--from", sender, "--to",
                recipient, "--helo", "client.example", "--timeout", "120", "--auth", "PLAIN", "--auth-user", login,
                "--auth-password", password,
            ], outputFile: output)
        _ = await child.waitForExit()
        return child.output
    }

    /// The newest message in a mailbox, header and text, read with curl.
    func fetch(_ login: String, _ password: String, _ scheme: String, mailbox: String = "INBOX") async throws -> String
    {
        let port = port(scheme == "imaps" ? .imaps : .imap)
        let output = folder.path("curl-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/curl", "-sS", "--insecure", "--max-time", "60", "--user", "\(login):\(password)",
                "\(scheme)://127.0.0.1:\(port)/\(mailbox);MAILINDEX=*",
            ], outputFile: output)
        _ = await child.waitForExit()
        return child.output
    }

    /// What IMAP's LIST answers, asked with curl.
    func list(_ login: String, _ password: String, _ pattern: String) async throws -> String {
        let output = folder.path("curl-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/curl", "-sS", "--max-time", "60", "--user", "\(login):\(password)", "--request",
                "LIST \"\" \"\(pattern)\"", "imap://127.0.0.1:\(port(.imap))/",
            ], outputFile: output)
        _ = await child.waitForExit()
        return child.output
    }
}
