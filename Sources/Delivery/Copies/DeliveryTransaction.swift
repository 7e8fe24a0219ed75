package import MailModel
package import MailStore
package import NIOCore
package import Routing
import Spool

/// One message on its way to all its recipients: `start → recipient → body → commit or abort`.
///
/// Copies for mailboxes here are written into them; all others are in the spool before the message is acknowledged, and so
/// are copies that failed for now beside others that are safe already. As long as no copy is safe the message stays the
/// client's: it gets the 4xx.
package struct DeliveryTransaction: Sendable {
    /// May change until delivery starts: HOLD and FILTER are found on the way.
    package var origin: MessageOrigin
    /// Whether a copy that failed for now is put in the spool beside others that are safe. LMTP says no: each recipient has
    /// its reply, and the client's queue tries again.
    package var keepsFailures = true
    private let mailboxes: MailboxDelivery
    private let options: DeliveryOptions
    private let outbox: Outbox?
    private var copies: [PlannedCopy] = []
    private var places: [Place: Int] = [:]

    /// - Parameter outbox: nil where nothing can leave and nothing wait.
    package init(
        origin: MessageOrigin, mailboxes: MailboxDelivery, options: DeliveryOptions = DeliveryOptions(),
        outbox: Outbox? = nil
    ) {
        self.origin = origin
        self.mailboxes = mailboxes
        self.options = options
        self.outbox = outbox
    }

    /// How many copies the message will have.
    package var count: Int { copies.count }

    /// Adds where a recipient's mail goes. A mailbox that several ways lead to gets one copy. Verdicts other than
    /// `deliver` were answered at RCPT and add nothing.
    ///
    /// - Parameter asked: the recipient as the client gave it, with what it wants to be told.
    package mutating func add(_ resolution: Resolution, asked: EnvelopeRecipient? = nil) {
        guard case .deliver(let destinations) = resolution.verdict else { return }
        let asked = asked ?? EnvelopeRecipient(address: resolution.recipient)
        for destination in destinations {
            add(.destination(destination), Place(destination), resolution.recipient, asked, of: destinations.count)
        }
        // A sender of our own is told of a target that does not exist; to a stranger it would be backscatter.
        guard origin.submitter != nil else { return }
        for dead in resolution.deadTargets { addUndeliverable(dead, asked: asked) }
    }

    /// Adds a recipient that was taken though nobody has it: the sender will be told (Postfix's
    /// `smtpd_reject_unlisted_recipient = no`).
    package mutating func addUndeliverable(_ address: EmailAddress, asked: EnvelopeRecipient) {
        guard outbox != nil else { return }
        add(.undeliverable(address), .undeliverable(address), asked.address, asked, of: 1)
    }

    private mutating func add(
        _ target: PlannedCopy.Target, _ key: Place, _ recipient: EmailAddress, _ asked: EnvelopeRecipient, of count: Int
    ) {
        if let place = places[key] {
            if !copies[place].recipients.contains(recipient) { copies[place].recipients.append(recipient) }
            return
        }
        places[key] = copies.count
        var asked = asked
        // RFC 3461 §5.2.7.3: who became several can't be told of success as one.
        if count > 1, let notify = asked.notify { asked.notify = notify.subtracting(.success) }
        copies.append(PlannedCopy(target: target, recipients: [recipient], asked: asked))
    }

    /// What two destinations have in common that must get one copy: a mailbox is the same under whichever address, and so
    /// is an address elsewhere in whichever case.
    private enum Place: Hashable {
        case mailbox(MailboxLocation, Owner)
        case remote([UInt8], RemoteDestination.Transport, String?)
        case discard(EmailAddress)
        case undeliverable(EmailAddress)

        init(_ destination: Destination) {
            switch destination {
            case .mailbox(let mailbox): self = .mailbox(mailbox.location, mailbox.owner)
            case .remote(let remote):
                self = .remote(ASCII.lowercased(remote.address.unquoted), remote.transport, remote.nextHop)
            case .discard(let address, _): self = .discard(address)
            }
        }
    }

    /// Looks for mailboxes that the message has been in already. Among other copies those alone are not delivered, and the
    /// sender is told; where there is nothing else, the message is refused.
    ///
    /// - Parameter start: the message from its first octet on, as much as is there; its header counts.
    package mutating func loop(in start: ByteBuffer) -> SMTPReply? {
        let visited = DeliveredTo(in: start)
        var looping: EmailAddress?
        for place in copies.indices {
            guard let mailbox = copies[place].mailbox, visited.contains(mailbox.address) else { continue }
            looping = looping ?? mailbox.address
            copies[place].target = .looping(mailbox.address)
        }
        guard let looping else { return nil }
        let isAlone = copies.allSatisfy { if case .looping = $0.target { true } else { $0.isDiscarded } }
        return isAlone || outbox == nil ? DeliveredTo.loop(looping) : nil
    }

    // MARK: Delivering

    /// Delivers a message that is in memory. `traceHeaders` are the `Received` lines; `Return-Path` is added here.
    package func deliver(body: ByteBuffer, traceHeaders: [UInt8]) async -> DeliveryReport {
        let report = await deliverCopies(of: body, traceHeaders)
        await tellOfSuccess(report, ByteBuffer(bytes: traceHeaders + body.readableBytesView), size: body.readableBytes)
        return report
    }

    private func deliverCopies(of body: ByteBuffer, _ traceHeaders: [UInt8]) async -> DeliveryReport {
        let plan = plan(traceHeaders)
        guard let outbox else {
            return report(await deliver(plan, body), queued: [:])
        }
        let leaving = leavingCopies
        if leaving.isEmpty {
            let outcomes = await deliver(plan, body)
            let failed = failedBesideOthers(outcomes)
            return report(outcomes, queued: await outbox.add(copies(at: failed), origin, traceHeaders, body))
        }
        if plan.recipients.isEmpty {
            return report([], queued: await outbox.add(copies(at: leaving), origin, traceHeaders, body))
        }
        // Written before the mailboxes, so that little can go wrong behind them.
        var pending = await outbox.begin(origin, traceHeaders)
        await pending.append(body)
        await pending.prepare()
        if let failure = pending.failure {
            pending.abort()
            return DeliveryReport(failing: copies, failure)
        }
        let outcomes = await deliver(plan, body)
        let waiting = leaving + failedCopies(outcomes)
        return report(outcomes, queued: await pending.commit(copies(at: waiting)))
    }

    /// Starts a message that comes in pieces.
    package func begin(traceHeaders: [UInt8]) async -> StreamedDelivery {
        let plan = plan(traceHeaders)
        let stream =
            plan.recipients.isEmpty ? nil : await mailboxes.begin(header: plan.commonHeader, to: plan.recipients)
        let isLeaving = !leavingCopies.isEmpty
        // Of several mailboxes one may fail: what it missed can't be asked for again.
        let maySplit = plan.recipients.count > 1 && (keepsFailures || hasSharedRecipient)
        let pending = isLeaving || maySplit ? await outbox?.begin(origin, traceHeaders) : nil
        return StreamedDelivery(self, stream, pending, needsPending: isLeaving, traceHeaders: traceHeaders)
    }

    /// RFC 3461 §5.2.1: who asked for it (NOTIFY=SUCCESS) is told that a copy is in its mailbox.
    ///
    /// - Parameter beginning: of the message, its header at least as far as a report can return it.
    fileprivate func tellOfSuccess(_ report: DeliveryReport, _ beginning: @autoclosure () -> ByteBuffer, size: Int)
        async
    {
        guard let outbox, origin.sender.path != .null, report.copies.count == copies.count else { return }
        let told = zip(copies, report.copies).filter { copy, reported in
            guard case .delivered = reported.outcome else { return false }
            return copy.asked.notify?.contains(.success) ?? false
        }
        guard !told.isEmpty else { return }
        await outbox.tellOfSuccess(told.map(\.0), origin, beginning(), size: UInt64(clamping: size))
    }

    private func deliver(
        _ plan: (commonHeader: [UInt8], recipients: [MaildirRecipient]), _ body: ByteBuffer
    ) async -> [DeliveryOutcome] {
        plan.recipients.isEmpty ? [] : await mailboxes.deliver(body, header: plan.commonHeader, to: plan.recipients)
    }

    private func plan(_ traceHeaders: [UInt8]) -> (commonHeader: [UInt8], recipients: [MaildirRecipient]) {
        let returnPath = TraceHeader.returnPath(origin.sender.path)
        guard !keepsMailboxesWaiting else { return (returnPath + traceHeaders, []) }
        let namesRecipients = options.recipientHeaders == .always || copies.count == 1
        let recipients = copies.compactMap { copy -> MaildirRecipient? in
            guard let mailbox = copy.mailbox else { return nil }
            guard namesRecipients else { return MaildirRecipient(mailbox: mailbox) }
            let original = copy.recipients.first ?? mailbox.address
            return MaildirRecipient(
                mailbox: mailbox,
                header: returnPath + TraceHeader.originalRecipient(original) + TraceHeader.deliveredTo(mailbox.address))
        }
        return (namesRecipients ? traceHeaders : returnPath + traceHeaders, recipients)
    }

    // MARK: Copies

    /// What is held goes nowhere, and what a filter has to see goes there first.
    private var keepsMailboxesWaiting: Bool { origin.isHeld || origin.filter != nil }

    /// What does not go into a mailbox now.
    private var leavingCopies: [Int] {
        copies.indices.filter { keepsMailboxesWaiting ? !copies[$0].isDiscarded : copies[$0].isLeaving }
    }

    private func copies(at places: [Int]) -> [Int: PlannedCopy] {
        Dictionary(uniqueKeysWithValues: places.map { ($0, copies[$0]) })
    }

    /// Mailbox copies that failed, by their place among all copies.
    fileprivate func failedCopies(_ outcomes: [DeliveryOutcome]) -> [Int] {
        let failed: [Int] = zip(mailboxPlaces, outcomes).compactMap { place, outcome in
            if case .failure = outcome { place } else { nil }
        }
        return keepsFailures ? failed : besideSafeCopies(failed)
    }

    /// Of the failed, those whose recipients have another copy that is safe: trying the whole recipient again would deliver
    /// that one twice.
    private func besideSafeCopies(_ failed: [Int]) -> [Int] {
        var kept: [Int] = []
        var open = failed
        var safe = Set(copies.indices.filter { !failed.contains($0) }.flatMap { copies[$0].recipients })
        while let next = open.firstIndex(where: { !safe.isDisjoint(with: copies[$0].recipients) }) {
            let place = open.remove(at: next)
            kept.append(place)
            safe.formUnion(copies[place].recipients)
        }
        return kept
    }

    /// Whether one recipient has several copies.
    private var hasSharedRecipient: Bool {
        let all = copies.flatMap(\.recipients)
        return Set(all).count < all.count
    }

    /// Nothing where no copy is safe: the client keeps the message then.
    fileprivate func failedBesideOthers(_ outcomes: [DeliveryOutcome]) -> [Int] {
        let failed = failedCopies(outcomes)
        return failed.count < outcomes.count ? failed : []
    }

    private var mailboxPlaces: [Int] { copies.indices.filter { copies[$0].mailbox != nil } }

    /// Joins the mailboxes' outcomes, which come in the order of the mailbox copies, and the queue's to all copies.
    fileprivate func report(_ outcomes: [DeliveryOutcome], queued: [Int: Outbox.Outcome]) -> DeliveryReport {
        let written = Dictionary(uniqueKeysWithValues: zip(mailboxPlaces, outcomes))
        return DeliveryReport(
            copies: copies.indices.map { place in
                let copy = copies[place]
                let outcome: DeliveryReport.Outcome
                if let queued = queued[place] {
                    outcome = DeliveryReport.Outcome(queued)
                } else {
                    switch copy.target {
                    case .destination(.discard(_, let reason)): outcome = .discarded(reason)
                    case .destination(.remote), .undeliverable, .looping: outcome = .noWayOut
                    case .destination(.mailbox):
                        switch written[place] {
                        case .success(let message): outcome = .delivered(path: message.path)
                        case .failure(let failure): outcome = .failed(failure)
                        case nil: outcome = .failed(MailboxFailure(.unavailable, "the delivery gave no outcome"))
                        }
                    }
                }
                return DeliveryReport.Copy(address: copy.address, recipients: copy.recipients, outcome: outcome)
            }, fullMailbox: options.fullMailbox)
    }

    fileprivate func streamed(
        _ outcomes: [DeliveryOutcome], _ pending: PendingMessage?, isLeaving: Bool
    ) async -> DeliveryReport {
        guard let pending else { return report(outcomes, queued: [:]) }
        let waiting = isLeaving ? leavingCopies + failedCopies(outcomes) : failedBesideOthers(outcomes)
        guard !waiting.isEmpty else {
            pending.abort()
            return report(outcomes, queued: [:])
        }
        return report(outcomes, queued: await pending.commit(copies(at: waiting)))
    }
}

