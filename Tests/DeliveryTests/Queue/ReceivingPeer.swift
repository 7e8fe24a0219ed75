import NIOCore
import PostroomTesting
import Synchronization

/// A next hop on a loopback port that speaks SMTP or LMTP, keeps what it is given and answers as it is told.
final class ReceivingPeer: Sendable {
    struct Message: Sendable {
        /// `<a@b.example> RET=HDRS`: what stood behind `MAIL FROM:`.
        var sender: String
        /// The same of each RCPT that was taken.
        var recipients: [String]
        var content: String
    }

    /// What is said to a command, `MAIL`, `RCPT`, `DATA` or `.`; nil for what a friendly server says. A reply of "close"
    /// closes, and one that ends in "and closes" is said before.
    typealias Answers = @Sendable (_ verb: String, _ argument: String) -> String?

    private struct State {
        var port: Int
        var messages: [Message] = []
        var connections = 0
        var sessions: [String] = []
        var answers: Answers = { _, _ in nil }
    }

    private let state: Mutex<State>
    private let isLMTP: Bool
    private let extensions: [String]

    private init(port: Int, isLMTP: Bool, extensions: [String]) {
        state = Mutex(State(port: port))
        self.isLMTP = isLMTP
        self.extensions = extensions
    }

    var port: Int { state.withLock { $0.port } }
    var messages: [Message] { state.withLock { $0.messages } }
    var connections: Int { state.withLock { $0.connections } }
    /// AUTH commands, as they came.
    var logins: [String] { state.withLock { $0.sessions } }

    func answer(_ answers: @escaping Answers) { state.withLock { $0.answers = answers } }

    /// - Parameter port: 0 for any.
    static func serving<Value: Sendable>(
        port: Int = 0, isLMTP: Bool = false, extensions: [String] = ["PIPELINING", "8BITMIME", "DSN"],
        _ body: (ReceivingPeer) async throws -> Value
    ) async throws -> Value {
        let peer = ReceivingPeer(port: port, isLMTP: isLMTP, extensions: extensions)
        let server = try await PeerListener.bind(port: port)
        peer.state.withLock { $0.port = server.channel.localAddress?.port ?? 0 }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await server.executeThenClose { connections in
                    await withDiscardingTaskGroup { sessions in
                        do {
                            for try await connection in connections {
                                sessions.addTask { try? await peer.serve(connection) }
                            }
                        } catch {}
                        sessions.cancelAll()
                    }
                }
            }
            let value = try await body(peer)
            group.cancelAll()
            return value
        }
    }

    private func serve(_ connection: any Channel) async throws {
        state.withLock { $0.connections += 1 }
        try await PeerListener.take(connection).executeThenClose { inbound, outbound in
            var input = inbound.makeAsyncIterator()
            var unread: [UInt8] = []
            func line() async throws -> String? {
                while true {
                    if let end = unread.firstIndex(of: 0x0A) {
                        defer { unread.removeFirst(end + 1) }
                        return String(decoding: unread[..<end].filter { $0 != 0x0D }, as: UTF8.self)
                    }
                    guard let more = try await input.next() else { return nil }
                    unread += more.readableBytesView
                }
            }
            func say(_ text: String) async throws { try await outbound.write(ByteBuffer(string: text + "\r\n")) }
            try await say(answer("connect", "") ?? "220 peer.example ready")
            var message = Message(sender: "", recipients: [], content: "")
            while let command = try await line() {
                let verb = command.prefix { $0 != " " }.uppercased()
                let argument = command.drop { $0 != ":" }.dropFirst().trimmingPrefix(" ")
                if let reply = answer(verb, String(argument)) {
                    if reply == "close" { return }
                    try await say(reply)
                    if reply.hasPrefix("421") || reply.hasSuffix("and closes") { return }
                    continue
                }
                switch verb {
                case "EHLO", "LHLO":
                    let lines = ["peer.example"] + extensions
                    for (place, text) in lines.enumerated() {
                        try await say("250\(place + 1 < lines.count ? "-" : " ")\(text)")
                    }
                case "AUTH":
                    state.withLock { $0.sessions.append(command) }
                    try await say("235 2.7.0 welcome")
                case "MAIL":
                    message = Message(sender: String(argument), recipients: [], content: "")
                    try await say("250 2.1.0 sender ok")
                case "RCPT":
                    message.recipients.append(String(argument))
                    try await say("250 2.1.5 recipient ok")
                case "DATA":
                    guard !message.recipients.isEmpty else {
                        try await say("554 5.5.1 no recipients")
                        continue
                    }
                    try await say("354 go on")
                    while let text = try await line(), text != "." {
                        message.content += (text.hasPrefix(".") ? String(text.dropFirst()) : text) + "\n"
                    }
                    for place in isLMTP ? Array(message.recipients.indices) : [0] {
                        let reply = answer(".", message.recipients[place])
                        if reply == "close" { return }
                        try await say(reply ?? "250 2.0.0 taken")
                    }
                    if answer(".", message.recipients[0]) == nil || isLMTP {
                        state.withLock { [message] in $0.messages.append(message) }
                    }
                case "QUIT":
                    try await say("221 2.0.0 bye")
                    return
                default: try await say("250 2.0.0 ok")
                }
            }
        }
    }

    private func answer(_ verb: String, _ argument: String) -> String? {
        let answers = state.withLock { $0.answers }
        return answers(verb, argument)
    }
}
