import MailModel

extension DeliverySchedule {
    /// Nothing of the message is tried until `release`, and its lifetime does not end. Jobs in flight run to their end.
    package mutating func hold(_ id: QueueID) {
        guard let place = places[id], messages[place]?.isHeld == false else { return }
        messages[place]?.isHeld = true
        deadlines.remove(place)
        for group in groups(ofMessage: place) where groups[group].state != .inFlight {
            detach(group)
            setState(group, .held)
        }
    }

    /// What was held is tried now.
    package mutating func release(_ id: QueueID, now: ScheduleInstant) {
        guard let place = places[id], messages[place]?.isHeld == true else { return }
        messages[place]?.isHeld = false
        for group in groups(ofMessage: place) where groups[group].state == .held { makeReady(group, .retry) }
        setDeadline(place, now)
    }

    /// Forgets what waits. What is in flight ends with its job, and the `finish` of the last says `messageIsDone`.
    ///
    /// - Returns: whether the message is gone now, because nothing of it is in flight.
    package mutating func remove(_ id: QueueID) -> Bool {
        guard let place = places[id] else { return true }
        messages[place]?.isRemoved = true
        deadlines.remove(place)
        for group in groups(ofMessage: place) where groups[group].state != .inFlight { remove(group) }
        return forgetIfDone(place)
    }

    /// Tries waiting mail now, whatever its time, and lets dead destinations be probed now. Held mail stays held.
    package mutating func flush(_ selection: ScheduleSelection, now: ScheduleInstant) {
        if case .message(let id) = selection {
            guard let place = places[id] else { return }
            for group in groups(ofMessage: place) { flush(group, .retry, now) }
            return
        }
        for group in 0..<groups.end where isSelected(groups[group], selection) { flush(group, .retry, now) }
        for place in 0..<destinationTable.end {
            guard let key = destinationTable[place]?.key, isSelected(key, selection) else { continue }
            allowProbe(place, now)
        }
    }

    /// Tries a message as if it had just come, before what was tried already; also one that is held.
    package mutating func requeue(_ id: QueueID, now: ScheduleInstant) {
        guard let place = places[id] else { return }
        release(id, now: now)
        for group in groups(ofMessage: place) { flush(group, .fresh, now) }
    }

    private mutating func flush(_ group: Int32, _ mailClass: ScheduleClass, _ now: ScheduleInstant) {
        switch groups[group].state {
        case .inFlight, .held, .none: return
        case .fresh: break
        case .deferred, .retry: if groups[group].state != mailClass.state { makeReady(group, mailClass) }
        }
        allowProbe(groups[group].destination, now)
    }

    private mutating func allowProbe(_ place: Int32, _ now: ScheduleInstant) {
        guard let destination = destinationTable[place], destination.isDead, !destination.mayBeProbed else { return }
        resting.remove(place)
        destinationTable[place]?.deadUntil = now.monotonic
        destinationTable[place]?.mayBeProbed = true
        updateRings(place)
        forgetIfUnused(place)
    }

    private func isSelected(_ group: RecipientGroup, _ selection: ScheduleSelection) -> Bool {
        guard group.state != .none, let key = destinationTable[group.destination]?.key else { return false }
        return isSelected(key, selection)
    }

    private func isSelected(_ key: DestinationKey, _ selection: ScheduleSelection) -> Bool {
        switch selection {
        case .all: true
        case .message: false
        case .way(let way): DestinationKey(way).map { $0 == key } ?? key.isMailbox
        case .domain(let domain): key.isIn(domain)
        }
    }
}
