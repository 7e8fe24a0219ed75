import MailModel

extension DeliverySchedule {
    /// Takes on the recipients of a message that wait: from its arrival, or from a scan of the spool at start. What it has
    /// already is left as it is.
    ///
    /// A time to try again that was written by a clock ahead of today's is brought within the longest wait.
    package mutating func insert(_ message: QueuedMessage, now: ScheduleInstant, isFresh: Bool) {
        guard places[message.id] == nil else { return }
        let sender = message.envelope.sender.path
        var batches: [(key: DestinationKey, way: QueuedWay, due: Int64, recipients: [WaitingRecipient])] = []
        var known: [DestinationKey: [Int64: Int]] = [:]
        let isSingle = message.recipients.count == 1
        for (place, recipient) in message.recipients.enumerated() {
            guard case .waiting(let attempts) = recipient.state, let number = Int32(exactly: place) else { continue }
            let allowed = DeliveryNotice.mayReportDelay(to: sender, recipient.recipient.notify)
            let waiting = WaitingRecipient(
                place: number, attempts: attempts.count, isDelayReportDue: allowed && !attempts.isDelayReported,
                hasMoved: false)
            let key = DestinationKey(recipient.way, recipient.recipient.address)
            let wait = min(max(attempts.next.saturatingSubtract(now.wall), 0), maximalBackoff + maximalBackoff / 8)
            if !isSingle, let batch = known[key]?[wait] {
                batches[batch].recipients.append(waiting)
            } else {
                if !isSingle { known[key, default: [:]][wait] = batches.count }
                batches.append((key, recipient.way, now.monotonic.saturatingAdd(wait), [waiting]))
            }
        }
        guard !batches.isEmpty else { return }
        let slot = messages.insert(
            ScheduledMessage(
                id: message.id, arrival: message.envelope.arrival, inserted: now.monotonic,
                ageAtInsertion: isFresh ? 0 : max(now.wall.saturatingSubtract(message.envelope.arrival), 0),
                isHeld: message.isHeld, isFromNobody: sender == .null, isFresh: isFresh))
        places[message.id] = slot
        counts.messages += 1
        for batch in batches {
            let destination = place(of: batch.key, batch.way)
            guard let group = RecipientGroup(message: slot, destination: destination, batch.recipients) else {
                continue
            }
            let place = add(group)
            if message.isHeld {
                setState(place, .held)
            } else if batch.due > now.monotonic {
                deferGroup(place, until: batch.due)
            } else {
                makeReady(place, isFresh ? .fresh : .retry)
            }
            if isFresh { hastenProbe(destination, now) }
        }
        setDeadline(slot, now)
    }

    /// New mail for a dead destination need not wait for the long rests: a probe as soon as the shortest is over.
    private mutating func hastenProbe(_ place: Int32, _ now: ScheduleInstant) {
        guard let destination = destinationTable[place], let until = destination.deadUntil, !destination.mayBeProbed
        else { return }
        let soonest = max(destination.lastContactFailure.saturatingAdd(minimalBackoff), now.monotonic)
        guard soonest < until else { return }
        destinationTable[place]?.deadUntil = soonest
        resting.set(place, to: soonest)
    }

    /// The place of a destination, made when it has none.
    mutating func place(of key: DestinationKey, _ way: QueuedWay) -> Int32 {
        if let place = destinationPlaces[key] { return place }
        let limits = limits(of: key)
        let place = destinationTable.insert(
            ScheduledDestination(key: key, way: way, limits: limits, concurrency: limits.initialConcurrency))
        destinationPlaces[key] = place
        return place
    }

    /// When the schedule has next to look at a message that nothing else brings up.
    mutating func setDeadline(_ place: Int32, _ now: ScheduleInstant) {
        guard let message = messages[place], !message.isHeld, !message.isRemoved else {
            deadlines.remove(place)
            return
        }
        var wait = remainingLife(of: message, now)
        if wait == 0 { wait = minimalBackoff }
        if let warning = options.delayWarning?.microseconds {
            let rest = warning.saturatingSubtract(message.age(now))
            if rest > 0 { wait = min(wait, rest) }
        }
        deadlines.set(place, to: now.monotonic.saturatingAdd(wait))
    }
}
