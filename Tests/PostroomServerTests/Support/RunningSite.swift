import Foundation
import PostroomTesting
import SiteConfiguration

/// A site that serves, in this process or in one of its own, and what clients do with it.
protocol RunningSite: Sendable {
    var folder: TemporaryFolder { get }
    func port(_ kind: ListenerModel.Kind) -> Int
}

extension RunningSite {
    /// Hands a message in as another mail server would.
    @discardableResult
    func swaks(
        to recipient: String, from sender: String = "somebody@elsewhere.example", _ more: [String] = []
    ) async throws -> String {
        try await ChildProcess.run(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.smtp))", "--from", sender, "--to",
                recipient,
                "--helo", "client.example", "--timeout", "120",
            ] + more, in: folder)
    }

    /// The same, for dialogues that end in a refusal: what was said, whatever the exit code.
    func swaksRefused(to recipient: String, _ more: [String] = []) async throws -> String {
        let output = folder.path("swaks-\(UUID().uuidString)")
        let child = try await ChildProcess.start(
            [
                "/usr/bin/swaks", "--server", "127.0.0.1", "--port", "\(port(.smtp))", "--from",
                "somebody@elsewhere.example", "--to", recipient, "--helo", "client.example", "--timeout", "120",
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
                recipient, "--helo", "client.example", "--timeout", "120", "--tls", "--auth", "PLAIN", "--auth-user",
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

    /// Whether a message waits in the queue that holds `text`, or was given it as the reason for waiting.
    func waits(_ text: String) throws -> Bool {
        let spool = folder.path("spool")
        let files = FileManager.default.enumerator(atPath: spool)?.compactMap { $0 as? String } ?? []
        return files.contains { file in
            FileManager.default.contents(atPath: "\(spool)/\(file)")?.range(of: Data(text.utf8)) != nil
        }
    }
}
