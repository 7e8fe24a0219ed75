import Directory
import MailModel
import MailStore
import NIOCore
import Routing
import SMTP
import Spool

/// One attempt: recipients of one message that go the same way, resolved anew and handed over.
struct QueueJob: Sendable {
    /// What came of it.
    struct Outcome: Sendable {
        var results: [(recipient: Int, result: RecipientResult)] = []
        var contact = DestinationContact.notTried
        /// Recipients whose next hop tells of success itself.
        var tellsSuccess: Set<Int> = []
        /// What recipients became; these have no result yet.
        var expansions: [Expansion] = []
    }

    struct Expansion: Sendable {
        var recipient: Int
        var copies: [QueuedRecipient]
        var state = QueuedState.expanded

        var change: QueueChange { .expand(recipient, copies, state) }
    }

    /// A message of at most this many octets is delivered to mailboxes from memory.
    static let gatheredSize: UInt64 = 256 << 10

    let job: DeliveryJob
    let message: QueuedMessage
    /// Its octets, where they need not be read.
    let content: ByteBuffer?
    let site: QueueSite
    let spool: MessageSpool

    /// - Parameter isResolved: routing was asked a moment ago, when the message came.
    func run(isResolved: Bool) async -> Outcome {
        var outcome = Outcome()
        var mailboxes: [(place: Int, mailbox: LocalMailbox)] = []
        var remote: [Int] = []
        for place in job.recipients {
            guard message.recipients.indices.contains(place) else { continue }
            let recipient = message.recipients[place]
            if job.way == .unresolved {
                await expand(place, &outcome)
                continue
            }
            if case .remote = job.way, isResolved || recipient.isWayFixed {
                remote.append(place)
                continue
            }
            switch await resolve(recipient) {
            case .mailboxes(let found): choose(found, for: place, &mailboxes, &outcome)
            case .remote: remote.append(place)
            case .ended(let result): outcome.results.append((place, result))
            }
        }
        if !mailboxes.isEmpty { await deliver(mailboxes, &outcome) }
        if !remote.isEmpty { await send(remote, &outcome) }
        return outcome
    }

    // MARK: Resolving

    private enum Resolved {
        case mailboxes([LocalMailbox])
        /// The way is the job's.
        case remote
        case ended(RecipientResult)
    }

    private func resolve(_ recipient: QueuedRecipient) async -> Resolved {
        let resolution = await site.router.resolveFinal(recipient.recipient.address)
        switch resolution.verdict {
        case .refuse(let reply): return .ended(.failed(reply, host: nil))
        case .deferred(let reply):
            return .ended(resolution.isUnavailable ? .unresolved(reply) : .deferred(reply, host: nil))
        case .deliver(let destinations):
            let found = destinations.compactMap { destination -> LocalMailbox? in
                if case .mailbox(let mailbox) = destination { mailbox } else { nil }
            }
            guard found.isEmpty else {
                return job.way == .mailbox
                    ? .mailboxes(found) : .ended(.moved(to: .mailbox, recipient.recipient.address))
            }
            for case .remote(let remote) in destinations {
                let way = await site.senderNextHops.way(of: remote, sender: message.envelope.sender.path)
                switch way.outcome {
                case .found(.leaves(let way)):
                    return way.isSame(as: job.way) ? .remote : .ended(.moved(to: way, remote.address))
                case .found(let end):
                    if let result = end.result { return .ended(result) }
                case .absent, .unavailable:
                    let reply = SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Temporary lookup failure")
                    return .ended(.unresolved(reply))
                }
            }
            for case .discard(_, let reason) in destinations { return .ended(.delivered(.discarded(reason))) }
            return .ended(.deferred(SMTPReply(451, EnhancedStatusCode(4, 3, 5), "no destination"), host: nil))
        }
    }

    /// A recipient that nobody could resolve when the message came.
    private func expand(_ place: Int, _ outcome: inout Outcome) async {
        let recipient = message.recipients[place]
        switch await RecipientExpansion(site: site, message: message).copies(of: recipient) {
        case .copies(let copies, let isSeveral):
            var expansion = Expansion(recipient: place, copies: copies)
            let notify = recipient.recipient.notify
            if isSeveral, DeliveryNotice.isDue(.expanded, sender: message.envelope.sender.path, notify) {
                expansion.state = .untold(QueuedSuccess(.expanded, .aliasExpanded))
            }
            outcome.expansions.append(expansion)
        case .discarded(let reason): outcome.results.append((place, .delivered(.discarded(reason))))
        case .refused(let reply): outcome.results.append((place, .failed(reply, host: nil)))
        case .deferred(let reply): outcome.results.append((place, .deferred(reply, host: nil)))
        case .unresolved(let reply): outcome.results.append((place, .unresolved(reply)))
        }
    }

