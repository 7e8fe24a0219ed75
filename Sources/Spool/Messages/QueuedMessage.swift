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
    package var state: QueuedState

    package init(
        recipient: EnvelopeRecipient, given: EmailAddress, sender: ReversePath? = nil, way: QueuedWay,
        isWayFixed: Bool = false, state: QueuedState = .waiting(QueuedAttempts())
    ) {
        self.recipient = recipient
        self.given = given
        self.sender = sender
        self.way = way
        self.isWayFixed = isWayFixed
        self.state = state
    }
}

/// Mail with the same way shares connections, transactions and the fate of its next hop.
package enum QueuedWay: Hashable, Sendable {
    /// A mailbox on this machine.
    case mailbox
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

    package var isFinal: Bool {
        if case .waiting = self { false } else { true }
    }
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
