import Directory
import Logging
package import MailModel
import NIOCore
import Routing
import Spool

/// How a site words reports on mail that was not delivered.
package struct QueueReportOptions: Sendable {
    /// `myhostname`: Reporting-MTA.
    package var hostname: Domain
    /// Who is told what no sender can be told; nil stands for the host's own.
    package var postmaster: EmailAddress?
    /// `bounce_size_limit`, in octets: of a larger message only the header is returned.
    package var size: UInt64
    /// `notify_classes` with `2bounce`.
    package var tellsPostmaster: Bool

    package init(
        hostname: Domain, postmaster: EmailAddress? = nil, size: UInt64 = 50_000, tellsPostmaster: Bool = true
    ) {
        self.hostname = hostname
        self.postmaster = postmaster
        self.size = size
        self.tellsPostmaster = tellsPostmaster
    }

    var postmasterAddress: EmailAddress? {
        postmaster ?? EmailAddress(localPart: Array("postmaster".utf8), domain: hostname)
    }
}

/// A report that is ready for the spool.
struct QueueReport: Sendable {
    var id: QueueID
    var envelope: QueuedEnvelope
    var recipients: [QueuedRecipient]
    var content: ByteBuffer
}

/// Makes the reports on one message, and finds where they go.
struct QueueReports: Sendable {
    /// Where a report goes can't be told now; it is made later.
    struct Unavailable: Error, CustomStringConvertible {
        let description: String
    }

    /// As much of the original as a report can hold, whatever is configured.
    private static let largestOriginal = 16 << 20

    let site: QueueSite
    let message: QueuedMessage
    let spool: MessageSpool

    /// The report of one kind that is due now; nil where nobody wants to be told.
    func report(_ notices: PendingNotices, _ kind: PendingNotices.Kind) async throws -> QueueReport? {
        let known = notices.noticed(kind).filter { message.recipients.indices.contains($0.notice.recipient) }
        guard !known.isEmpty else { return nil }
        let sender = message.envelope.sender.path
        let due = known.filter {
            DeliveryNotice.isDue(kind.event, sender: sender, message.recipients[$0.notice.recipient].recipient.notify)
        }
        if !due.isEmpty {
            let report = status(due, try await original())
            if let composed = report.composed(), let ready = try await ready(report.id, composed) { return ready }
        }
        // RFC 5321 §4.5.5: nobody else is to be told of mail from `<>`; and of a report that nobody takes, only who can
        // mend something here.
        guard kind == .failed, let postmaster = site.reports.postmasterAddress, due.isEmpty == (sender == .null) else {
            return nil
        }
        let concerning = (sender == .null ? known : due).filter {
            DeliveryNotice.isDoubleBounceDue(
                sender: .null, given: message.recipients[$0.notice.recipient].given, postmaster: postmaster,
                notifiesPostmaster: site.reports.tellsPostmaster)
        }
        guard !concerning.isEmpty else { return nil }
        let report = status(concerning, try await original())
        return try await ready(report.id, report.doubleBounce(to: postmaster))
    }

    private func status(
        _ noticed: [(notice: PendingNotices.Notice, action: ReportedRecipient.Action)], _ original: [UInt8]
    ) -> DeliveryStatusReport {
        let now = MailQueue.now.wall
        let lifetime = (message.envelope.sender.path == .null ? site.schedule.bounceLifetime : site.schedule.lifetime)
        return DeliveryStatusReport(
            from: site.reports.hostname, id: .make(), on: message.id, message.envelope,
            noticed.map { notice, action in
                var reported = notice
                if reported.reply == nil, case .waiting(let attempts) = message.recipients[notice.recipient].state {
                    reported.reply = attempts.last
                    reported.host = attempts.lastHost
                }
                return ReportedRecipient(
                    action, message.recipients[notice.recipient], reply: reported.reply, host: reported.host,
                    lastAttempt: now,
                    willRetryUntil: action == .delayed ? message.envelope.arrival &+ lifetime.microseconds : nil)
            },
            original: original, originalSize: message.size, sizeLimit: Int(clamping: site.reports.size), now: now)
    }

    private func original() async throws(SpoolFailure) -> [UInt8] {
        let limit = min(Int(clamping: site.reports.size), Self.largestOriginal)
        let content = try await spool.content(message.id)
        var bytes: [UInt8] = []
        // A header alone is returned of what is larger, and its end may lie behind the limit.
        while bytes.count < max(limit, 1 << 16) {
            let chunk = try await content.chunk(at: UInt64(bytes.count), count: 1 << 16)
            guard chunk.readableBytes > 0 else { break }
            bytes += chunk.readableBytesView
        }
        return bytes
    }

    // MARK: Where it goes

    /// Nil where nobody has the address.
    private func ready(_ id: QueueID, _ composed: DeliveryStatusReport.Composed) async throws -> QueueReport? {
        let resolution = await site.router.resolve(composed.recipient)
        let recipients: [QueuedRecipient]
        switch resolution.verdict {
        case .refuse: return nil
        case .deferred where resolution.isUnavailable:
            // It waits in the queue for the directory, like other mail; nothing that it tells of has to.
            recipients = [
                QueuedRecipient(
                    recipient: EnvelopeRecipient(address: composed.recipient, notify: []), given: composed.recipient,
                    way: .unresolved)
            ]
        case .deferred(let reply):
            throw Unavailable(description: "where reports for \(composed.recipient) go: \(reply)")
        case .deliver(let destinations):
            recipients = destinations.compactMap { destination in
                var recipient = QueuedRecipient(
                    // Nobody is told what becomes of a report.
                    recipient: EnvelopeRecipient(address: destination.address, notify: []), given: composed.recipient,
                    way: .mailbox)
                switch destination {
                case .mailbox(let mailbox): recipient.mailbox = QueuedMailbox(mailbox.location)
                case .remote(let remote):
                    recipient.way = .remote(remote.transport, nextHop: remote.nextHop, domain: remote.address.domain)
                case .discard: return nil
                }
                return recipient
            }
        }
        guard !recipients.isEmpty else { return nil }
        return QueueReport(
            id: id,
            envelope: QueuedEnvelope(sender: composed.sender, arrival: MailQueue.now.wall, needs: composed.needs),
            recipients: recipients, content: ByteBuffer(bytes: composed.content))
    }
}
