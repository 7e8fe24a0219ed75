import Logging
import MailModel
import Spool

extension MailQueue {
    /// One line for each recipient, in the words of Postfix's log: its readers, people and programs, know them.
    nonisolated func log(
        _ job: DeliveryJob, _ message: QueuedMessage, _ results: [(recipient: Int, result: RecipientResult)]
    ) {
        let age = max(0, Self.now.wall &- message.envelope.arrival)
        for (place, result) in results where message.recipients.indices.contains(place) {
            let (level, text) = Self.line(message.recipients[place], job.way, result, age: age)
            logger.log(level: level, "\(text)", metadata: ["message": "\(message.id)"])
        }
    }

    /// - Parameter age: of the message, in microseconds.
    static func line(
        _ recipient: QueuedRecipient, _ way: QueuedWay, _ result: RecipientResult, age: Int64
    ) -> (level: Logger.Level, text: String) {
        let (reply, host, status): (SMTPReply, String?, String)
        switch result {
        case .moved(let way, _):
            return (.debug, "to=<\(recipient.recipient.address)> goes another way now: \(way.text)")
        case .expanded:
            return (
                .info, "to=<\(recipient.given)>, relay=none, delay=\(delay(age)), dsn=2.0.0, status=sent (expanded)"
            )
        case .delivered(let said, let from): (reply, host, status) = (said, from, "sent")
        case .deferred(let said, let from): (reply, host, status) = (said, from, "deferred")
        case .unresolved(let said): (reply, host, status) = (said, nil, "deferred")
        case .failed(let said, let from): (reply, host, status) = (said, from, "bounced")
        }
        let code = reply.enhanced ?? EnhancedStatusCode(UInt8(clamping: reply.code / 100), 0, 0)
        let original = recipient.given == recipient.recipient.address ? "" : ", orig_to=<\(recipient.given)>"
        let relay = host ?? way.text
        // Of a yes Postfix gives the words alone.
        let words = status == "sent" ? "" : host.map { "host \($0) said: " } ?? ""
        return (
            status == "sent" ? .info : .notice,
            """
            to=<\(recipient.recipient.address)>\(original), relay=\(relay), delay=\(delay(age)), dsn=\(code), \
            status=\(status) (\(words)\(reply))
            """
        )
    }

    /// Recipients whose time ended.
    nonisolated func log(expired notices: [PendingNotices.Notice], _ message: QueuedMessage) {
        for notice in notices where message.recipients.indices.contains(notice.recipient) {
            logger.notice(
                "to=<\(message.recipients[notice.recipient].recipient.address)>, status=expired, returned to sender",
                metadata: ["message": "\(message.id)"])
        }
    }

    /// Seconds with one digit behind the point.
    private static func delay(_ microseconds: Int64) -> String {
        let tenths = microseconds / 100_000
        return "\(tenths / 10).\(tenths % 10)"
    }
}

extension QueuedWay {
    /// As `Destination` writes it: `smtp:[mail.example.org]:587`, `virtual`.
    package var text: String {
        switch self {
        case .mailbox: "virtual"
        case .unresolved: "unresolved"
        case .remote(let transport, let hop, let domain): "\(transport.spelling):\(hop ?? domain.description)"
        }
    }
}
