import Blocking
import Glibc
import PostroomTesting
import Testing

/// Dovecot's own tools on a test's Maildir, as the mailbox's owner: what they say and do is the measure of the file formats.
struct Dovecot {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    private let root: TemporaryMailRoot
    private let configuration: String

    /// - Parameter settings: what the test adds to the configuration.
    init(_ root: TemporaryMailRoot, maildir: String, uid: UInt32, settings: String = "") throws {
        try self.init(
            root, location: "maildir:\(root["mail/\(maildir)"])", home: root["mail/\(maildir)"], uid: uid,
            settings: settings)
    }

    /// - Parameter settings: further lines of its configuration.
    init(_ root: TemporaryMailRoot, location: String, home: String, uid: UInt32, settings: String = "") throws {
        try #require(access("/usr/bin/doveadm", X_OK) == 0, "this test needs Dovecot: apt-get install dovecot-imapd")
        self.root = root
        configuration = root["dovecot.conf"]
        try root.directory("dovecot-run", uid: uid)
        try root.file(
            "dovecot.conf",
            """
            base_dir = \(root["dovecot-run"])
            state_dir = \(root["dovecot-run"])
            log_path = /dev/stderr
            ssl = no
            protocols = imap
            mail_location = \(location)
            mail_home = \(home)
            \(settings)
            mail_uid = \(uid)
            mail_gid = \(uid)
            first_valid_uid = 500
            namespace inbox {
              inbox = yes
            }
            \(settings)

            """)
        self.uid = uid
    }

    private let uid: UInt32

    /// Runs `doveadm` and returns what it printed.
    @discardableResult
    func callAsFunction(_ arguments: String..., input: String = "") async throws -> String {
        try await run("/usr/bin/doveadm", arguments, input: input)
    }

    /// Starts an IMAP session.
    func session() throws -> DovecotSession {
        try DovecotSession(configuration: configuration, home: root.path, uid: uid)
    }

    /// Delivers a message into INBOX with Dovecot's delivery agent.
    func deliver(_ message: String) async throws {
        try await run("/usr/lib/dovecot/dovecot-lda", [], input: message)
    }

    /// One session of its IMAP server, logged in from the start, with these commands.
    @discardableResult
    func imap(_ commands: [String]) async throws -> String {
        let script = commands.enumerated().map { "t\($0) \($1)\r\n" }.joined() + "bye LOGOUT\r\n"
        return try await run("/usr/lib/dovecot/imap", [], input: script)
    }

    @discardableResult
    private func run(_ program: String, _ arguments: [String], input: String) async throws -> String {
        let quoted = arguments.map { "'\($0.replacing("'", with: "'\\''"))'" }.joined(separator: " ")
        let output = "dovecot-run/output-\(UInt32.random(in: 0...(.max)))"
        try root.file("\(output)-in", input)
        let command = """
            cat \(root[output])-in | setpriv --reuid \(uid) --regid \(uid) --clear-groups env USER=anna HOME=\(root.path) \
            \(program) -c \(configuration) \(quoted) \
            > \(root[output]) 2> \(root[output])-errors
            """
        let pool = BlockingPool(name: "doveadm", threads: 1)
        let status = try await pool.run { system(command) }
        guard status == 0 else {
            throw Failed(description: "\(program) \(quoted): \(status) \(try root.contents("\(output)-errors"))")
        }
        return try root.contents(output)
    }

    /// `doveadm fetch`, a row per message.
    func fetch(_ fields: String, mailbox: String = "INBOX") async throws -> [[String]] {
        try await self("-f", "tab", "fetch", fields, "mailbox", mailbox, "all")
            .split(separator: "\n").dropFirst().map { row in
                row.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
            }
    }
}
