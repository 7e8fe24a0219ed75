package import MailModel

/// A message that waits: everything but its octets.
package struct QueuedMessage: Hashable, Sendable {
    package let id: QueueID
    package var envelope: QueuedEnvelope
    /// In the order of arrival; a recipient's place is its name for the rest of the message's life.
    package var recipients: [QueuedRecipient]
    /// Octets of header and body as they will be sent, line ends CRLF.
    package var size: UInt64
    package var isHeld: Bool

    package init(
        id: QueueID, envelope: QueuedEnvelope, recipients: [QueuedRecipient], size: UInt64, isHeld: Bool = false
    ) {
        self.id = id
        self.envelope = envelope
        self.recipients = recipients
        self.size = size
        self.isHeld = isHeld
    }
}

/// What a message brought with it, whoever it goes to.
package struct QueuedEnvelope: Hashable, Sendable {
    package var sender: EnvelopeSender
    /// When it was taken: microseconds since 1970, by the wall clock.
    package var arrival: Int64
    /// The login that submitted it, or `uid=1000` for a program of this host; nil for mail from elsewhere.
    package var submitter: String?
    /// The client's address as text, for `queue show` and reports.
    package var client: String?
    package var needs: ContentNeeds

    package init(
        sender: EnvelopeSender, arrival: Int64, submitter: String? = nil, client: String? = nil,
        needs: ContentNeeds = []
    ) {
        self.sender = sender
        self.arrival = arrival
        self.submitter = submitter
        self.client = client
        self.needs = needs
    }
}

/// What a next hop must be able to do to take the octets as they are.
package struct ContentNeeds: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// Octets above 127 in the body: 8BITMIME, or a conversion.
    package static let eightBitMIME = ContentNeeds(rawValue: 1)
    /// UTF-8 in the header: SMTPUTF8 (RFC 6531).
    package static let smtpUTF8 = ContentNeeds(rawValue: 2)
    /// Came as BODY=BINARYMIME (RFC 3030).
    package static let binaryMIME = ContentNeeds(rawValue: 4)
    package static let nul = ContentNeeds(rawValue: 8)
    /// Lines of more than 998 octets (RFC 5321 §4.5.3.1.6).
    package static let overlongLines = ContentNeeds(rawValue: 16)
}

/// One copy of a message, and how far it got.
package struct QueuedRecipient: Hashable, Sendable {
    /// The final address, after aliases, with what the sender asked for (NOTIFY, ORCPT).
    package var recipient: EnvelopeRecipient
    /// As the client gave it: `orig_to` of the log, and ORCPT of reports where the sender gave none.
    package var given: EmailAddress
    /// The envelope sender of this copy where it is not the message's: SRS.
    package var sender: ReversePath?
    /// The way there when it was last resolved. Attempts resolve the final address again, so that a mended directory mends
    /// the queue; this tells which waiting mail belongs together before that, and it is the way where `isWayFixed`.
    package var way: QueuedWay
    /// The way was ordered (access(5) FILTER, a sender's relay host), and routing has no say.
    package var isWayFixed: Bool
    /// Which mailbox of the address this copy is for; nil for every one that has none of its own, and for another way.
    package var mailbox: QueuedMailbox?
    package var state: QueuedState

    package init(
        recipient: EnvelopeRecipient, given: EmailAddress, sender: ReversePath? = nil, way: QueuedWay,
        isWayFixed: Bool = false, mailbox: QueuedMailbox? = nil, state: QueuedState = .waiting(QueuedAttempts())
    ) {
        self.recipient = recipient
        self.given = given
        self.sender = sender
        self.way = way
        self.isWayFixed = isWayFixed
        self.mailbox = way == .mailbox ? mailbox : nil
        self.state = state
    }
}

/// A mailbox of this machine, by the place where its mail lies: an account may change its owner or its quota meanwhile.
package struct QueuedMailbox: Hashable, Sendable {
    package var format: MailboxLocation.Format
    package var path: [UInt8]

    package init(format: MailboxLocation.Format, path: [UInt8]) {
        self.format = format
        self.path = path
    }

    package init(_ location: MailboxLocation) {
        self.init(format: location.format, path: location.inbox ?? location.path)
    }
}

/// Mail with the same way shares connections, transactions and the fate of its next hop.
package enum QueuedWay: Hashable, Sendable {
    /// A mailbox on this machine.
    case mailbox
    /// Nobody could tell when the message came: the recipient is the address as it was given, and the first attempt that
    /// the directory answers makes its copies of it, by aliases, groups and accounts.
    case unresolved
    /// As `RemoteDestination`; a next hop of nil stands for the mail exchangers of the domain given.
    case remote(RemoteDestination.Transport, nextHop: String?, domain: Domain)
}

package enum QueuedState: Hashable, Sendable {
    case waiting(QueuedAttempts)
    /// Taken by the next hop or the mailbox.
    case delivered
    /// Given up, and whoever had to be told was told.
    case failed
    /// Taken out of the queue by an administrator: nobody is told.
    case deleted
    /// Became others, which stand behind those that came with the message.
    case expanded
    /// Nothing is left to be tried, but the sender, who asked for it (NOTIFY=SUCCESS), is yet to be told.
    case untold(QueuedSuccess)

    /// Nothing is tried any more.
    package var isFinal: Bool {
        if case .waiting = self { false } else { true }
    }

    /// Nothing is left to be done, nor to be told.
    package var isDone: Bool {
        switch self {
        case .waiting, .untold: false
        case .delivered, .failed, .deleted, .expanded: true
        }
    }
}

/// What a report of success has to say of a recipient.
package struct QueuedSuccess: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        /// It is in a mailbox here.
        case delivered
        /// A next hop has it that tells of success to nobody.
        case relayed
        /// An alias became several recipients.
        case expanded
    }

    package var kind: Kind
    package var reply: SMTPReply
    /// Who said so; nil for ourselves.
    package var host: String?

    package init(_ kind: Kind, _ reply: SMTPReply, host: String? = nil) {
        self.kind = kind
        self.reply = reply
        self.host = host
    }

    /// What the recipient's state is once the sender was told.
    package var toldState: QueuedState { kind == .expanded ? .expanded : .delivered }
}

/// What was tried so far for one recipient.
package struct QueuedAttempts: Hashable, Sendable {
    package var count: UInt32
    /// When to try again: microseconds since 1970; 0 for as soon as can be.
    package var next: Int64
    /// Why it did not work the last time.
    package var last: SMTPReply?
    /// Who said so: `mx.example.org[192.0.2.1]`; nil for ourselves.
    package var lastHost: String?
    /// The sender was told of the delay.
    package var isDelayReported: Bool

    package init(
        count: UInt32 = 0, next: Int64 = 0, last: SMTPReply? = nil, lastHost: String? = nil,
        isDelayReported: Bool = false
    ) {
        self.count = count
        self.next = next
        self.last = last
        self.lastHost = lastHost
        self.isDelayReported = isDelayReported
    }
}