/// A copy, and the recipients whose mail it is.
struct PlannedCopy: Sendable {
    enum Target: Sendable {
        case destination(Destination)
        /// Nobody has the address; its sender is to be told.
        case undeliverable(EmailAddress)
        /// The message has been in its mailbox before; the queue finds that again and tells the sender.
        case looping(EmailAddress)
    }

    var target: Target
    var recipients: [EmailAddress]
    /// The first that led here.
    var asked: EnvelopeRecipient

    var address: EmailAddress {
        switch target {
        case .destination(let destination): destination.address
        case .undeliverable(let address), .looping(let address): address
        }
    }

    var mailbox: LocalMailbox? {
        if case .destination(.mailbox(let mailbox)) = target { mailbox } else { nil }
    }

    var isDiscarded: Bool {
        if case .destination(.discard) = target { true } else { false }
    }

    var isLeaving: Bool { mailbox == nil && !isDiscarded }
}

/// A transaction whose message comes in pieces.
package struct StreamedDelivery: Sendable {
    private let transaction: DeliveryTransaction
    private let stream: StreamedMailboxDelivery?
    private var pending: PendingMessage?
    private let needsPending: Bool
    /// The message's beginning, for a report that returns its header.
    private var beginning: ByteBuffer
    private var size = 0

    private static let beginningLimit = 1 << 16

    init(
        _ transaction: DeliveryTransaction, _ stream: StreamedMailboxDelivery?, _ pending: PendingMessage?,
        needsPending: Bool, traceHeaders: [UInt8]
    ) {
        beginning = ByteBuffer(bytes: traceHeaders)
        self.transaction = transaction
        self.stream = stream
        self.pending = pending
        self.needsPending = needsPending
    }

    /// Adds a piece with the line ends of the wire.
    /// - Returns: why no copy can be delivered any more; the rest of the message need not be given.
    package mutating func append(_ chunk: ByteBuffer) async -> MailboxFailure? {
        size += chunk.readableBytes
        let room = Self.beginningLimit - beginning.readableBytes
        if room > 0 { beginning.writeBytes(chunk.readableBytesView.prefix(room)) }
        await pending?.append(chunk)
        if needsPending, let failure = pending?.failure { return failure }
        guard let stream else { return nil }
        await stream.append(chunk)
        return needsPending ? nil : await stream.firstFailure
    }

    package func commit() async -> DeliveryReport {
        var pending = pending
        await pending?.prepare()
        if let failure = pending?.failure {
            pending?.abort()
            pending = nil
            if needsPending {
                await stream?.abort()
                return transaction.failing(failure)
            }
        }
        let report = await transaction.streamed(await stream?.commit() ?? [], pending, isLeaving: needsPending)
        await transaction.tellOfSuccess(report, beginning, size: size)
        return report
    }

    package func abort() async {
        await stream?.abort()
        pending?.abort()
    }
}

extension DeliveryTransaction {
    fileprivate func failing(_ failure: MailboxFailure) -> DeliveryReport {
        DeliveryReport(failing: copies, failure)
    }
}
