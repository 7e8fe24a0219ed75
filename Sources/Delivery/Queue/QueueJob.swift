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
    }

    /// A message of at most this many octets is delivered to mailboxes from memory.
    static let gatheredSize: UInt64 = 256 << 10

    let job: DeliveryJob
    let message: QueuedMessage
    let site: QueueSite
    let spool: MessageSpool

    /// - Parameter isResolved: routing was asked a moment ago, when the message came.
    func run(isResolved: Bool) async -> Outcome {
        var outcome = Outcome()
        var mailboxes: [(place: Int, mailboxes: [LocalMailbox])] = []
        var remote: [Int] = []
        for place in job.recipients {
            guard message.recipients.indices.contains(place) else { continue }
            let recipient = message.recipients[place]
            if case .remote = job.way, isResolved || recipient.isWayFixed {
                remote.append(place)
                continue
            }
            switch await resolve(recipient) {
            case .mailboxes(let found): mailboxes.append((place, found))
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
                case .found(let way): return way.isSame(as: job.way) ? .remote : .ended(.moved(to: way, remote.address))
                case .absent, .unavailable:
                    let reply = SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Temporary lookup failure")
                    return .ended(.unresolved(reply))
                }
            }
            for case .discard(_, let reason) in destinations {
                let text = reason.isEmpty ? "discarded" : reason
                return .ended(.delivered(SMTPReply(250, EnhancedStatusCode(2, 0, 0), text)))
            }
            return .ended(.deferred(SMTPReply(451, EnhancedStatusCode(4, 3, 5), "no destination"), host: nil))
        }
    }

    // MARK: Mailboxes

    private func deliver(_ found: [(place: Int, mailboxes: [LocalMailbox])], _ outcome: inout Outcome) async {
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
        var recipients: [MaildirRecipient] = []
        var places: [Int] = []
        var isNew: [(place: Int, mailboxes: [LocalMailbox])] = []
        for (place, mailboxes) in found {
            if let mailbox = mailboxes.first(where: { visited.contains($0.address) }) {
                outcome.results.append((place, .failed(DeliveredTo.loop(mailbox.address), host: nil)))
            } else {
                isNew.append((place, mailboxes))
            }
        }
        let found = isNew
        guard !found.isEmpty else { return }
        for (place, mailboxes) in found {
            let given = message.recipients[place].given
            for mailbox in mailboxes {
                recipients.append(
                    MaildirRecipient(
                        mailbox: mailbox,
                        header: returnPath + TraceHeader.originalRecipient(given)
                            + TraceHeader.deliveredTo(mailbox.address)))
                places.append(place)
            }
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
        // An address with several mailboxes is delivered when all have it.
        var failures: [Int: SMTPReply] = [:]
        for (place, result) in zip(places, delivered) {
            if case .failure(let failure) = result { failures[place] = failures[place] ?? failure.smtpReply }
        }
        for (place, _) in found {
            let delivered = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "delivered to maildir")
            outcome.results.append((place, failures[place].map { .deferred($0, host: nil) } ?? .delivered(delivered)))
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
        let content: SpooledContent
        do throws(SpoolFailure) {
            content = try await spool.content(message.id)
        } catch {
            for place in places { outcome.results.append((place, .deferred(error.smtpReply, host: nil))) }
            return
        }
        for (sender, places) in senders {
            var envelope = message.envelope.sender
            if let sender { envelope.path = sender }
            let transaction = OutgoingTransaction(
                sender: envelope, recipients: places.map { handedOver(message.recipients[$0]) }, size: message.size,
                content: OutgoingContent(
                    facts: facts(envelope), source: SpooledContentSource(content: content)))
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
        case .delivered: self = .delivered(result.reply)
        case .failed: self = .failed(result.reply, host: result.host)
        case .deferred: self = .deferred(result.reply, host: result.host)
        }
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
