import MailModel

/// The part that a person reads: what happened, to which addresses, what the other server said, and what to do.
struct ReportText: Sendable {
    /// Addresses named for one reason; the part for programs has all of them.
    private static let namedAddresses = 100
    private static let reasons = 50

    let report: DeliveryStatusReport
    let isDoubleBounce: Bool

    private struct Reason: Hashable {
        var action: ReportedRecipient.Action
        var reply: String?
        var host: String?
        var status: EnhancedStatusCode
        var willRetryUntil: Int64?
    }

    var bytes: [UInt8] {
        var lines = ReportLines.wrap("This is the mail server \(report.host).") + [""]
        lines += ReportLines.wrap(opening)
        let recipients = report.shownRecipients
        let grouped = Dictionary(grouping: recipients.indices) { reason(of: recipients[$0]) }
            .sorted { ($0.value.first ?? 0) < ($1.value.first ?? 0) }
        for (reason, indices) in grouped.prefix(Self.reasons) {
            lines.append("")
            lines += indices.prefix(Self.namedAddresses).flatMap { address(recipients[$0]) }
            if indices.count > Self.namedAddresses {
                lines.append("    and \(indices.count - Self.namedAddresses) more")
            }
            lines += ReportLines.wrap(explanation(reason, isOne: indices.count == 1))
            if let reply = reason.reply { lines += ReportLines.wrap(reply, indent: "      ", first: "    > ") }
            if let advice = advice(reason) { lines += ReportLines.wrap(advice) }
        }
        if grouped.count > Self.reasons {
            lines += [
                "", "There are \(grouped.count - Self.reasons) more reasons; the attached report has all of them.",
            ]
        }
        lines.append("")
        lines += ReportLines.wrap(
            "Attached are a report for programs and your message or its header. "
                + "The postmaster of \(report.host) can find more under the number \(report.message).")
        return Array(lines.map { HeaderValue(replacingControls: $0).text + "\r\n" }.joined().utf8)
    }

    private var opening: String {
        if isDoubleBounce {
            return "Mail without a sender, such as a report on other mail, could not be delivered. Nobody else is told."
        }
        return switch report.kind {
        case .failure: "Your message could not be delivered to the following, and will not be tried again."
        case .delay:
            "Your message could not be delivered yet. You need not send it again: it is still being tried, and you are told "
                + "if that fails in the end."
        case .success: "Your message was delivered as follows. You asked to be told."
        }
    }

    private func reason(of recipient: ReportedRecipient) -> Reason {
        Reason(
            action: recipient.action, reply: recipient.reply?.reportText, host: recipient.host,
            status: recipient.status,
            willRetryUntil: recipient.action == .delayed ? recipient.willRetryUntil : nil)
    }

    private func address(_ recipient: ReportedRecipient) -> [String] {
        let behind = recipient.final == recipient.given ? "" : " (for which you wrote <\(recipient.given)>)"
        return ReportLines.wrap("<\(recipient.final)>\(behind)", indent: "        ", first: "    ")
    }

    private func explanation(_ reason: Reason, isOne: Bool) -> String {
        let speaker = reason.host.map { "the mail server \($0)" } ?? "this server"
        let it = isOne ? "This address" : "Each of these addresses"
        let said = reason.reply == nil ? "." : ", saying:"
        return switch reason.action {
        case .failed(.refused): "\(it) was refused for good by \(speaker)\(said)"
        case .failed(.expired):
            "\(it) was tried for \(duration), which is as long as messages are kept here. "
                + (reason.reply == nil ? "" : "The last answer was, from \(speaker):")
        case .delayed:
            "\(it) could not be reached so far"
                + (reason.willRetryUntil.map { "; attempts go on until \(date($0))" } ?? "")
                + (reason.reply == nil ? "." : ". The last answer was, from \(speaker):")
        case .delivered: "\(it) was delivered to a mailbox here."
        case .relayed:
            "\(it) was handed to \(speaker), which sends no reports of its own: this is the last you hear of it."
        case .expanded:
            "\(it) stands for others, and the message was sent on to them. Only of failures and delays more is told."
        }
    }

    private func advice(_ reason: Reason) -> String? {
        guard case .failed(let failure) = reason.action, !isDoubleBounce else { return nil }
        if failure == .expired { return "You may send the message again later, or reach the recipient in another way." }
        return switch (reason.status.subject, reason.status.detail) {
        case (1, 0...6), (1, 9...), (2, 1): "Please check the address for mistakes, and send the message again."
        case (1, _): "The other server objects to your own address. Its postmaster can say why."
        case (2, 2): "The recipient's mailbox is full. Please try later, or tell the recipient in another way."
        case (2, 3), (3, 4): "The message is too large for the recipient. Please send a smaller one."
        case (7, _), (6, _):
            "The other side does not take this message under its rules. Please ask the recipient in another way, or the "
                + "postmaster there."
        default: nil
        }
    }

    private var duration: String {
        let seconds = max((report.now.saturatingSubtract(report.envelope.arrival)) / 1_000_000, 0)
        if seconds >= 2 * 86400 { return "\(seconds / 86400) days" }
        if seconds >= 2 * 3600 { return "\(seconds / 3600) hours" }
        return seconds >= 120 ? "\(seconds / 60) minutes" : "a moment"
    }

    private func date(_ microseconds: Int64) -> String {
        RFC5322Date(seconds: microseconds / 1_000_000).description
    }
}
