package import MailModel

/// How far a session had come.
package enum OutgoingStage: String, Hashable, Sendable, CustomStringConvertible {
    case connect
    case greeting
    case hello
    case startTLS
    case authentication
    /// Before MAIL: what was found out here, without asking the server.
    case preparation
    case reset
    case mail
    case recipient
    case data
    /// Between 354 and the final dot.
    case content
    /// The reply to the whole message.
    case endOfContent

    /// As in Postfix's log: `while sending RCPT TO`.
    package var description: String {
        switch self {
        case .connect: "connecting"
        case .greeting: "receiving the initial server greeting"
        case .hello: "performing the EHLO handshake"
        case .startTLS: "performing STARTTLS"
        case .authentication: "performing AUTH"
        case .preparation: "preparing the message"
        case .reset: "sending RSET"
        case .mail: "sending MAIL FROM"
        case .recipient: "sending RCPT TO"
        case .data: "sending DATA command"
        case .content: "sending message body"
        case .endOfContent: "sending end of data -- message may be sent more than once"
        }
    }
}

/// What became of a message, recipient by recipient.
package struct TransactionResult: Hashable, Sendable {
    /// In the order of `OutgoingTransaction.recipients`.
    package var recipients: [RecipientOutcome]
    /// Whether the connection can take another message.
    package var canGoOn: Bool
    /// Whether the server took over NOTIFY, RET and ORCPT. Where it did not, a recipient that asked for a report of success
    /// is owed a "relayed" one by us (RFC 3461 §5.2.2).
    package var isDSNHandedOver: Bool

    package init(recipients: [RecipientOutcome], canGoOn: Bool, isDSNHandedOver: Bool = false) {
        self.recipients = recipients
        self.canGoOn = canGoOn
        self.isDSNHandedOver = isDSNHandedOver
    }
}

package enum RecipientOutcome: Hashable, Sendable {
    case delivered(SMTPReply)
    /// A 5xx of the server.
    case refused(OutgoingStage, SMTPReply)
    /// To be tried again.
    case deferred(OutgoingStage, OutgoingReason)
    /// The connection was lost, or fell silent, between the final dot and its reply. To be tried again; the server may have
    /// the message already (RFC 1047).
    case lostAfterContent(OutgoingReason)
    /// The server can't take this message, whenever it is tried; found out here (5.3.4, 5.6.x).
    case unsupported(OutgoingReason)
}

/// Why, in the server's words or in ours.
package enum OutgoingReason: Hashable, Sendable, CustomStringConvertible {
    case reply(SMTPReply)
    case local(EnhancedStatusCode, String)

    /// The server's enhanced code, or the one that stands for its three digits alone (`4.0.0`).
    package var status: EnhancedStatusCode {
        switch self {
        case .reply(let reply): reply.enhanced ?? EnhancedStatusCode(UInt8(clamping: reply.code / 100), 0, 0)
        case .local(let status, _): status
        }
    }

    package var description: String {
        switch self {
        case .reply(let reply): reply.description
        case .local(let status, let text): "\(status) \(text)"
        }
    }
}

/// Why a session with a next hop did not come about; nothing was sent.
package struct OutgoingFailure: Error, Hashable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        /// No connection, or it was lost.
        case unreachable
        case timedOut
        case refused(SMTPReply)
        /// TLS failed or was not to be had where it is required.
        case tls
        /// No password was accepted, or none could be given.
        case authentication
        /// The server does not speak the protocol.
        case protocolViolation
        case cancelled
    }

    package var stage: OutgoingStage
    package var kind: Kind
    package var text: String
    /// Whether the recipients are refused for good. Anything else leaves them to the next host, then to the queue: as in
    /// Postfix, a 5xx greeting too (unless `skips5xxGreeting` is off), a refused login and TLS that failed.
    package var isPermanent: Bool

    package init(stage: OutgoingStage, kind: Kind, text: String, isPermanent: Bool = false) {
        self.stage = stage
        self.kind = kind
        self.text = text
        self.isPermanent = isPermanent
    }

    /// For a report on a recipient that failed because of it.
    package var reason: OutgoingReason {
        switch kind {
        case .refused(let reply): .reply(reply)
        case .unreachable: .local(EnhancedStatusCode(4, 4, stage == .connect ? 1 : 2), text)
        case .timedOut: .local(EnhancedStatusCode(4, 4, stage == .connect ? 1 : 2), text)
        case .tls: .local(EnhancedStatusCode(4, 7, 5), text)
        case .authentication: .local(EnhancedStatusCode(4, 7, 0), text)
        case .protocolViolation: .local(EnhancedStatusCode(4, 5, 0), text)
        case .cancelled: .local(EnhancedStatusCode(4, 4, 2), text)
        }
    }

    package var description: String { text }
}
