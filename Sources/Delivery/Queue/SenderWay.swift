package import MailModel
import Routing
package import Spool

/// What its sender makes of a copy that is for another host.
package enum SenderWay: Hashable, Sendable {
    case leaves(QueuedWay)
    /// `error:`, with what error(8) would say.
    case refused(String)
    /// `retry:`
    case putOff(String)
    /// `discard:`
    case discarded(String)

    /// What RCPT is answered to a recipient that leads nowhere else; nil where the recipient is taken.
    package func refusal(of recipient: EmailAddress) -> SMTPReply? {
        switch self {
        case .leaves, .discarded: return nil
        case .refused(let text):
            let (status, words) = ClassTransport.status(in: text, default: EnhancedStatusCode(5, 1, 1))
            return RoutingReply.rejected(recipient, status, words)
        case .putOff(let text):
            let (status, words) = ClassTransport.status(in: text, default: EnhancedStatusCode(4, 1, 1))
            return RoutingReply.putOff(recipient, status, words)
        }
    }

    /// As a transport table writes it.
    package var text: String {
        switch self {
        case .leaves(let way): way.text
        case .refused(let text): "error:\(text)"
        case .putOff(let text): "retry:\(text)"
        case .discarded(let text): "discard:\(text)"
        }
    }

    /// What an attempt comes to at once; nil where it has to be made.
    var result: RecipientResult? {
        switch self {
        case .leaves: return nil
        case .refused(let text):
            let (status, words) = ClassTransport.status(in: text, default: EnhancedStatusCode(5, 0, 0))
            return .failed(SMTPReply(550, status, words), host: nil)
        case .putOff(let text):
            let (status, words) = ClassTransport.status(in: text, default: EnhancedStatusCode(4, 0, 0))
            return .deferred(SMTPReply(450, status, words), host: nil)
        case .discarded(let reason): return .delivered(.discarded(reason), host: nil)
        }
    }

    /// For a copy in the queue.
    var queuedWay: QueuedWay {
        // With a way that nothing has, the first attempt asks again, and finds the words.
        if case .leaves(let way) = self { way } else { .mailbox }
    }
}
