import Foundation
import PostroomTesting

/// Postfix's smtp-sink: the outside to which a site forwards. Keeps every message in a file, with the envelope before it.
struct MessageSink {
    /// One message as it came.
    struct Message {
        var sender: String
        var recipients: [String]
        /// Without the envelope's lines.
        var text: String
    }

    let port: Int
    private let folder: String

    static func running<Value: Sendable>(_ body: (MessageSink) async throws -> Value) async throws -> Value {
        let folder = try TemporaryFolder("sink")
        let messages = try folder.makeFolder("messages")
        for path in [folder.path, messages] { chmod(path, 0o777) }
        let port = try LoopbackPort.free()
        let process = try await ChildProcess.start(
            ["/usr/sbin/smtp-sink"] + (geteuid() == 0 ? ["-u", "nobody"] : []) + [
                "-d", "\(messages)/m.", "127.0.0.1:\(port)", "10",
            ], outputFile: folder.path("log"))
        defer { process.signal(SIGTERM) }
        try await eventually("smtp-sink listens", { process.output }) { LoopbackPort.isOpen(port) }
        return try await body(MessageSink(port: port, folder: messages))
    }

    /// The next hop that leads here.
    var nextHop: String { "[127.0.0.1]:\(port)" }

    /// Waits until as many messages are there, whole.
    func messages(_ count: Int) async throws -> [Message] {
        var found: [Message] = []
        try await eventually("\(count) messages arrive", { "\(found)" }) {
            found = try read()
            return found.count >= count
        }
        return found
    }

    private func read() throws -> [Message] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted().compactMap { name in
            let text = try String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)
                .replacing("\r\n", with: "\n")
            // smtp-sink writes the envelope first, and an empty line behind the message.
            guard text.contains("\n\n"), text.hasSuffix("\n\n") else { return nil }
            func values(_ field: String) -> [String] {
                text.split(separator: "\n").filter { $0.hasPrefix("\(field): ") }.map {
                    String($0.dropFirst(field.count + 2).drop { $0 == "<" }.prefix { $0 != ">" })
                }
            }
            return Message(sender: values("X-Mail-Args").first ?? "", recipients: values("X-Rcpt-Args"), text: text)
        }
    }
}
