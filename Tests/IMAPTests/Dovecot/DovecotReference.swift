import Foundation

/// Dovecot's IMAP process in its pre-authenticated mode over pipes, on a Maildir of its own: what it answers is what
/// ours is held against. Needs the Debian package dovecot-imapd.
struct DovecotReference {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// A message as the Maildir has it.
    struct Message {
        var bytes: [UInt8]
        /// The letters of the file's name behind `:2,`.
        var flags = "S"
        /// The file's time, seconds since 1970; nil leaves that of its making.
        var internalDate: Int64?
    }

    /// Delivers the messages (with whatever line ends they have), sends the commands (without tags) and gives the FETCH
    /// responses in their order.
    static func fetches(messages: [[UInt8]], commands: [String]) throws -> [[UInt8]] {
        try answers(messages: messages.map { Message(bytes: $0) }, commands: commands).flatMap { answer in
            responses(answer).filter {
                $0.first == UInt8(ascii: "*")
                    && $0.drop { $0 != 0x20 }.dropFirst().drop { $0 != 0x20 }
                        .starts(with: Array(" FETCH ".utf8))
            }
        }
    }

    /// What each command is answered, its completion with the tag `reference` and a number included.
    /// - Parameter folders: beside INBOX, as Maildir++ names them, without the first dot.
    static func answers(
        messages: [Message], folders: [String] = [], subscriptions: [String] = [], commands: [String]
    ) throws -> [[UInt8]] {
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
        for folder in folders {
            for part in ["cur", "new", "tmp"] {
                try files.createDirectory(
                    at: root.appendingPathComponent("mail/.\(folder)/\(part)"), withIntermediateDirectories: true)
            }
        }
        if !subscriptions.isEmpty {
            let file = root.appendingPathComponent("mail/subscriptions")
            try Data(subscriptions.map { $0 + "\n" }.joined().utf8).write(to: file)
        }
        for (index, message) in messages.enumerated() {
            let file = root.appendingPathComponent(
                "mail/cur/\(1_000_000_000 + index).M\(index)P1.host:2,\(message.flags)")
            try Data(message.bytes).write(to: file)
            if let date = message.internalDate {
                let time = Date(timeIntervalSince1970: TimeInterval(date))
                try files.setAttributes([.modificationDate: time], ofItemAtPath: file.path)
            }
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
        defer { process.waitUntilExit() }
        var answers: [[UInt8]] = []
        var dialogue = Dialogue(input: input.fileHandleForWriting, output: output.fileHandleForReading)
        _ = try dialogue.ask("SELECT INBOX")
        // One after the other: Dovecot works on several FETCHes at once, and their answers may overtake each other.
        for command in commands {
            answers.append(try dialogue.ask(command))
        }
        _ = try dialogue.ask("LOGOUT")
        return answers
    }

    /// Commands and their answers over the process's pipes.
    private struct Dialogue {
        let input: FileHandle
        let output: FileHandle
        var number = 0

        mutating func ask(_ command: String) throws -> [UInt8] {
            number += 1
            let tag = "reference\(number) "
            try input.write(contentsOf: Data((tag + command + "\r\n").utf8))
            let completion = Data(tag.utf8)
            var received = Data()
            while true {
                let data = output.availableData
                guard !data.isEmpty else { throw Failure(description: "Dovecot ended at \(command)") }
                received += data
                if received.suffix(2) == Data("\r\n".utf8),
                    received.suffix(300 + tag.utf8.count).range(of: completion) != nil
                {
                    return [UInt8](received)
                }
            }
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
