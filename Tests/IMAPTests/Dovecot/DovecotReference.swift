import Foundation

/// Dovecot's IMAP process in its pre-authenticated mode over pipes, on a Maildir of its own: what it answers is what
/// ours is held against. Needs the Debian package dovecot-imapd.
struct DovecotReference {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Delivers the messages (with whatever line ends they have), sends the commands (without tags) and gives the FETCH
    /// responses in their order: Dovecot works on several commands at once, but answers one after the other.
    static func fetches(messages: [[UInt8]], commands: [String]) throws -> [[UInt8]] {
        let program = "/usr/lib/dovecot/imap"
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Failure(description: "\(program) is missing: apt-get install dovecot-imapd")
        }
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("postroom-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        let files = FileManager.default
        for folder in ["cur", "new", "tmp"] {
            try files.createDirectory(
                at: root.appendingPathComponent("mail/\(folder)"), withIntermediateDirectories: true)
        }
        for (index, message) in messages.enumerated() {
            try Data(message).write(
                to: root.appendingPathComponent("mail/cur/\(1_000_000_000 + index).M\(index)P1.host:2,S"))
        }
        let configuration = """
            base_dir = \(root.path)/run
            log_path = /dev/stderr
            mail_location = maildir:\(root.path)/mail
            ssl = no
            first_valid_uid = 1
            """
        try Data(configuration.utf8).write(to: root.appendingPathComponent("dovecot.conf"))

        let process = Process()
        var arguments = [program, "-c", root.appendingPathComponent("dovecot.conf").path]
        if geteuid() == 0 {
            // Dovecot serves no mail of root's.
            try run("/bin/chown", ["-R", "65534:65534", root.path])
            arguments = ["/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] + arguments
        }
        process.executableURL = URL(fileURLWithPath: arguments[0])
        process.arguments = Array(arguments.dropFirst())
        process.environment = ["USER": "nobody", "HOME": root.path, "TZ": "UTC", "PATH": "/usr/bin:/bin"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let script = (["s SELECT INBOX"] + commands.map { "a " + $0 } + ["z LOGOUT"]).map { $0 + "\r\n" }.joined()
        let writer = Thread {
            try? input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
            try? input.fileHandleForWriting.close()
        }
        writer.start()
        let data = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return responses([UInt8](data)).filter {
            $0.starts(with: Array("* ".utf8)) && $0.drop { $0 != 0x20 }.dropFirst().drop { $0 != 0x20 }
                .starts(with: Array(" FETCH ".utf8))
        }
    }

    private static func run(_ program: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(description: "\(program) failed") }
    }

    /// Cuts a server's output into responses, literals included, without their last line ends.
    static func responses(_ bytes: [UInt8]) -> [[UInt8]] {
        var result: [[UInt8]] = []
        var start = 0
        var position = 0
        while let lineFeed = bytes[position...].firstIndex(of: 0x0A) {
            let line = String(decoding: bytes[position..<max(position, lineFeed - 1)], as: UTF8.self)
            position = lineFeed + 1
            if line.hasSuffix("}"), let brace = line.lastIndex(of: "{"),
                let size = Int(line[line.index(after: brace)...].dropLast())
            {
                position += size
                continue
            }
            result.append(Array(bytes[start..<max(start, lineFeed - 1)]))
            start = position
        }
        return result
    }
}
