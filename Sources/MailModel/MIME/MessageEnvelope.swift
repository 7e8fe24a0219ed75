/// The header fields that ENVELOPE gathers (RFC 3501 §7.4.2), as written. Of repeated fields the last text counts, and
/// all addresses.
package struct MessageEnvelope: Hashable, Sendable {
    package var date: [UInt8]?
    package var subject: [UInt8]?
    /// An empty `sender` or `replyTo` is shown as `from`.
    package var from: [MessageAddress] = []
    package var sender: [MessageAddress] = []
    package var replyTo: [MessageAddress] = []
    package var to: [MessageAddress] = []
    package var cc: [MessageAddress] = []
    package var bcc: [MessageAddress] = []
    package var inReplyTo: [UInt8]?
    package var messageID: [UInt8]?

    package init() {}

    package static func parse(
        _ bytes: Span<UInt8>, header: Range<Int>, limits: MIMELimits = .standard
    ) -> MessageEnvelope {
        var envelope = MessageEnvelope()
        var scanner = HeaderFieldScanner(header, limits: limits)
        while let field = scanner.next(bytes) {
            guard !field.value.isEmpty else { continue }
            func text() -> [UInt8] { field.text(in: bytes, limits: limits) }
            func addresses() -> [MessageAddress] {
                MessageAddress.list(field.rawValue(in: bytes, limits: limits), limits: limits)
            }
            switch field.name.count {
            case 2:
                if field.isNamed("To", in: bytes) { envelope.to += addresses() }
                if field.isNamed("Cc", in: bytes) { envelope.cc += addresses() }
            case 3: if field.isNamed("Bcc", in: bytes) { envelope.bcc += addresses() }
            case 4:
                if field.isNamed("From", in: bytes) { envelope.from += addresses() }
                if field.isNamed("Date", in: bytes) { envelope.date = text() }
            case 6: if field.isNamed("Sender", in: bytes) { envelope.sender += addresses() }
            case 7: if field.isNamed("Subject", in: bytes) { envelope.subject = text() }
            case 8: if field.isNamed("Reply-To", in: bytes) { envelope.replyTo += addresses() }
            case 10: if field.isNamed("Message-ID", in: bytes) { envelope.messageID = text() }
            case 11: if field.isNamed("In-Reply-To", in: bytes) { envelope.inReplyTo = text() }
            default: break
            }
        }
        return envelope
    }
}
