extension DeliverySchedule {
    /// The next thing to try, in flight from now on; nil when nothing is due or no place is free. Ask until nil.
    package mutating func nextJob(now: ScheduleInstant) -> DeliveryJob? {
        advance(now)
        // A quarter of the places is kept for mail that was never tried, and as much for mail that was: attempts at hosts
        // that hang take minutes, and there may be thousands of them.
        let placesOfClass = options.jobs - options.jobs / 4
        for offset in 0..<rings.count {
            let ring = (turn + offset) % rings.count
            let mailClass: ScheduleClass = ring % 2 == 0 ? .fresh : .retry
            var freePlaces = min(options.jobs - running.count, placesOfClass - jobsByClass[mailClass.rawValue])
            if ring >= 2 { freePlaces = min(freePlaces, max(options.mailboxJobs, 1) - mailboxJobs) }
            guard freePlaces > 0 else { continue }
            guard let destination = next(ofRing: ring, mailClass, freePlaces: freePlaces) else { continue }
            turn = (ring + 1) % rings.count
            return start(destination, mailClass)
        }
        return nil
    }

    /// When to call `nextJob` and `overdue` again, by the monotonic clock, if nothing is inserted or finished before: nil for
    /// never. A job that only lacks a free place needs no wake: the job that frees one ends in `finish`, after which
    /// `nextJob` is to be asked.
    package func nextWake(now: ScheduleInstant) -> Int64? {
        [deferred.first, resting.first, deadlines.first].compactMap { $0 }.min()
    }

    /// Brings everything up whose time has come.
    mutating func advance(_ now: ScheduleInstant) {
        while let group = deferred.popFirst(through: now.monotonic) { makeReady(group, .retry) }
        while let destination = resting.popFirst(through: now.monotonic) {
            if destinationTable[destination]?.isDead == true { destinationTable[destination]?.mayBeProbed = true }
            destinationTable[destination]?.isPaused = false
            updateRings(destination)
            forgetIfUnused(destination)
        }
    }

    private mutating func start(_ destination: Int32, _ mailClass: ScheduleClass) -> DeliveryJob? {
        guard let state = destinationTable[destination] else { return nil }
        let first = state[keyPath: mailClass.list].first
        guard first >= 0, let message = messages[groups[first].message] else { return nil }
        let group = split(first, state.limits.recipientsPerJob, mailClass)
        setState(group, .inFlight)
        lastJob += 1
        running[lastJob] = RunningJob(group: group, mailClass: mailClass)
        jobsByClass[mailClass.rawValue] += 1
        if state.key.isMailbox { mailboxJobs += 1 }
        destinationTable[destination]?.jobs += 1
        updateRings(destination)
        let recipients = groups[group].recipients
        let attempts = recipients.reduce(0) { max($0, $1.attempts) }
        return DeliveryJob(
            number: lastJob, message: message.id, way: state.way, recipients: recipients.map { Int($0.place) },
            attempt: attempts == .max ? .max : attempts + 1, isProbe: state.isDead)
    }

    /// Takes a group, or as many of its recipients as one job carries, out of its list. The rest goes behind the other
    /// messages for the destination, so that a list of many recipients does not hold up a letter to one.
    private mutating func split(_ place: Int32, _ limit: Int, _ mailClass: ScheduleClass) -> Int32 {
        guard groups[place].count > limit else {
            detach(place)
            return place
        }
        let message = groups[place].message
        let destination = groups[place].destination
        detach(place)
        let taken = groups[place].removeFirst(limit)
        makeReady(place, mailClass)
        guard let group = RecipientGroup(message: message, destination: destination, taken) else { return place }
        return add(group)
    }
}
