import Blocking
import Foundation

/// A session of Dovecot's IMAP process, which has a mailbox open as long as the test wants it. One command at a time.
///
/// Unchecked: the pool has one thread, and everything that touches the pipes runs there.
final class DovecotSession: @unchecked Sendable {
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private let pool = BlockingPool(name: "dovecot-imap", threads: 1)
    private var received: [UInt8] = []
    private var number = 0

    init(configuration: String, home: String, uid: UInt32) throws {
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments = [
            "--reuid", "\(uid)", "--regid", "\(uid)", "--clear-groups", "/usr/lib/dovecot/imap", "-c", configuration,
        ]
        process.environment = ["USER": "anna", "HOME": home, "PATH": "/usr/bin:/bin"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = Foundation.FileHandle.nullDevice
        try process.run()
    }

    /// Sends a command and gives the untagged lines of its answer.
    @discardableResult
    func callAsFunction(_ command: String) async throws -> [String] {
        try await pool.run { [self] in
            number += 1
            try input.fileHandleForWriting.write(contentsOf: Data("t\(number) \(command)\r\n".utf8))
            var lines: [String] = []
            while true {
                let line = try line()
                if line.hasPrefix("t\(number) ") {
                    guard line.hasPrefix("t\(number) OK") else {
                        throw Dovecot.Failed(description: "\(command): \(line)")
                    }
                    return lines
                }
                lines.append(line)
            }
        }
    }

    private func line() throws -> String {
        while true {
            if let end = received.firstIndex(of: 0x0A) {
                defer { received.removeSubrange(...end) }
                return String(decoding: received[..<end].filter { $0 != 0x0D }, as: UTF8.self)
            }
            let data = output.fileHandleForReading.availableData
            guard !data.isEmpty else { throw Dovecot.Failed(description: "Dovecot's IMAP process ended") }
            received += data
        }
    }

    /// UIDs with their flags, as this session sees them.
    func flags() async throws -> [[String]] {
        try await self("UID FETCH 1:* (UID FLAGS)").compactMap { line in
            guard line.hasPrefix("* "), line.contains(" FETCH (UID "),
                let uid = line.split(separator: "UID ").last?.prefix(while: \.isNumber),
                let names = line.split(separator: "FLAGS (").last?.prefix(while: { $0 != ")" })
            else { return nil }
            let flags = names.split(separator: " ").filter { $0 != "\\Recent" }.sorted()
            return [String(uid), flags.joined(separator: " ")]
        }
    }

    func end() async throws {
        try await self("LOGOUT")
        try await pool.run { [process] in process.waitUntilExit() }
    }
}
