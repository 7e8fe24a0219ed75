import MailModel

extension DeliverySchedule {
    /// Takes in what a job showed of its destination, which has one job less already.
    mutating func note(
        _ contact: DestinationContact, _ results: [RecipientResult], isProbe: Bool, at place: Int32,
        _ now: ScheduleInstant
    ) {
        switch contact {
        case .notTried: break
        case .reached:
            if destinationTable[place]?.isDead == true { revive(place) } else { widen(place, results) }
        case .unreachable: noteFailure(results, isProbe: isProbe, at: place, now)
        }
        pause(place, now)
        updateRings(place)
    }

    private mutating func pause(_ place: Int32, _ now: ScheduleInstant) {
        guard let destination = destinationTable[place], destination.limits.rateDelay > .zero, !destination.isDead
        else {
            return
        }
        destinationTable[place]?.isPaused = true
        resting.set(place, to: now.monotonic.saturatingAdd(destination.limits.rateDelay.microseconds))
    }

    private mutating func widen(_ place: Int32, _ results: [RecipientResult]) {
        guard var destination = destinationTable[place] else { return }
        destination.failedCohorts = 0
        if Self.isThrottling(results) {
            destination.concurrency = max(destination.concurrency / 2, 1)
        } else if destination.concurrency < destination.limits.concurrency,
            // What is not used tells nothing of what could be.
            destination.concurrency <= destination.jobs + destination.limits.initialConcurrency
        {
            destination.concurrency += 1
        }
        destinationTable[place] = destination
    }

    /// 421 for everybody: the next hop closes the channel because it has too many (RFC 5321 §3.8). Other 4xx replies are
    /// about a recipient or a sender, greylisting among them, and fewer jobs at once would mend nothing.
    private static func isThrottling(_ results: [RecipientResult]) -> Bool {
        !results.isEmpty
            && results.allSatisfy { result in
                if case .deferred(let reply, _) = result { reply.code == 421 } else { false }
            }
    }

    private mutating func noteFailure(
        _ results: [RecipientResult], isProbe: Bool, at place: Int32, _ now: ScheduleInstant
    ) {
        guard var destination = destinationTable[place] else { return }
        for case .deferred(let reply, let host) in results {
            contactFailures[place] = (reply, host)
            break
        }
        destination.lastContactFailure = now.monotonic
        if destination.isDead {
            // Jobs that were under way when it was declared dead tell nothing new.
            if isProbe { rest(&destination, place, now) }
        } else {
            destination.failedCohorts += 1 / Double(destination.concurrency)
            destination.concurrency = max(destination.concurrency - 1, 1)
            if destination.failedCohorts >= 0.999 { rest(&destination, place, now) }
        }
        destinationTable[place] = destination
    }

    private mutating func rest(_ destination: inout ScheduledDestination, _ place: Int32, _ now: ScheduleInstant) {
        destination.deaths += 1
        let backoff = minimalBackoff.multipliedReportingOverflow(by: 1 << Int64(min(destination.deaths - 1, 20)))
        let wait = jittered(backoff.overflow ? maximalBackoff : min(backoff.partialValue, maximalBackoff))
        let until = now.monotonic.saturatingAdd(wait)
        destination.deadUntil = until
        destination.mayBeProbed = false
        destination.isPaused = false
        resting.set(place, to: until)
    }

    /// It was spoken with: what was deferred because it could not be comes up now, one job first, then more as they succeed.
    private mutating func revive(_ place: Int32) {
        resting.remove(place)
        contactFailures[place] = nil
        destinationTable[place]?.deadUntil = nil
        destinationTable[place]?.mayBeProbed = false
        destinationTable[place]?.deaths = 0
        destinationTable[place]?.failedCohorts = 0
        destinationTable[place]?.concurrency = 1
        while let group = destinationTable[place]?.stalled.first, group >= 0 { makeReady(group, .retry) }
    }
}
