import Logging
import MailModel
import Spool

/// Writing down what became of messages, and telling who has to be told.
extension MailQueue {
    /// Takes decisions on one message in: who is to be told waits in `unsettled` from now on.
    ///
    /// No suspension lies between the schedule's decision and this, and `writeDown` has to follow: another attempt at the
    /// same message that ends meanwhile finds that something is still to be done, and does not let go of it.
    ///
    /// - Parameter tellsSuccess: recipients whose next hop tells of success itself.
    /// - Returns: what has to be written down.
    func take(
        _ decisions: [ScheduleDecision], of message: QueuedMessage?, tellsSuccess: Set<Int>, isMailbox: Bool
    ) -> [QueueChange] {
        guard let id = decisions.first?.message else { return [] }
        writing[id, default: 0] += 1
        var notices = PendingNotices()
        var delivered: [Int] = []
        var changes: [QueueChange] = []
        for decision in decisions {
            switch decision {
            case .delivered(_, let recipient, let reply, let host):
                guard message?.wantsSuccess(recipient) ?? false, isMailbox || !tellsSuccess.contains(recipient) else {
                    delivered.append(recipient)
                    continue
                }
                // With the fact stands that it has to be told: a crash before the report does not swallow it.
                let success = QueuedSuccess(isMailbox ? .delivered : .relayed, reply, host: host)
                notices.add(success, of: recipient)
                changes.append(.state([recipient], .untold(success)))
            case .expanded(_, let recipient):
                guard let message, message.recipients.indices.contains(recipient),
                    case .untold(let success) = message.recipients[recipient].state
                else { continue }
                notices.add(success, of: recipient)
            case .retry(_, let recipient, let attempts): changes.append(.state([recipient], .waiting(attempts)))
            case .move(_, let recipient, let way): changes.append(.way([recipient], way, isFixed: false))
            case .fail(_, let recipient, let reply, let host, let failure):
                let notice = PendingNotices.Notice(recipient: recipient, reply: reply, host: host)
                if failure == .expired { notices.expired.append(notice) } else { notices.failed.append(notice) }
            case .reportDelay(_, let recipient, let reply, let host):
                notices.delayed.append(PendingNotices.Notice(recipient: recipient, reply: reply, host: host))
            case .messageIsDone: notices.isDone = true
            }
        }
        if !delivered.isEmpty { changes.insert(.state(delivered, .delivered), at: 0) }
        if !notices.isEmpty { unsettled[id, default: PendingNotices()].merge(notices) }
        return changes
    }

    /// Writes down what `take` gave, then settles what can be.
    func writeDown(_ changes: [QueueChange], of id: QueueID) async {
        guard let attempts = writing[id] else { return }
        let isOver = postponed[id] == nil && unsettled[id].map { $0.isDone && $0.isSilent } ?? false
        // The end of the file says all of it, where nobody has to be told before.
        if !changes.isEmpty, !(isOver && attempts == 1 && !settling.contains(id)) {
            do throws(SpoolFailure) {
                try await spool.update(id, changes)
            } catch {
                // Nothing is lost: after a crash it would be tried once more.
                logger.error(
                    "what became of a message can't be written down",
                    metadata: ["message": "\(id)", "reason": "\(error)"])
            }
        }
        let rest = (writing[id] ?? 1) - 1
        writing[id] = rest > 0 ? rest : nil
        guard let notices = unsettled[id], postponed[id] == nil else { return }
        if notices.isDone || schedule.status(of: id)?.inFlight ?? 0 == 0 { await settle(id) }
    }

    /// Tells whom it concerns, then writes down that it was told, then lets go of a message that is done.
    func settle(_ id: QueueID) async {
        guard settling.insert(id).inserted else { return }
        defer { settling.remove(id) }
        while writing[id] == nil, var notices = unsettled.removeValue(forKey: id) {
            do {
                try await settle(id, &notices)
            } catch let failure as SpoolFailure where failure.kind == .noSuchMessage {
                // Deleted meanwhile: who did that wants nobody to be told.
                logger.notice("nobody is told of a message that is gone", metadata: ["message": "\(id)"])
            } catch {
                logger.error(
                    "a sender can't be told yet", metadata: ["message": "\(id)", "reason": "\(error)"])
                unsettled[id, default: PendingNotices()].merge(notices)
                postponed[id] = .now + Self.backoff
                return
            }
        }
    }

    /// What was done is taken out of `notices`, so that another try begins where this one failed.
    private func settle(_ id: QueueID, _ notices: inout PendingNotices) async throws {
        if !notices.isSilent {
            let message = try await spool.message(id)
            log(expired: notices.expired, message)
            let reports = QueueReports(site: site(), message: message, spool: spool)
            for kind in PendingNotices.Kind.allCases where !notices.noticed(kind).isEmpty {
                if let report = try await reports.report(notices, kind) { try await add(report, on: id) }
                notices.told(kind)
            }
        }
        if notices.isDone {
            try await spool.remove(id)
        } else {
            let changes = notices.changes(of: try await spool.message(id))
            if !changes.isEmpty { try await spool.update(id, changes) }
        }
    }

    private func add(_ report: QueueReport, on id: QueueID) async throws(SpoolFailure) {
        let queued = try await spool.add(
            id: report.id, envelope: report.envelope, recipients: report.recipients, header: [], body: report.content)
        logger.notice(
            "a report goes to <\(report.recipients.first?.given.description ?? "")>",
            metadata: ["message": "\(id)", "report": "\(report.id)"])
        accept(queued)
    }

    /// What a message's sender is yet to be told of recipients that are done: it came so, or was read so when the server started.
    func takeUp(untoldOf message: QueuedMessage) {
        var notices = PendingNotices(untoldOf: message)
        guard !notices.isEmpty else { return }
        notices.isDone = schedule.status(of: message.id) == nil
        unsettled[message.id, default: PendingNotices()].merge(notices)
        postponed[message.id] = .now
    }

    /// What could not be told a while ago, and has its time now.
    func takePostponed() -> ArraySlice<QueueID> {
        guard !postponed.isEmpty else { return [] }
        let now = ContinuousClock.now
        // Not all at once: when a directory was down there may be thousands.
        let due = postponed.filter { $0.value <= now }.map(\.key).prefix(Self.notedAtOnce)
        for id in due { postponed[id] = nil }
        return due
    }
}

extension QueuedMessage {
    fileprivate func wantsSuccess(_ recipient: Int) -> Bool {
        guard recipients.indices.contains(recipient) else { return false }
        return DeliveryNotice.isDue(.delivered, sender: envelope.sender.path, recipients[recipient].recipient.notify)
    }
}

extension ScheduleDecision {
    var message: QueueID {
        switch self {
        case .delivered(let id, _, _, _), .retry(let id, _, _), .move(let id, _, _), .fail(let id, _, _, _, _),
            .reportDelay(let id, _, _, _), .expanded(let id, _), .messageIsDone(let id):
            id
        }
    }
}
