package import MailModel
package import NIOCore

/// One message for one next hop: an envelope and the octets behind it.
package struct OutgoingTransaction: Sendable {
    package var sender: EnvelopeSender
    /// Final addresses; the outcomes of `TransactionResult` stand in the same order.
    package var recipients: [EnvelopeRecipient]
    /// Octets of the message, line ends counted as CRLF: what SIZE declares (RFC 1870 §5).
    package var size: UInt64
    package var content: OutgoingContent

    package init(
        sender: EnvelopeSender, recipients: [EnvelopeRecipient], size: UInt64, content: OutgoingContent
    ) {
        self.sender = sender
        self.recipients = recipients
        self.size = size
        self.content = content
    }
}

/// A message as the client sends it: what it needs from the other side, and where its octets come from.
package struct OutgoingContent: Sendable {
    /// What was found in the message when it was received.
    package struct Facts: Hashable, Sendable {
        /// Octets above 127 in the body.
        package var needsEightBit: Bool
        /// Octets above 127 in the message's header or the header of a part.
        package var hasUTF8Headers: Bool
        package var hasNUL: Bool
        /// Lines of more than 998 octets (RFC 5321 §4.5.3.1.6).
        package var hasOverlongLines: Bool

        package init(
            needsEightBit: Bool = false, hasUTF8Headers: Bool = false, hasNUL: Bool = false,
            hasOverlongLines: Bool = false
        ) {
            self.needsEightBit = needsEightBit
            self.hasUTF8Headers = hasUTF8Headers
            self.hasNUL = hasNUL
            self.hasOverlongLines = hasOverlongLines
        }
    }

    package var facts: Facts
    package var source: any OutgoingContentSource

    package init(facts: Facts, source: any OutgoingContentSource) {
        self.facts = facts
        self.source = source
    }
}

/// Where the octets of a message come from. It can be opened as often as needed: a conversion to seven bits reads twice.
package protocol OutgoingContentSource: Sendable {
    /// Begins at the first octet.
    func open() async throws -> any OutgoingContentReader
}

/// One reading of a message from its start.
package protocol OutgoingContentReader: Sendable {
    /// The next octets, in chunks of the reader's choice (64 KiB serve well), line ends CRLF, no dots doubled, no dot at the
    /// end; nil behind the last. Bare CR and LF are sent as line ends wherever they come from.
    mutating func next() async throws -> ByteBuffer?

    /// Called once, whether or not the end was reached.
    func close() async
}
