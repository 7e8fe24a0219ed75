import Glibc
import PostroomServer
import Routing

/// The queue as readers of `postqueue -p` know it.
enum QueueText {
    static let heading = "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------"

    /// Controls made visible: what stands in a queue was written by strangers.
    static func visible(_ text: String) -> String { VisibleText.escaped(text, backslashes: false) }

    /// Line ends and tabs stay.
    static func visibleLines(_ bytes: some Sequence<UInt8>) -> String {
        Array(bytes).split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
            var line = line
            if line.last == 0x0D { line.removeLast() }
            return line.split(separator: 0x09, omittingEmptySubsequences: false)
                .map { VisibleText.escaped($0, backslashes: false) }.joined(separator: "\t")
        }.joined(separator: "\n")
    }

    static func listed(_ message: ListedMessage) -> String {
        let mark = mark(message.state)
        let name = padded("\(message.id)\(mark)", 17)
        let sender = message.sender.isEmpty ? "MAILER-DAEMON" : visible(message.sender)
        var lines = ["\(name) \(padded(String(message.size), 8, isRight: true)) \(date(message.arrival)) \(sender)"]
        var last: String?
        for recipient in message.recipients {
            let reason = reason(recipient)
            if let reason, reason != last { lines.append(padded("(\(reason))", 78, isRight: true)) }
            last = reason
            lines.append(String(repeating: " ", count: 47) + visible(recipient.address))
        }
        if message.recipientCount > message.recipients.count {
            lines.append(
                String(repeating: " ", count: 47) + "and \(message.recipientCount - message.recipients.count) more")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    static func envelope(_ message: ListedMessage) -> String {
        var lines = [
            "*** envelope of \(message.id) (\(message.state.rawValue)) ***",
            "arrived: \(date(message.arrival))", "size: \(message.size)", "sender: <\(visible(message.sender))>",
        ]
        if let submitter = message.submitter { lines.append("submitted by: \(visible(submitter))") }
        if let client = message.client { lines.append("client: \(visible(client))") }
        for recipient in message.recipients {
            lines.append("recipient: <\(visible(recipient.address))>")
            if let original = recipient.original { lines.append("  given as: <\(visible(original))>") }
            lines.append("  way: \(visible(recipient.destination))")
            lines.append("  attempts: \(recipient.attempts)")
            if let next = recipient.next { lines.append("  next attempt: \(date(next))") }
            if let reason = reason(recipient) { lines.append("  last: \(reason)") }
        }
        if message.recipientCount > message.recipients.count {
            lines.append("and \(message.recipientCount - message.recipients.count) more recipients")
        }
        lines.append("*** message ***")
        return lines.joined(separator: "\n")
    }

    static func summary(_ summary: QueueSummary) -> String {
        guard summary.messages > 0 else { return "Mail queue is empty" }
        let waiting = summary.messages - summary.active - summary.held - summary.deferred
        var lines = [
            "\(summary.messages) messages to \(summary.recipients) recipients, \((summary.size + 1023) / 1024) Kbytes",
            "\(summary.active) active, \(waiting) waiting, \(summary.deferred) deferred, \(summary.held) held",
        ]
        if let oldest = summary.oldest { lines.append("the oldest came \(date(oldest))") }
        lines.append("")
        lines.append("messages recipients deferred oldest               destination")
        for destination in summary.destinations.sorted(by: { ($1.messages, $0.name) < ($0.messages, $1.name) }) {
            lines.append(
                "\(padded(String(destination.messages), 8, isRight: true)) "
                    + "\(padded(String(destination.recipients), 10, isRight: true)) "
                    + "\(padded(String(destination.deferred), 8, isRight: true)) \(date(destination.oldest)) "
                    + visible(destination.name))
            if let reason = destination.reason { lines.append("         \(visible(reason))") }
        }
        return lines.joined(separator: "\n")
    }

    private static func mark(_ state: ListedMessage.State) -> String {
        switch state {
        case .active: "*"
        case .held: "!"
        case .waiting: ""
        }
    }

    private static func reason(_ recipient: ListedRecipient) -> String? {
        recipient.reason.map { visible(recipient.host.map { host in "host \(host) said: " } ?? "") + visible($0) }
    }

    static func padded(_ text: String, _ width: Int, isRight: Bool = false) -> String {
        let blanks = String(repeating: " ", count: max(0, width - text.count))
        return isRight ? blanks + text : text + blanks
    }

    /// `Sat Nov 21 16:26:50`, in the time of this place.
    static func date(_ seconds: Int64) -> String {
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        var buffer = [CChar](repeating: 0, count: 64)
        let count = strftime(&buffer, buffer.count, "%a %b %e %H:%M:%S", &parts)
        return padded(String(decoding: buffer.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self), 20)
    }
}

/// What stands below a list.
struct QueueTotal {
    private(set) var messages = 0
    private var size: UInt64 = 0

    mutating func add(_ message: ListedMessage) {
        messages += 1
        size &+= message.size
    }

    var text: String {
        guard messages > 0 else { return "Mail queue is empty" }
        return "-- \((size + 1023) / 1024) Kbytes in \(messages) Request\(messages == 1 ? "" : "s")."
    }
}
