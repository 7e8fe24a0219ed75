import MailModel

extension DeliverySchedule {
    /// Messages that wait or are in flight.
    package var count: Int { counts.messages }

    /// When the oldest message came, in microseconds since 1970; nil where nothing waits. Looks at every message.
    package var oldestArrival: Int64? {
        var oldest: Int64?
        for place in 0..<messages.end {
            guard let message = messages[place] else { continue }
            oldest = min(oldest ?? message.arrival, message.arrival)
        }
        return oldest
    }

    package func status(of id: QueueID) -> ScheduledMessageStatus? {
        guard let place = places[id], let message = messages[place] else { return nil }
        var status = ScheduledMessageStatus(
            waiting: Int(message.waiting), inFlight: Int(message.inFlight), isHeld: message.isHeld)
        for group in groups(ofMessage: place) {
            switch groups[group].state {
            case .fresh, .retry: status.isReady = true
            case .deferred:
                guard let due = deferred.time(of: group) else { continue }
                status.nextAttempt = min(status.nextAttempt ?? due, due)
            case .inFlight, .held, .none: continue
            }
        }
        return status
    }

    /// Mailboxes of this machine are taken together: `concurrency` is then what they may have at once altogether.
    package func destination(_ way: QueuedWay) -> DestinationStatus? {
        guard let key = DestinationKey(way) else { return mailboxes }
        return destinationPlaces[key].flatMap(status)
    }

    /// Every destination that mail waits for or that is remembered as dead; mailboxes of this machine as one.
    package var destinations: [DestinationStatus] {
        let remote = destinationPlaces.filter { !$0.key.isMailbox }.values.sorted().compactMap(status)
        return remote + (mailboxes.map { [$0] } ?? [])
    }

    private var mailboxes: DestinationStatus? {
        var whole: DestinationStatus?
        for (key, place) in destinationPlaces where key.isMailbox {
            guard let one = status(place) else { continue }
            var sum = whole ?? DestinationStatus(way: .mailbox, concurrency: max(options.mailboxJobs, 1))
            sum.waitingRecipients += one.waitingRecipients
            sum.recipientsInFlight += one.recipientsInFlight
            sum.jobs += one.jobs
            whole = sum
        }
        return whole
    }

    private func status(_ place: Int32) -> DestinationStatus? {
        guard let destination = destinationTable[place] else { return nil }
        return DestinationStatus(
            way: destination.way, waitingRecipients: destination.waitingRecipients,
            recipientsInFlight: destination.recipientsInFlight, jobs: destination.jobs,
            concurrency: destination.isDead ? 1 : destination.concurrency, deadUntil: destination.deadUntil,
            lastFailure: contactFailures[place]?.reply, lastFailureHost: contactFailures[place]?.host)
    }
}
