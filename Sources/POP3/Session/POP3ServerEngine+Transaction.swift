import MailModel
import NIOCore
import Net

/// The TRANSACTION state (RFC 1939 §5) and the way out of it (§6).
extension POP3ServerEngine {
    /// How much of an answer is made before the channel has taken it.
    private static let pieceSize = 64 << 10

    mutating func perform(
        _ command: POP3Command, in maildrop: Maildrop, _ output: inout ByteBuffer
    ) -> Step {
        switch command {
        case .stat: return accept("+OK \(maildrop.count) \(maildrop.size)", &output)
        case .list(nil):
            _ = accept("+OK \(maildrop.count) messages:", &output)
            return list(maildrop, from: 1, &output) { "\($0) \($1.size)" }
        case .uidl(nil):
            _ = accept("+OK", &output)
            return list(maildrop, from: 1, &output) { number, message in
                "\(number) \(String(decoding: message.uniqueID, as: UTF8.self))"
            }
        case .list(let number?):
            return withMessage(number, maildrop, &output) { engine, message, output in
                engine.accept("+OK \(number) \(message.size)", &output)
            }
        case .uidl(let number?):
            return withMessage(number, maildrop, &output) { engine, message, output in
                engine.accept("+OK \(number) \(String(decoding: message.uniqueID, as: UTF8.self))", &output)
            }
        case .retr(let number):
            return withMessage(number, maildrop, &output) { engine, message, _ in
                engine.fetch(number, message, lines: nil, maildrop)
            }
        case .top(let number, let lines):
            return withMessage(number, maildrop, &output) { engine, message, _ in
                engine.fetch(number, message, lines: lines, maildrop)
            }
        case .dele(let number):
            return withMessage(number, maildrop, &output) { engine, _, output in
                var maildrop = maildrop
                maildrop.delete(number)
                engine.state = .transaction(maildrop)
                return engine.accept("+OK Marked to be deleted.", &output)
            }
        case .noop: return accept("+OK", &output)
        case .rset:
            var maildrop = maildrop
            maildrop.reset()
            state = .transaction(maildrop)
            return accept("+OK", &output)
        case .quit: return quit(maildrop, &output)
        case .capa, .lang: return .needInput
        case .apop, .auth, .pass, .stls, .user, .utf8: return reject("Already logged in.", &output)
        }
    }

    private mutating func accept(_ line: String, _ output: inout ByteBuffer) -> Step {
        forgetErrors()
        return reply(line, &output)
    }

    private mutating func withMessage(
        _ number: Int, _ maildrop: Maildrop, _ output: inout ByteBuffer,
        _ body: (inout POP3ServerEngine, POP3Message, inout ByteBuffer) -> Step
    ) -> Step {
        switch maildrop.message(number) {
        case .none: reject("There's no message \(number).", &output)
        case .deleted: reject("Message is deleted.", &output)
        case .message(let message): body(&self, message, &output)
        }
    }

    // MARK: Listings

    private mutating func list(
        _ maildrop: Maildrop, from first: Int, _ output: inout ByteBuffer,
        _ line: @escaping @Sendable (Int, POP3Message) -> String
    ) -> Step {
        let full = output.writerIndex + Self.pieceSize
        for (number, message) in maildrop.remaining(from: first) {
            guard output.writerIndex < full else {
                return wait(.drain) { engine, _, output in engine.list(maildrop, from: number, &output, line) }
            }
            output.writeString(line(number, message) + "\r\n")
        }
        output.writeStaticString(".\r\n")
        return .needInput
    }

    // MARK: Messages

    private mutating func fetch(_ number: Int, _ message: POP3Message, lines: Int?, _ maildrop: Maildrop) -> Step {
        wait(.content(maildrop.opened, message, headerOnly: lines == 0)) { engine, answer, output in
            switch answer {
            case .content(let content?):
                engine.forgetErrors()
                if lines == nil, case .transaction(var maildrop) = engine.state {
                    maildrop.noteRetrieved(number)
                    engine.state = .transaction(maildrop)
                }
                output.writeString(lines == nil ? "+OK \(message.size) octets\r\n" : "+OK\r\n")
                return engine.send(MessageReply(content, lines: lines, engine.options.workarounds), &output)
            case .content(nil): return engine.reject("[SYS/TEMP] Message \(number) is gone.", &output)
            case .failed(let failure): return engine.reject(POP3FailureText.text(failure), &output)
            case .done, .loggedIn: return engine.reject("[SYS/TEMP] Temporarily unavailable.", &output)
            }
        }
    }

    private mutating func send(_ reply: MessageReply, _ output: inout ByteBuffer) -> Step {
        var reply = reply
        reply.write(to: &output, limit: Self.pieceSize)
        guard !reply.isComplete else { return .needInput }
        let rest = reply
        return wait(.drain) { engine, _, output in engine.send(rest, &output) }
    }

    // MARK: QUIT

    private mutating func quit(_ maildrop: Maildrop, _ output: inout ByteBuffer) -> Step {
        let deleted = maildrop.deletedMessages
        let retrieved = maildrop.retrievedMessages
        guard !deleted.isEmpty || !retrieved.isEmpty else {
            output.writeStaticString("+OK Logging out.\r\n")
            return .close
        }
        return wait(.update(maildrop.opened, deleted: deleted, retrieved: retrieved)) { _, answer, output in
            switch answer {
            case .done:
                output.writeString(
                    deleted.isEmpty ? "+OK Logging out.\r\n" : "+OK Logging out, messages deleted.\r\n")
            case .failed(let failure) where deleted.isEmpty:
                output.writeString("-ERR \(POP3FailureText.text(failure))\r\n")
            // RFC 1939 §6.
            case .failed, .content, .loggedIn:
                output.writeStaticString("-ERR [SYS/TEMP] Some deleted messages were not removed.\r\n")
            }
            return .close
        }
    }
}
