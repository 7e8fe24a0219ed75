import Foundation

/// A real Dovecot whose only task is to check passwords and look users up, asked by doveadm. Needs the Debian packages
/// dovecot-core and dovecot-ldap, and root, as Dovecot starts its processes as other users.
package final class DovecotAuth: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    private let folder: TemporaryFolder
    private let process: ChildProcess

    /// `configuration` makes the `passdb` and `userdb` blocks and settings; it is given the folder, for files of its own.
    package static func withServer(
        _ configuration: (TemporaryFolder) throws -> String, _ body: (DovecotAuth) async throws -> Void
    ) async throws {
        guard FileManager.default.isExecutableFile(atPath: "/usr/sbin/dovecot") else {
            throw Failure(description: "/usr/sbin/dovecot is missing: apt-get install dovecot-core dovecot-ldap")
        }
        let folder = try TemporaryFolder("dovecot-auth")
        let run = try folder.makeFolder("run")
        let text = """
            base_dir = \(run)
            state_dir = \(run)
            log_path = \(folder.path("log"))
            protocols =
            ssl = no
            default_internal_user = nobody
            default_login_user = nobody
            default_internal_group = nogroup
            auth_failure_delay = 0
            auth_cache_size = 0
            \(try configuration(folder))
            """
        let file = try folder.write(text, to: "dovecot.conf")
        // Dovecot's processes are other users, and read the files as such.
        let files = FileManager.default
        try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        for name in try files.contentsOfDirectory(atPath: folder.path) {
            let isFolder = name == "run"
            try files.setAttributes(
                [.posixPermissions: isFolder ? 0o755 : 0o644], ofItemAtPath: folder.path(name))
        }
        let process = try await ChildProcess.start(
            ["/usr/sbin/dovecot", "-c", file, "-F"], outputFile: folder.path("output"))
        let server = DovecotAuth(folder: folder, process: process)
        do {
            try await server.waitUntilReady()
            try await body(server)
        } catch {
            await server.stop()
            throw error
        }
        await server.stop()
    }

    private init(folder: TemporaryFolder, process: ChildProcess) {
        self.folder = folder
        self.process = process
    }

    /// `OK user=bob`, `FAIL`, or `TEMPFAIL`.
    package func login(_ login: String, _ password: String) async throws -> String {
        let (exit, output) = try await doveadm(["auth", "test", "--", login, password])
        if exit == .code(0) {
            let user = output.split(separator: "\n").compactMap { line -> Substring? in
                let text = line.drop { $0 == " " }
                return text.hasPrefix("user=") ? text.dropFirst(5) : nil
            }.first
            return "OK user=\(user ?? "")"
        }
        return output.contains("temp") || output.contains("internal") ? "TEMPFAIL" : "FAIL"
    }

    /// The fields as doveadm prints them, `uid=5000 gid=5000 …`, `<NOTFOUND>`, or `TEMPFAIL`.
    package func user(_ login: String) async throws -> String {
        let (exit, output) = try await doveadm(["user", "--", login])
        switch exit {
        case .code(0):
            return output.split(separator: "\n").dropFirst().map { line in
                line.replacing("\t", with: "=", maxReplacements: 1)
            }.joined(separator: " ")
        case .code(67): return "<NOTFOUND>"
        default: return "TEMPFAIL"
        }
    }

    private func doveadm(_ arguments: [String]) async throws -> (exit: ChildProcess.Exit, output: String) {
        let child = try await ChildProcess.start(
            ["/usr/bin/doveadm", "-c", folder.path("dovecot.conf")] + arguments,
            outputFile: folder.path("doveadm-\(UUID().uuidString)"))
        return (await child.waitForExit(), child.output)
    }

    private func waitUntilReady() async throws {
        let deadline = ContinuousClock.now + .seconds(20)
        while ContinuousClock.now < deadline {
            if FileManager.default.fileExists(atPath: folder.path("run/auth-client")) { return }
            if process.exit != nil { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure(description: "Dovecot did not start: \(process.output)")
    }

    private func stop() async {
        process.signal(15)
        _ = await process.waitForExit()
    }
}
