import Directory
import MailModel
import MailStore
import NIOCore
package import Routing
import Spool

/// How copies of messages get into the queue: what a transaction needs of it, and of the site.
package struct Outbox: Sendable {
    private let queue: MailQueue
    private let router: Router
    private let senderNextHops: SenderNextHops

    package init(queue: MailQueue, router: Router, senderNextHops: SenderNextHops = SenderNextHops()) {
        self.queue = queue
        self.router = router
        self.senderNextHops = senderNextHops
    }

    // MARK: Whole messages

    /// Queues a message that is in memory; nil where the spool has nothing to take.
    func add(
        _ entry: SpoolEntry, _ origin: MessageOrigin, _ header: [UInt8], _ body: ByteBuffer
    ) async -> Result<QueueID, MailboxFailure>? {
        guard entry.isNeeded else { return nil }
        var scan = ContentScan()
        scan.scan(header)
        scan.scan(body)
        let isSmall = body.readableBytes <= RecentMessages.contentLimit.message
        do throws(SpoolFailure) {
            let message = try await queue.spool.add(
                id: origin.id, envelope: origin.envelope(scan.needs), recipients: entry.recipients, header: header,
                body: body, isHeld: origin.isHeld)
            await queue.accept(message, content: isSmall ? ByteBuffer(bytes: header + body.readableBytesView) : nil)
            return .success(origin.id)
        } catch {
            return .failure(error.mailboxFailure)
        }
    }

    // MARK: Messages in pieces

    func begin(_ origin: MessageOrigin, _ header: [UInt8]) async -> PendingMessage {
        await PendingMessage(self, origin, header)
    }

    fileprivate func stage(_ id: QueueID) async throws(SpoolFailure) -> StagedMessage {
        try await queue.spool.begin(id: id)
    }

    fileprivate func commit(
        _ staged: StagedMessage, _ entry: SpoolEntry, _ origin: MessageOrigin, _ needs: ContentNeeds
    ) async -> Result<QueueID, MailboxFailure> {
        do throws(SpoolFailure) {
            let message = try await staged.commit(
                envelope: origin.envelope(needs), recipients: entry.recipients, isHeld: origin.isHeld)
            await queue.accept(message)
            return .success(origin.id)
        } catch {
            return .failure(error.mailboxFailure)
        }
    }

    // MARK: Recipients

    /// Copies as the queue keeps them. To be asked before any copy is written: what fails here is the client's to try again.
    ///
    /// - Throws: where the directory does not tell whose a domain is, and SRS has to know.
    func recipients(
        _ copies: [Int: PlannedCopy], _ origin: MessageOrigin
    ) async throws(SpoolFailure) -> [Int: QueuedRecipient] {
        var recipients: [Int: QueuedRecipient] = [:]
        for (place, copy) in copies {
            var recipient = copy.queued(origin)
            if case .destination(.remote(let remote)) = copy.target {
                do throws(SpoolFailure) {
                    recipient.sender = try await leavingSender(origin.sender.path, recipient.given, remote.address)
                    if origin.filter == nil { recipient.way = await way(remote, origin.sender.path) }
                } catch  where origin.waitsForDirectory && origin.filter == nil {
                    recipient.recipient.address = recipient.given
                    recipient.way = .unresolved
                }
            }
            recipients[place] = recipient
        }
        return recipients
    }

    /// Nil where it is the message's own: SRS rewrites senders of mail that an alias leads elsewhere.
    private func leavingSender(
        _ sender: ReversePath, _ given: EmailAddress, _ address: EmailAddress
    ) async throws(SpoolFailure) -> ReversePath? {
        switch await router.leavingSender(sender, for: given, to: address).outcome {
        case .found(let leaving): return leaving == sender ? nil : leaving
        case .absent: return nil
        case .unavailable(let reason):
            throw SpoolFailure(.unavailable, "whether \(sender) is to be rewritten can't be told: \(reason.text)")
        }
    }

    private func way(_ remote: RemoteDestination, _ sender: ReversePath) async -> QueuedWay {
        if case .found(let way) = await senderNextHops.way(of: remote, sender: sender).outcome { return way.queuedWay }
        // Nobody tells which relay host it is: the first attempt asks again.
        return .mailbox
    }
}

/// A message on its way into the spool. Its failures are kept and told at the end.
struct PendingMessage: Sendable {
    private let outbox: Outbox
    private let origin: MessageOrigin
    private var staged: StagedMessage?
    private var scan = ContentScan()
    private(set) var failure: MailboxFailure?

    fileprivate init(_ outbox: Outbox, _ origin: MessageOrigin, _ header: [UInt8]) async {
        self.outbox = outbox
        self.origin = origin
        do throws(SpoolFailure) {
            staged = try await outbox.stage(origin.id)
        } catch {
            failure = error.mailboxFailure
        }
        await append(ByteBuffer(bytes: header))
    }

    mutating func append(_ chunk: ByteBuffer) async {
        guard failure == nil, let staged else { return }
        scan.scan(chunk)
        do throws(SpoolFailure) {
            try await staged.append(chunk)
        } catch {
            failure = error.mailboxFailure
        }
    }

    /// Writes all of it, so that little is left to be done.
    mutating func prepare() async {
        guard failure == nil, let staged else { return }
        do throws(SpoolFailure) {
            try await staged.prepare()
        } catch {
            failure = error.mailboxFailure
        }
    }

    /// Nil where the spool has nothing to take; the message is given up then.
    func commit(_ entry: SpoolEntry) async -> Result<QueueID, MailboxFailure>? {
        guard entry.isNeeded else {
            abort()
            return nil
        }
        guard failure == nil, let staged else {
            abort()
            return .failure(failure ?? MailboxFailure(.unavailable, "the spool took nothing"))
        }
        return await outbox.commit(staged, entry, origin, scan.needs)
    }

    func abort() {
        staged?.abort()
    }
}

extension SpoolFailure {
    var mailboxFailure: MailboxFailure {
        MailboxFailure(kind == .noSpace ? .noSpace : .unavailable, reason)
    }
}
