import Blocking
import Glibc
import PostroomTesting
import Testing

/// Courier's own IMAP server on a test's Maildir, logged in from the start: what it says and keeps is the measure of its files.
struct Courier {
    struct Failed: Error, CustomStringConvertible {
        var description: String
    }

    /// Where `Tools/install-packages` unpacks it: Debian installs no second IMAP server beside Dovecot.
    static let folder = "/var/cache/postroom/courier"

    private let root: TemporaryMailRoot
    private let maildir: String
    private let uid: UInt32

    init(_ root: TemporaryMailRoot, maildir: String, uid: UInt32) throws {
        try #require(
            access("\(Self.folder)/usr/bin/imapd", X_OK) == 0,
            "this test needs Courier, not installed but unpacked: Tools/install-packages test")
        self.root = root
        self.maildir = maildir
        self.uid = uid
        try root.directory("courier-run", uid: uid)
    }

    /// Runs commands, to which it adds tags and the end, and returns all that was answered.
    @discardableResult
    func callAsFunction(_ commands: String...) async throws -> String {
        try await run(commands)
    }

    func run(_ commands: [String]) async throws -> String {
        let script = commands.enumerated().map { "t\($0) \($1)\r\n" }.joined() + "bye LOGOUT\r\n"
        let output = "courier-run/output-\(UInt32.random(in: 0...(.max)))"
        try root.file("\(output)-in", script)
        let libraries = ["usr/lib", "usr/lib/courier-authlib", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
            .map { "\(Self.folder)/\($0)" }.joined(separator: ":")
        let command = """
            cd \(root["mail"]) && setpriv --reuid \(uid) --regid \(uid) --clear-groups env -i PATH=/usr/bin:/bin \
            LD_LIBRARY_PATH=\(libraries) AUTHENTICATED=anna AUTHADDR=anna HOME=\(root["mail"]) MAILDIR=\(maildir) \
            IMAP_KEYWORDS=1 IMAP_USELOCKS=0 IMAP_CAPABILITY='IMAP4rev1 UIDPLUS ACL' TCPREMOTEIP=127.0.0.1 \
            \(Self.folder)/usr/bin/imapd \(maildir) \
            < \(root[output])-in > \(root[output]) 2> \(root[output])-errors
            """
        let pool = BlockingPool(name: "courier", threads: 1)
        _ = try await pool.run { system(command) }
        let answer = try root.contents(output)
        for tag in commands.indices.map({ "t\($0)" }) + ["bye"] {
            guard answer.contains("\r\n\(tag) OK") else {
                throw Failed(description: "\(commands): \(answer)\(try root.contents("\(output)-errors"))")
            }
        }
        return answer
    }

    func append(_ text: String, to name: String = "INBOX", flags: String = "") async throws {
        try await self("APPEND \(name) (\(flags)) {\(text.utf8.count)}\r\n\(text)")
    }
}
