extension DeliverySchedule {
    /// Delays to report and lifetimes that ended while mail waited untried, for a dead destination: to be asked at every wake.
    ///
    /// The reply is what the last contact with a dead destination failed with; nil stands for the one last written down for
    /// the recipient.
    package mutating func overdue(now: ScheduleInstant) -> [ScheduleDecision] {
        var decisions: [ScheduleDecision] = []
        while let place = deadlines.popFirst(through: now.monotonic) {
            guard let message = messages[place] else { continue }
            let isExpired = remainingLife(of: message, now) == 0
            let isDelayed = isDelayed(message, now)
            for group in groups(ofMessage: place) where groups[group].state != .inFlight {
                let destination = groups[group].destination
                let failure = contactFailures[destination]
                if isExpired, destinationTable[destination]?.isDead == true {
                    decisions += groups[group].recipients.map {
                        .fail(message.id, recipient: Int($0.place), failure?.reply, host: failure?.host, .expired)
                    }
                    remove(group)
                } else if isDelayed {
                    decisions += groups[group].takeDelayReports().map {
                        .reportDelay(message.id, recipient: $0, failure?.reply, host: failure?.host)
                    }
                }
            }
            if forgetIfDone(place) {
                decisions.append(.messageIsDone(message.id))
            } else {
                setDeadline(place, now)
            }
        }
        return decisions
    }

    /// Until when the message is tried, microseconds since 1970: `Will-Retry-Until`.
    package func expiry(of id: QueueID, now: ScheduleInstant) -> Int64? {
        guard let place = places[id], let message = messages[place] else { return nil }
        return now.wall.saturatingAdd(remainingLife(of: message, now))
    }
}