    // MARK: Mailboxes

    /// The mailbox that the copy is for. Where it is gone, or none is named, it is for those of the address that no other
    /// copy is for; several of these become copies of their own first, so that each has a state of its own.
    private func choose(
        _ found: [LocalMailbox], for place: Int, _ chosen: inout [(place: Int, mailbox: LocalMailbox)],
        _ outcome: inout Outcome
    ) {
        let recipient = message.recipients[place]
        if let own = recipient.mailbox, let mailbox = found.first(where: { QueuedMailbox($0.location) == own }) {
            return chosen.append((place, mailbox))
        }
        let taken = message.mailboxes(besidesRecipient: place)
        let open = found.filter { !taken.contains(QueuedMailbox($0.location)) }
        if open.count > 1 {
            let copies = open.map { mailbox in
                var copy = recipient.fromTheStart
                copy.way = .mailbox
                copy.mailbox = QueuedMailbox(mailbox.location)
                return copy
            }
            outcome.expansions.append(Expansion(recipient: place, copies: copies))
        } else if let mailbox = open.first {
            chosen.append((place, mailbox))
        } else {
            let reply = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "every mailbox of the address has it")
            outcome.results.append((place, .delivered(reply)))
        }
    }

    private func deliver(_ found: [(place: Int, mailbox: LocalMailbox)], _ outcome: inout Outcome) async {
        outcome.contact = .reached
        let returnPath = TraceHeader.returnPath(message.envelope.sender.path)
        let content: SpooledContent
        let start: ByteBuffer
        do throws(SpoolFailure) {
            content = try await spool.content(message.id)
            start = try await content.chunk(at: 0, count: DeliveredTo.scanned)
        } catch {
            for (place, _) in found { outcome.results.append((place, .deferred(error.smtpReply, host: nil))) }
            outcome.contact = .notTried
            return
        }
        let visited = DeliveredTo(in: start)
        for (place, mailbox) in found where visited.contains(mailbox.address) {
            outcome.results.append((place, .failed(DeliveredTo.loop(mailbox.address), host: nil)))
        }
        let found = found.filter { !visited.contains($0.mailbox.address) }
        guard !found.isEmpty else { return }
        let recipients = found.map { place, mailbox in
            MaildirRecipient(
                mailbox: mailbox,
                header: returnPath + TraceHeader.originalRecipient(message.recipients[place].given)
                    + TraceHeader.deliveredTo(mailbox.address))
        }
        let delivered: [DeliveryOutcome]
        do throws(SpoolFailure) {
            if message.size <= Self.gatheredSize {
                delivered = await site.mailboxes.deliver(try await content.whole(after: start), to: recipients)
            } else {
                let stream = await site.mailboxes.begin(to: recipients)
                await stream.append(start)
                var offset = UInt64(start.readableBytes)
                while true {
                    let chunk: ByteBuffer
                    do throws(SpoolFailure) {
                        chunk = try await content.chunk(at: offset, count: 1 << 16)
                    } catch {
                        await stream.abort()
                        throw error
                    }
                    guard chunk.readableBytes > 0 else { break }
                    offset &+= UInt64(chunk.readableBytes)
                    await stream.append(chunk)
                }
                delivered = await stream.commit()
            }
        } catch {
            for (place, _) in found { outcome.results.append((place, .deferred(error.smtpReply, host: nil))) }
            outcome.contact = .notTried
            return
        }
        for ((place, _), result) in zip(found, delivered) {
            switch result {
            case .success: outcome.results.append((place, .delivered(.deliveredToMaildir)))
            case .failure(let failure): outcome.results.append((place, .deferred(failure.smtpReply, host: nil)))
            }
        }
    }

    // MARK: Other hosts

    /// A copy that leaves with a sender of its own (SRS) is another transaction.
    private func send(_ places: [Int], _ outcome: inout Outcome) async {
        guard case .remote(let transport, let nextHop, let domain) = job.way else { return }
        guard let remote = site.remote(transport) else {
            let reply = SMTPReply(
                451, EnhancedStatusCode(4, 3, 5), "there is no transport \(transport.spelling) here any more")
            for place in places { outcome.results.append((place, .deferred(reply, host: nil))) }
            return
        }
        var senders: [(sender: ReversePath?, places: [Int])] = []
        for place in places {
            let sender = message.recipients[place].sender
            if let index = senders.firstIndex(where: { $0.sender == sender }) {
                senders[index].places.append(place)
            } else {
                senders.append((sender, [place]))
            }
        }
        let source: any OutgoingContentSource
        do throws(SpoolFailure) {
            source = try await contentSource()
        } catch {
            for place in places { outcome.results.append((place, .deferred(error.smtpReply, host: nil))) }
            return
        }
        for (sender, places) in senders {
            var envelope = message.envelope.sender
            if let sender { envelope.path = sender }
            let transaction = OutgoingTransaction(
                sender: envelope, recipients: places.map { handedOver(message.recipients[$0]) }, size: message.size,
                content: OutgoingContent(facts: facts(envelope), source: source))
            let answer = await remote.deliver(transaction, transport, nextHop: nextHop, domain: domain)
            if answer.isReached {
                outcome.contact = .reached
            } else if !answer.isOurs, outcome.contact == .notTried {
                outcome.contact = .unreachable
            }
            for (place, result) in zip(places, answer.results) {
                if result.isDSNHandedOver { outcome.tellsSuccess.insert(place) }
                outcome.results.append((place, RecipientResult(result)))
            }
        }
    }

    private func contentSource() async throws(SpoolFailure) -> any OutgoingContentSource {
        if let content { return BufferedContent(message: content) }
        return SpooledContentSource(content: try await spool.content(message.id))
    }

    /// RFC 3461 §5.2.1: whoever sent without ORCPT gets reports that name the recipient as it was given to us.
    private func handedOver(_ recipient: QueuedRecipient) -> EnvelopeRecipient {
        var result = recipient.recipient
        if result.originalRecipient == nil, recipient.given != result.address {
            result.originalRecipient = "rfc822;\(recipient.given)"
        }
        return result
    }

    /// Octets above 127 in a header are refused nowhere unless the client asked for SMTPUTF8: mail of that kind is older
    /// than the extension, and is passed on as it came.
    private func facts(_ sender: EnvelopeSender) -> OutgoingContent.Facts {
        let needs = message.envelope.needs
        return OutgoingContent.Facts(
            needsEightBit: needs.contains(.eightBitMIME) || (needs.contains(.smtpUTF8) && !sender.smtpUTF8),
            hasUTF8Headers: needs.contains(.smtpUTF8) && sender.smtpUTF8, hasNUL: needs.contains(.nul),
            hasOverlongLines: needs.contains(.overlongLines))
    }
}

