package import MailModel

/// A report on what became of a message, for its sender: multipart/report of RFC 6522 with RFC 3464 inside.
///
/// What is behind an alias is told to those who submitted the message here; a sender from elsewhere reads of the address it
/// wrote, and nothing of where mail for it goes on to (RFC 3464 §4.2 lets a site withhold it). Host names and replies of
/// next hops are told to both, without that address, since nobody can mend anything without them.
package struct DeliveryStatusReport: Sendable {
    /// The name of this server: `myhostname`.
    package var host: Domain
    /// Of the report itself.
    package var id: QueueID
    /// Of the message reported on.
    package var message: QueueID
    package var envelope: QueuedEnvelope
    package var recipients: [ReportedRecipient]
    /// Of the message: all of it, or its beginning with at least the header.
    package var original: [UInt8]
    /// The message's size in octets.
    package var originalSize: UInt64
    /// `bounce_size_limit`: a larger message is returned as its header alone.
    package var sizeLimit: Int
    /// Microseconds since 1970.
    package var now: Int64
    /// Whether the addresses behind aliases are told.
    package var tellsFinalAddresses: Bool

    /// - Parameter original: the message's content; its first `sizeLimit` octets do when it is larger.
    package init(
        from host: Domain, id: QueueID, on message: QueueID, _ envelope: QueuedEnvelope,
        _ recipients: [ReportedRecipient], original: [UInt8], originalSize: UInt64, sizeLimit: Int = 50_000, now: Int64
    ) {
        self.host = host
        self.id = id
        self.message = message
        self.envelope = envelope
        self.recipients = recipients
        self.original = original
        self.originalSize = originalSize
        self.sizeLimit = max(sizeLimit, 0)
        self.now = now
        tellsFinalAddresses = envelope.submitter != nil
    }

    /// A report ready for the queue.
    package struct Composed: Hashable, Sendable {
        /// Always `<>`: a report is never answered by another (RFC 3461 §6.1).
        package var sender: EnvelopeSender
        package var recipient: EmailAddress
        /// Every line ends in CRLF.
        package var content: [UInt8]
        package var needs: ContentNeeds
    }

    /// For the message's sender; nil for a message from `<>`.
    package func composed() -> Composed? {
        envelope.sender.path.address.map { compose(for: $0, isDoubleBounce: false) }
    }

    /// For the postmaster, about a report or other mail from `<>` that could not be delivered.
    ///
    /// Its sender is `<>` too, not an address of its own as in Postfix: no host that it reaches may answer it, and there is
    /// no address that would have to be kept for swallowing answers. That a report to the postmaster that fails does not
    /// bring forth the next is for `DeliveryNotice.isDoubleBounceDue`.
    package func doubleBounce(to postmaster: EmailAddress) -> Composed {
        var report = self
        report.tellsFinalAddresses = true
        return report.compose(for: postmaster, isDoubleBounce: true)
    }

    enum Kind: Hashable, Sendable {
        case failure, delay, success
    }

    var kind: Kind {
        var kind = Kind.success
        for recipient in recipients {
            if case .failed = recipient.action { return .failure }
            if recipient.action == .delayed { kind = .delay }
        }
        return kind
    }

    var shownRecipients: [ReportedRecipient] {
        tellsFinalAddresses ? recipients : recipients.map(\.withoutFinalAddress)
    }

    /// RET (RFC 3461 §4.3) is about failures; a report on anything else has the header alone. BINARYMIME can't be returned
    /// in a message that is not.
    private var wantsWhole: Bool {
        kind == .failure && envelope.sender.ret != .headers && !envelope.needs.contains(.binaryMIME)
            && originalSize <= UInt64(sizeLimit) && UInt64(original.count) >= originalSize
    }

    private func compose(for reader: EmailAddress, isDoubleBounce: Bool) -> Composed {
        let isInternational = envelope.needs.contains(.smtpUTF8) || reader.isInternationalized
        let text = ReportText(report: self, isDoubleBounce: isDoubleBounce).bytes
        let status = DeliveryStatusPart(report: self, isInternational: isInternational).bytes
        let returned = ReturnedMessage(original, wantsWhole: wantsWhole, limit: sizeLimit)
        let boundary = boundary(notIn: [text, status, returned.bytes])

        let returnedType =
            switch (returned.isWhole, isInternational) {
            case (true, false): "message/rfc822"
            case (true, true): "message/global"
            case (false, false): "text/rfc822-headers"
            case (false, true): "message/global-headers"
            }
        let statusType = isInternational ? "global-delivery-status" : "delivery-status"
        let isEightBit = [text, status, returned.bytes].contains { $0.contains { $0 >= 0x80 } }
        var content = header(for: reader, statusType, boundary, isEightBit: isEightBit, isDoubleBounce: isDoubleBounce)
        content += Array("This is a report on mail delivery in MIME format.\r\n".utf8)
        content += part(boundary, "text/plain; charset=utf-8", "Notification", text)
        content += part(boundary, "message/\(statusType)", "Delivery report", status)
        content += part(
            boundary, returnedType, returned.isWhole ? "Undelivered message" : "Message header", returned.bytes)
        content += Array("\r\n--\(boundary)--\r\n".utf8)

        var needs: ContentNeeds = isEightBit ? .eightBitMIME : []
        if isInternational { needs.insert(.smtpUTF8) }
        let sender = EnvelopeSender(
            path: .null, body: isEightBit ? .eightBitMIME : .sevenBit, smtpUTF8: isInternational)
        return Composed(sender: sender, recipient: reader, content: content, needs: needs)
    }

    private func header(
        for reader: EmailAddress, _ statusType: String, _ boundary: String, isEightBit: Bool, isDoubleBounce: Bool
    ) -> [UInt8] {
        var bytes = ReportLines.field("From", "Mail Delivery System <MAILER-DAEMON@\(host)>")
        bytes += ReportLines.field("To", "<\(reader)>")
        bytes += ReportLines.field("Subject", subject(isDoubleBounce))
        bytes += ReportLines.field("Date", RFC5322Date(seconds: now / 1_000_000).description)
        bytes += ReportLines.field("Message-ID", "<\(id)@\(host)>")
        // RFC 3834 §5.2.
        bytes += ReportLines.field("Auto-Submitted", "auto-replied")
        bytes += ReportLines.field("MIME-Version", "1.0")
        bytes += ReportLines.field(
            "Content-Type", "multipart/report; report-type=\(statusType); boundary=\"\(boundary)\"")
        if isEightBit { bytes += ReportLines.field("Content-Transfer-Encoding", "8bit") }
        return bytes + [0x0D, 0x0A]
    }

    private func subject(_ isDoubleBounce: Bool) -> String {
        if isDoubleBounce { return "A report or other mail without a sender could not be delivered" }
        return switch kind {
        case .failure: "Undelivered mail returned to sender"
        case .delay: "Delayed mail (still being tried)"
        case .success: "Mail delivery succeeded"
        }
    }

    private func part(_ boundary: String, _ type: String, _ description: String, _ body: [UInt8]) -> [UInt8] {
        var bytes = Array("\r\n--\(boundary)\r\n".utf8)
        bytes += ReportLines.field("Content-Type", type)
        bytes += ReportLines.field("Content-Description", description)
        if body.contains(where: { $0 >= 0x80 }) { bytes += ReportLines.field("Content-Transfer-Encoding", "8bit") }
        return bytes + [0x0D, 0x0A] + body
    }

    /// One that stands in no part, not even as the beginning of another (RFC 2046 §5.1.1).
    private func boundary(notIn parts: [[UInt8]]) -> String {
        var number = 0
        while true {
            let boundary = "\(id).\(now / 1_000_000)_\(number)="
            let bytes = Array("--\(boundary)".utf8)
            if !parts.contains(where: { Self.contains(bytes, in: $0) }) { return boundary }
            number += 1
        }
    }

    private static func contains(_ pattern: [UInt8], in bytes: [UInt8]) -> Bool {
        guard pattern.count <= bytes.count else { return false }
        return bytes.withUnsafeBufferPointer { bytes in
            pattern.withUnsafeBufferPointer { pattern in
                (0...bytes.count - pattern.count).contains { start in
                    bytes[start] == pattern[0] && bytes[start..<start + pattern.count].elementsEqual(pattern)
                }
            }
        }
    }
}
