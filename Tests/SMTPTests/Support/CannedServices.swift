import MailModel
import NIOCore
import Net
import Synchronization

@testable import SMTP

/// A house in which every address says what becomes of it, and that remembers what it was given.
final class CannedServices: SMTPServices {
    struct Message: Equatable {
        var sender: String
        var recipients: [String]
        var body: String
    }

    private struct State {
        var sender: EnvelopeSender?
        var recipients: [EnvelopeRecipient] = []
        var parts = ByteBuffer()
        var appended: [Int] = []
        var messages: [Message] = []
        var aborts = 0
        var logins: [String] = []
    }

    private let state = Mutex(State())

    var messages: [Message] { state.withLock { $0.messages } }
    var aborts: Int { state.withLock { $0.aborts } }
    /// Sizes of the pieces of messages that were streamed.
    var appended: [Int] { state.withLock { $0.appended } }
    var logins: [String] { state.withLock { $0.logins } }
    var hasOpenTransaction: Bool { state.withLock { $0.sender != nil } }

    func authenticate(
        _ credentials: SMTPCredentials, _ session: SMTPSessionFacts
    ) async -> SMTPAuthenticationOutcome {
        let login = String(decoding: credentials.login, as: UTF8.self)
        state.withLock { $0.logins.append(login) }
        if login == "down" { return .unavailable }
        return credentials.password.matches("secret".utf8) ? .accepted(login: login.lowercased()) : .rejected
    }

    /// Senders that are called `quiet` may not go on at DATA.
    func data(_ session: SMTPSessionFacts) async -> SMTPReply? {
        let sender = state.withLock { $0.sender?.path.address }
        guard sender?.localPart.elementsEqual("quiet".utf8) ?? false else { return nil }
        return SMTPReply(450, .init(4, 7, 1), "<DATA>: Data command rejected: not now")
    }

    func sender(_ sender: EnvelopeSender, _ session: SMTPSessionFacts) async -> SMTPReply? {
        if sender.path.address?.localPart.elementsEqual("forged".utf8) ?? false {
            return SMTPReply(
                553, .init(5, 7, 1),
                "<\(sender.path)>: Sender address rejected: not owned by user \(session.login ?? "-")")
        }
        state.withLock { $0.sender = sender }
        return nil
    }

    func recipient(
        _ recipient: EnvelopeRecipient, of sender: EnvelopeSender, _ session: SMTPSessionFacts
    ) async -> SMTPReply {
        switch String(decoding: recipient.address.localPart, as: UTF8.self) {
        case "nobody":
            return SMTPReply(
                550, .init(5, 1, 1),
                "<\(recipient.address)>: Recipient address rejected: User unknown in virtual mailbox table")
        case "later":
            return SMTPReply(451, .init(4, 3, 0), "<\(recipient.address)>: Temporary lookup failure")
        case "goaway":
            return SMTPReply(421, .init(4, 7, 0), "Too many unknown recipients")
        default:
            state.withLock { $0.recipients.append(recipient) }
            return SMTPReply(250, .init(2, 1, 5), "Ok")
        }
    }

    func deliver(_ body: ByteBuffer, _ session: SMTPSessionFacts) async -> [SMTPReply] {
        take(body, session)
    }

    func append(_ chunk: ByteBuffer, _ session: SMTPSessionFacts) async -> SMTPReply? {
        state.withLock { state in
            state.parts.writeImmutableBuffer(chunk)
            state.appended.append(chunk.readableBytes)
            let isFull = state.recipients.contains { $0.address.localPart.elementsEqual("nospace".utf8) }
            return isFull ? SMTPReply(452, .init(4, 3, 1), "Insufficient system storage") : nil
        }
    }

    func finish(_ session: SMTPSessionFacts) async -> [SMTPReply] {
        take(state.withLock { $0.parts }, session)
    }

    private func take(_ body: ByteBuffer, _ session: SMTPSessionFacts) -> [SMTPReply] {
        state.withLock { state in
            state.messages.append(
                Message(
                    sender: "\(state.sender?.path.description ?? "?")",
                    recipients: state.recipients.map(\.address.description), body: String(buffer: body)))
            let recipients = state.recipients
            state.sender = nil
            state.recipients = []
            state.parts = ByteBuffer()
            let ok = SMTPReply(250, .init(2, 0, 0), "Ok: queued as \(body.readableBytes)")
            guard session.isLMTP else { return [ok] }
            return recipients.map { recipient in
                recipient.address.localPart.elementsEqual("full".utf8)
                    ? SMTPReply(452, .init(4, 2, 2), "<\(recipient.address)> Mailbox is full") : ok
            }
        }
    }

    func abort(_ session: SMTPSessionFacts) async {
        state.withLock { state in
            state.aborts += 1
            state.sender = nil
            state.recipients = []
            state.parts = ByteBuffer()
        }
    }
}
