import Logging
import MailModel
import NIOCore
package import Spool

extension MailQueue: QueueAdministration {
    package func status(of ids: [QueueID]) -> [QueueID: ScheduledMessageStatus] {
        var result: [QueueID: ScheduledMessageStatus] = [:]
        for id in ids { result[id] = schedule.status(of: id) }
        return result
    }

    package func hold(_ id: QueueID) async throws(QueueAdministrationFault) {
        try await setHeld(id, true)
        schedule.hold(id)
    }

    package func release(_ id: QueueID) async throws(QueueAdministrationFault) {
        try await setHeld(id, false)
        schedule.release(id, now: Self.now)
        wake()
    }

    private func setHeld(_ id: QueueID, _ isHeld: Bool) async throws(QueueAdministrationFault) {
        do throws(SpoolFailure) {
            try await spool.setHeld(id, isHeld)
        } catch {
            throw QueueAdministrationFault(error)
        }
    }

    package func delete(_ id: QueueID) async throws(QueueAdministrationFault) {
        do throws(SpoolFailure) {
            let message = try await spool.message(id)
            // From here on nothing of it is started.
            let isGone = schedule.remove(id)
            if isGone { forget(id) }
            do throws(SpoolFailure) {
                if isGone {
                    try await spool.remove(id)
                } else {
                    // The end of the job that runs removes the file; a crash before that must not bring the message back.
                    var waiting = message.waiting
                    while !waiting.isEmpty {
                        // The job may have made copies of a recipient meanwhile.
                        waiting = try await spool.update(id, [.state(waiting, .deleted)]).waiting
                    }
                }
            } catch  where error.kind != .noSuchMessage {
                if isGone { schedule.insert(message, now: Self.now, isFresh: false) }
                throw error
            } catch {
                // The job that ran has ended meanwhile.
            }
        } catch {
            throw QueueAdministrationFault(error)
        }
        logger.notice("removed by the administrator", metadata: ["message": "\(id)"])
    }

    package func flush(_ selection: ScheduleSelection) async throws(QueueAdministrationFault) {
        if case .message(let id) = selection, schedule.status(of: id) == nil {
            throw QueueAdministrationFault(.noSuchMessage, "there is no message \(id) that waits")
        }
        schedule.flush(selection, now: Self.now)
        wake()
        guard case .domain = selection else { return }
        // Mail that goes by a relay host, or whose recipients are not resolved yet: only the files tell whose it is.
        do throws(SpoolFailure) {
            var rest = try await spool.ids()[...]
            while !rest.isEmpty {
                for message in try await spool.messages(Array(rest.prefix(256))) where message.isSelected(selection) {
                    schedule.flush(.message(message.id), now: Self.now)
                }
                wake()
                rest = rest.dropFirst(256)
            }
        } catch {
            throw QueueAdministrationFault(error)
        }
    }

    // MARK: Requeue

    package func requeue(_ id: QueueID) async throws(QueueAdministrationFault) -> QueueID {
        do throws(SpoolFailure) {
            // Nor is an attempt done before it is written down: whoever has the message does not get it again.
            guard schedule.status(of: id)?.inFlight ?? 0 == 0, writing[id] == nil, !settling.contains(id) else {
                throw SpoolFailure(.busy, "a copy of message \(id) is being handed over now: try again")
            }
            let message = try await readHeld(id)
            // From here on nothing of it is started.
            _ = schedule.remove(id)
            do throws(SpoolFailure) {
                let recipients = await RequeuedRecipients(site: site(), message: message).resolved()
                let copy = try await copy(message, recipients)
                forget(id)
                accept(copy)
                // A crash before this sends the message twice, and loses none.
                try await spool.remove(id)
                logger.notice(
                    "queued anew by the administrator", metadata: ["message": "\(copy.id)", "formerly": "\(id)"])
                return copy.id
            } catch {
                schedule.insert(message, now: Self.now, isFresh: false)
                wake()
                throw error
            }
        } catch {
            throw error.kind == .busy
                ? QueueAdministrationFault(.inFlight, error.description) : QueueAdministrationFault(error)
        }
    }

    /// Reads a message of which nothing is started meanwhile.
    private func readHeld(_ id: QueueID) async throws(SpoolFailure) -> QueuedMessage {
        let isHeld = schedule.status(of: id)?.isHeld ?? true
        if !isHeld { schedule.hold(id) }
        do throws(SpoolFailure) {
            return try await spool.message(id)
        } catch {
            if !isHeld { schedule.release(id, now: Self.now) }
            throw error
        }
    }

    private func copy(
        _ message: QueuedMessage, _ recipients: [QueuedRecipient]
    ) async throws(SpoolFailure) -> QueuedMessage {
        let content = try await spool.content(message.id)
        let staged = try await spool.begin(id: .make())
        do throws(SpoolFailure) {
            var offset: UInt64 = 0
            while true {
                let chunk = try await content.chunk(at: offset, count: 1 << 20)
                guard chunk.readableBytes > 0 else { break }
                offset &+= UInt64(chunk.readableBytes)
                try await staged.append(chunk)
            }
            return try await staged.commit(envelope: message.envelope, recipients: recipients, isHeld: false)
        } catch {
            staged.abort()
            throw error
        }
    }
}

extension QueuedMessage {
    fileprivate var waiting: [Int] { recipients.indices.filter { !recipients[$0].state.isFinal } }
}
