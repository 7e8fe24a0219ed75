import DequeModule
import MailModel
import NIOCore

/// One message under way: what was sent, what is awaited, what is known of each recipient.
struct TransactionProgress: Sendable {
    /// What the next replies answer, in their order.
    enum Expectation: Hashable, Sendable {
        case reset
        case mail
        case recipient(Int)
        case data
        /// BDAT without LAST.
        case chunk
        case end
        /// LMTP: one reply for each recipient that was accepted (RFC 2033 §4.2).
        case endForRecipient(Int)
        /// To the lone dot behind a DATA that no recipient was left for (RFC 2920 §3.1).
        case emptyEnd

        var stage: OutgoingStage {
            switch self {
            case .reset: .reset
            case .mail: .mail
            case .recipient: .recipient
            case .data, .emptyEnd: .data
            case .chunk: .content
            case .end, .endForRecipient: .endOfContent
            }
        }
    }

    enum Content: Hashable, Sendable {
        case none
        /// The message is being sent.
        case open
        case ended
    }

    let mail: [UInt8]
    /// The command of each recipient; nil for one that can't be named to this server.
    let recipients: [[UInt8]?]
    let usesBDAT: Bool
    /// BODY=BINARYMIME: not an octet is changed.
    let isBinary: Bool
    let isDSNHandedOver: Bool

    var outcomes: [RecipientOutcome?]
    var accepted: [Int] = []
    var pending: Deque<Expectation> = []
    /// Octets of the commands that await their replies.
    var octetsInFlight = 0
    private var sizes: Deque<Int> = []
    var nextRecipient = 0
    var isResetSent: Bool
    var isMailSent = false
    var isMailRefused = false
    var isDataSent = false
    var content = Content.none
    /// Whether the server has answered the message, so that no RSET is needed.
    private(set) var isCompleted = false
    var encoder: MessageEncoder
    /// Gathered for the next BDAT.
    var chunk = ByteBuffer()

    init(
        mail: [UInt8], recipients: [[UInt8]?], outcomes: [RecipientOutcome?], usesBDAT: Bool,
        isBinary: Bool, isDSNHandedOver: Bool, needsReset: Bool, lineLimit: Int
    ) {
        self.mail = mail
        self.recipients = recipients
        self.outcomes = outcomes
        self.usesBDAT = usesBDAT
        self.isBinary = isBinary
        self.isDSNHandedOver = isDSNHandedOver
        isResetSent = !needsReset
        encoder = MessageEncoder(lineLimit: lineLimit, doublesDots: !usesBDAT)
    }

    mutating func expect(_ expectation: Expectation, octets: Int) {
        pending.append(expectation)
        sizes.append(octets)
        octetsInFlight += octets
    }

    mutating func takeExpectation() -> Expectation? {
        if let size = sizes.popFirst() { octetsInFlight -= size }
        return pending.popFirst()
    }

    var stage: OutgoingStage { pending.first?.stage ?? (content == .open ? .content : .mail) }

    /// At most this many BDAT commands await their replies.
    var wantsContent: Bool { content == .open && pending.count < 4 }

    var isOver: Bool {
        pending.isEmpty && content != .open
            && (content == .ended || (nextRecipient >= recipients.count || isMailRefused) && !isContentDue)
    }

    /// Whether DATA or BDAT can still come.
    var isContentDue: Bool { content == .none && !accepted.isEmpty && undecided }

    private var undecided: Bool { accepted.contains { outcomes[$0] == nil } }

    /// For all recipients of whom nothing is known yet.
    mutating func decide(_ outcome: RecipientOutcome) {
        for index in outcomes.indices where outcomes[index] == nil { outcomes[index] = outcome }
    }

    mutating func decide(_ index: Int, _ outcome: RecipientOutcome) {
        guard outcomes.indices.contains(index), outcomes[index] == nil else { return }
        outcomes[index] = outcome
    }

    /// The server has answered the whole message. Behind a chunk that was refused only RSET makes a new beginning (RFC 3030 §2).
    mutating func complete(isAccepted: Bool) {
        isCompleted = isAccepted || !usesBDAT
    }

    /// The session ended. Behind the end of the message nobody knows whether the server has it.
    mutating func giveUp(_ stage: OutgoingStage, _ reason: OutgoingReason) {
        decide(content == .ended ? .lostAfterContent(reason) : .deferred(stage, reason))
    }

    func result(canGoOn: Bool) -> TransactionResult {
        TransactionResult(
            recipients: outcomes.map {
                $0 ?? .deferred(stage, .local(EnhancedStatusCode(4, 4, 2), "the session ended"))
            }, canGoOn: canGoOn, isDSNHandedOver: isDSNHandedOver)
    }
}
