import Foundation
import PostroomTesting

/// A running Dovecot with an auth service on a Unix socket and on a port, and IMAP. Needs root, and the Debian package
/// dovecot-imapd.
final class DovecotServer: Sendable {
    let folder: TemporaryFolder
    let authPort: Int
    let imapPort: Int

    var socket: String { folder.path("client") }

    private init(_ folder: TemporaryFolder, authPort: Int, imapPort: Int) {
        self.folder = folder
        self.authPort = authPort
        self.imapPort = imapPort
    }

    /// Users of `example.org` are in a file; that of `down.example` can't be read, which is a temporary failure.
    static func withServer<Value>(
        users: String, _ body: (DovecotServer) async throws -> Value
    ) async throws -> Value {
        let server = DovecotServer(
            try TemporaryFolder("dovecot"), authPort: try LoopbackPort.free(), imapPort: try LoopbackPort.free())
        guard geteuid() == 0 else { throw ServerFailure(description: "Dovecot is started as root only") }
        let folder = server.folder
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let mail = try folder.makeFolder("mail")
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: mail)
        try folder.write(users, to: "example.org.users")
        try FileManager.default.setAttributes(
            [.posixPermissions: 0], ofItemAtPath: folder.write(users, to: "down.example.users"))
        try folder.write(
            """
            base_dir = \(folder.path)/run
            state_dir = \(folder.path)/state
            log_path = \(folder.path)/log
            protocols = imap
            ssl = no
            disable_plaintext_auth = no
            auth_mechanisms = plain
            auth_failure_delay = 0
            auth_username_chars =
            mail_location = maildir:\(mail)/%u
            passdb {
              driver = passwd-file
              args = scheme=PLAIN \(folder.path)/%d.users
            }
            userdb {
              driver = static
              args = uid=65534 gid=65534 home=\(mail)/%u allow_all_users=yes
            }
            service auth {
              unix_listener \(folder.path)/client {
                mode = 0666
              }
              inet_listener {
                address = 127.0.0.1
                port = \(server.authPort)
              }
            }
            service anvil {
              unix_listener anvil-auth-penalty {
                mode = 0
              }
            }
            service imap-login {
              inet_listener imap {
                address = 127.0.0.1
                port = \(server.imapPort)
              }
              inet_listener imaps {
                port = 0
              }
            }

            """, to: "dovecot.conf")
        return try await server.whileRunning { try await body(server) }
    }

    /// Starts it, and ends it however `body` ends.
    func whileRunning<Value>(_ body: () async throws -> Value) async throws -> Value {
        let process = try await ChildProcess.start(
            ["/usr/sbin/dovecot", "-F", "-c", folder.path("dovecot.conf")], outputFile: folder.path("output"))
        let deadline = ContinuousClock.now + .seconds(60)
        while !(LoopbackPort.isOpen(authPort) && LoopbackPort.isOpen(imapPort)) {
            guard process.exit == nil, ContinuousClock.now < deadline else {
                let log = (try? String(contentsOfFile: folder.path("log"), encoding: .utf8)) ?? ""
                throw ServerFailure(description: "Dovecot does not start:\n\(process.output)\(log)")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        do {
            let value = try await body()
            process.signal(SIGTERM)
            _ = await process.waitForExit()
            return value
        } catch {
            process.signal(SIGTERM)
            _ = await process.waitForExit()
            throw error
        }
    }
}
