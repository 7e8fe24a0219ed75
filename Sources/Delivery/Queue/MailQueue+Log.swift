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
            let recipient = message.recipients[place]
            let (reply, host, status): (SMTPReply, String?, String)
            switch result {
            case .moved(let way, _):
                logger.debug("to=<\(recipient.recipient.address)> goes another way now", metadata: ["way": "\(way)"])
                continue
            case .delivered(let said): (reply, host, status) = (said, nil, "sent")
            case .deferred(let said, let from): (reply, host, status) = (said, from, "deferred")
            case .unresolved(let said): (reply, host, status) = (said, nil, "deferred")
            case .failed(let said, let from): (reply, host, status) = (said, from, "bounced")
            }
            let code = reply.enhanced ?? EnhancedStatusCode(UInt8(clamping: reply.code / 100), 0, 0)
            let original = recipient.given == recipient.recipient.address ? "" : ", orig_to=<\(recipient.given)>"
            let relay = host ?? (job.way == .mailbox ? "virtual" : job.way.text)
            let words = host.map { "host \($0) said: " } ?? ""
            logger.log(
                level: status == "sent" ? .info : .notice,
                """
                to=<\(recipient.recipient.address)>\(original), relay=\(relay), delay=\(Self.delay(age)), \
                dsn=\(code), status=\(status) (\(words)\(reply))
                """,
                metadata: ["message": "\(message.id)"])
        }
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
        case .remote(let transport, let hop, let domain): "\(transport.spelling):\(hop ?? domain.description)"
        }
    }
}