extension RecipientResult {
    fileprivate init(_ result: RemoteDelivery.Result) {
        switch result.fate {
        case .delivered: self = .delivered(result.reply, host: result.host)
        case .failed: self = .failed(result.reply, host: result.host)
        case .deferred: self = .deferred(result.reply, host: result.host)
        }
    }
}

extension SMTPReply {
    /// Our own words for what needs no other host's.
    static let deliveredToMaildir = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "delivered to maildir")
    static let aliasExpanded = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "alias expanded")

    static func discarded(_ reason: String) -> SMTPReply {
        SMTPReply(250, EnhancedStatusCode(2, 0, 0), reason.isEmpty ? "discarded" : reason)
    }
}

extension QueuedWay {
    /// Where a next hop is named, it does not matter whose domain leads there.
    func isSame(as other: QueuedWay) -> Bool {
        switch (self, other) {
        case (.mailbox, .mailbox): true
        case (.remote(let transport, let hop, let domain), .remote(let otherTransport, let otherHop, let otherDomain)):
            transport == otherTransport && hop == otherHop && (hop != nil || domain == otherDomain)
        default: false
        }
    }
}

/// A queued message as the client reads it.
struct SpooledContentSource: OutgoingContentSource {
    let content: SpooledContent

    func open() async throws -> any OutgoingContentReader { Reader(content: content) }

    private struct Reader: OutgoingContentReader {
        let content: SpooledContent
        var offset: UInt64 = 0

        mutating func next() async throws -> ByteBuffer? {
            // Nothing need be asked of the disk to know that this was all.
            guard offset < content.size else { return nil }
            let chunk = try await content.chunk(at: offset, count: 1 << 16)
            offset &+= UInt64(chunk.readableBytes)
            return chunk.readableBytes > 0 ? chunk : nil
        }

        func close() async {}
    }
}

extension SpooledContent {
    /// All of it, where `start` was read already; for messages of a size that memory is meant for.
    func whole(after start: ByteBuffer) async throws(SpoolFailure) -> ByteBuffer {
        var result = start
        while UInt64(result.readableBytes) < size {
            var chunk = try await chunk(at: UInt64(result.readableBytes), count: 1 << 16)
            guard chunk.readableBytes > 0 else { break }
            result.writeBuffer(&chunk)
        }
        return result
    }
}
