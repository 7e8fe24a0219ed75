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
    /// Recipients that became several, whose sender wants to be told of success: it is told of that.
    private var expanded: [EnvelopeRecipient] = []

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
        let given = asked ?? EnvelopeRecipient(address: resolution.recipient)
        if resolution.isSeveral, given.notify?.contains(.success) ?? false { expanded.append(given) }
        let asked = given.withoutSuccess(resolution.isSeveral)
        for destination in destinations {
            add(.destination(destination), Place(destination), resolution.recipient, asked)
        }
        // A sender of our own is told of a target that does not exist; to a stranger it would be backscatter.
        guard origin.submitter != nil else { return }
        for dead in resolution.deadTargets { addUndeliverable(dead, asked: asked) }
    }

    /// Adds a recipient that the directory does not tell of now, in the words of `reply`: the queue asks again.
    package mutating func addUnresolved(_ asked: EnvelopeRecipient, _ reply: SMTPReply) {
        guard outbox != nil else { return }
        add(.unresolved(asked.address, reply), .unresolved(asked.address), asked.address, asked)
    }

    /// Adds a recipient that was taken though nobody has it: the sender will be told (Postfix's
    /// `smtpd_reject_unlisted_recipient = no`).
    package mutating func addUndeliverable(_ address: EmailAddress, asked: EnvelopeRecipient) {
        guard outbox != nil else { return }
        add(.undeliverable(address), .undeliverable(address), asked.address, asked)
    }

    private mutating func add(
        _ target: PlannedCopy.Target, _ key: Place, _ recipient: EmailAddress, _ asked: EnvelopeRecipient
    ) {
        if let place = places[key] {
            if !copies[place].recipients.contains(recipient) { copies[place].recipients.append(recipient) }
            return
        }
        places[key] = copies.count
        copies.append(PlannedCopy(target: target, recipients: [recipient], asked: asked))
    }

    /// What two destinations have in common that must get one copy: a mailbox is the same under whichever address, and so
    /// is an address elsewhere in whichever case.
    private enum Place: Hashable {
        case mailbox(MailboxLocation, Owner)
        case remote([UInt8], RemoteDestination.Transport, String?)
        case discard(EmailAddress)
        case undeliverable(EmailAddress)
        case unresolved(EmailAddress)

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
            copies[place].target = .looping(mailbox)
        }
        guard let looping else { return nil }
        let isAlone = copies.allSatisfy { if case .looping = $0.target { true } else { $0.isDiscarded } }
        return isAlone || outbox == nil ? DeliveredTo.loop(looping) : nil
    }

    // MARK: Delivering

    /// Delivers a message that is in memory. `traceHeaders` are the `Received` lines; `Return-Path` is added here.
    package func deliver(body: ByteBuffer, traceHeaders: [UInt8]) async -> DeliveryReport {
        let plan = plan(traceHeaders)
        guard let outbox else {
            return report(await deliver(plan, body))
        }
        let leaving = leavingCopies
        guard !leaving.isEmpty || owesSuccess else {
            let outcomes = await deliver(plan, body)
            let entry = entry(outcomes, [:])
            return await report(outcomes, entry, outbox.add(entry, origin, traceHeaders, body))
        }
        // Asked before any copy is written: what can't be answered is tried again by the client, with all its copies.
        let waiting: [Int: QueuedRecipient]
        do throws(SpoolFailure) {
            waiting = try await outbox.recipients(copies(at: leaving), origin)
        } catch {
            return DeliveryReport(failing: copies, error.mailboxFailure)
        }
        if plan.recipients.isEmpty {
            let entry = entry([], waiting)
            return await report([], entry, outbox.add(entry, origin, traceHeaders, body))
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
        let entry = entry(outcomes, waiting)
        return await report(outcomes, entry, pending.commit(entry))
    }

    /// Starts a message that comes in pieces.
    package func begin(traceHeaders: [UInt8]) async -> StreamedDelivery {
        let plan = plan(traceHeaders)
        let stream =
            plan.recipients.isEmpty ? nil : await mailboxes.begin(header: plan.commonHeader, to: plan.recipients)
        let leaving = leavingCopies
        let isLeaving = !leaving.isEmpty
        var waiting: Result<[Int: QueuedRecipient], MailboxFailure> = .success([:])
        if isLeaving, let outbox {
            do throws(SpoolFailure) {
                waiting = .success(try await outbox.recipients(copies(at: leaving), origin))
            } catch {
                waiting = .failure(error.mailboxFailure)
            }
        }
        // Of several mailboxes one may fail: what it missed can't be asked for again.
        let maySplit = plan.recipients.count > 1 && (keepsFailures || hasSharedRecipient)
        let isSecured = outbox != nil && (isLeaving || owesSuccess)
        let pending = isSecured || maySplit ? await outbox?.begin(origin, traceHeaders) : nil
        return StreamedDelivery(self, stream, pending, waiting: waiting, needsPending: isSecured)
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

    /// Copies for mailboxes, as the queue keeps them.
    private func queued(_ places: [Int]) -> [Int: QueuedRecipient] {
        copies(at: places).mapValues { $0.queued(origin) }
    }

    private func copies(at places: [Int]) -> [Int: PlannedCopy] {
        Dictionary(uniqueKeysWithValues: places.map { ($0, copies[$0]) })
    }

    /// Mailbox copies that failed, by their place among all copies.
    private func failedCopies(_ outcomes: [DeliveryOutcome]) -> [Int] {
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
    private func failedBesideOthers(_ outcomes: [DeliveryOutcome]) -> [Int] {
        let failed = failedCopies(outcomes)
        return failed.count < outcomes.count ? failed : []
    }

    private var mailboxPlaces: [Int] { copies.indices.filter { copies[$0].mailbox != nil } }

    // MARK: The spool's part

    /// What the spool is to hold once mailboxes have gone as they did.
    ///
    /// - Parameter leaving: copies that leave in any case.
    private func entry(_ outcomes: [DeliveryOutcome], _ leaving: [Int: QueuedRecipient]) -> SpoolEntry {
        let failed = leaving.isEmpty ? failedBesideOthers(outcomes) : failedCopies(outcomes)
        var entry = SpoolEntry(waiting: leaving.merging(queued(failed)) { $1 })
        var unsafe: Set<EmailAddress> = []
        for (place, outcome) in zip(mailboxPlaces, outcomes) {
            switch outcome {
            case .success where owesSuccess(copies[place]):
                let success = QueuedSuccess(.delivered, .deliveredToMaildir)
                entry.untold.append(copies[place].queued(origin, state: .untold(success)))
                entry.bound.insert(place)
            case .success: entry.delivered.append(copies[place].queued(origin, state: .delivered))
            case .failure where entry.waiting[place] == nil: unsafe.formUnion(copies[place].recipients)
            case .failure: break
            }
        }
        // Where a copy failed the client tries again, and is told then.
        for recipient in origin.sender.path == .null ? [] : expanded where !unsafe.contains(recipient.address) {
            entry.untold.append(
                QueuedRecipient(
                    recipient: recipient, given: recipient.address, way: .unresolved,
                    state: .untold(QueuedSuccess(.expanded, .aliasExpanded))))
            entry.bound.formUnion(copies.indices.filter { copies[$0].recipients.contains(recipient.address) })
        }
        return entry
    }

    /// RFC 3461 §5.2.1 and §5.2.7.3: whoever asked for it (NOTIFY=SUCCESS) is told that a copy is in its mailbox, or that an
    /// address became several.
    private func owesSuccess(_ copy: PlannedCopy) -> Bool {
        outbox != nil && DeliveryNotice.isDue(.delivered, sender: origin.sender.path, copy.asked.notify)
    }

    /// Whether somebody is to be told though no copy should have to wait: the place for that in the spool is secured before
    /// any copy is written, and durable before the message is acknowledged.
    private var owesSuccess: Bool {
        origin.sender.path != .null && !expanded.isEmpty || mailboxPlaces.contains { owesSuccess(copies[$0]) }
    }

    /// - Parameter pending: nil where the spool could not hold it; then no copy had to wait there.
    func streamed(
        _ outcomes: [DeliveryOutcome], _ pending: PendingMessage?, _ waiting: [Int: QueuedRecipient]
    ) async -> DeliveryReport {
        guard let pending else { return report(outcomes) }
        let entry = entry(outcomes, waiting)
        return await report(outcomes, entry, pending.commit(entry))
    }

    /// Joins the mailboxes' outcomes, which come in the order of the mailbox copies, and the queue's to all copies.
    ///
    /// - Parameter kept: nil where the spool had nothing to take.
    private func report(
        _ outcomes: [DeliveryOutcome], _ entry: SpoolEntry = SpoolEntry(),
        _ kept: Result<QueueID, MailboxFailure>? = nil
    ) -> DeliveryReport {
        let written = Dictionary(uniqueKeysWithValues: zip(mailboxPlaces, outcomes))
        return DeliveryReport(
            copies: copies.indices.map { place in
                let copy = copies[place]
                let outcome: DeliveryReport.Outcome
                switch kept {
                case .success(let id) where entry.waiting[place] != nil: outcome = .queued(id)
                case .failure(let failure) where entry.waiting[place] != nil || entry.bound.contains(place):
                    outcome = .failed(failure)
                case .success, .failure, nil: outcome = copy.outcome(written[place])
                }
                return DeliveryReport.Copy(address: copy.address, recipients: copy.recipients, outcome: outcome)
            }, fullMailbox: options.fullMailbox)
    }

    func failing(_ failure: MailboxFailure) -> DeliveryReport {
        DeliveryReport(failing: copies, failure)
    }
}
