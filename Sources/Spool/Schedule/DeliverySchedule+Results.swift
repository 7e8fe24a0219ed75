import MailModel

extension DeliverySchedule {
    /// Every job ends here, and only once: nothing comes of a job that is not in flight. A recipient without a result waits
    /// on as it was, for the shortest wait at least. The decisions on a message come in the order of its recipients.
    ///
    /// - Parameter added: recipients that were added to the message for those that are `expanded`, by their places.
    package mutating func finish(
        _ job: DeliveryJob, _ results: [(recipient: Int, result: RecipientResult)], contact: DestinationContact,
        added: [Int: QueuedRecipient] = [:], now: ScheduleInstant
    ) -> [ScheduleDecision] {
        guard let run = running.removeValue(forKey: job.number) else { return [] }
        let place = run.group
        let messagePlace = groups[place].message
        let destination = groups[place].destination
        guard let message = messages[messagePlace] else { return [] }
        giveBack(run, destination)
        note(contact, results.map(\.result), isProbe: job.isProbe, at: destination, now)

        let resultOf = Dictionary(results.map { ($0.recipient, $0.result) }, uniquingKeysWith: { $1 })
        let due = nextAttempt(of: message, now)
        var decisions: [ScheduleDecision] = []
        var staying: [WaitingRecipient] = []
        var hasMoved = false
        var moving: [(recipient: WaitingRecipient, way: QueuedWay, address: EmailAddress)] = []
        for recipient in groups[place].recipients {
            let number = Int(recipient.place)
            switch resultOf[number] {
            case .delivered(let reply, let host)?:
                decisions.append(.delivered(message.id, recipient: number, reply, host: host))
            case _ where message.isRemoved: break
            case nil: staying.append(recipient)
            case .failed(let reply, let host)?:
                decisions.append(.fail(message.id, recipient: number, reply, host: host, .refused))
            case .deferred(let reply, let host)? where remainingLife(of: message, now) == 0:
                decisions.append(.fail(message.id, recipient: number, reply, host: host, .expired))
            case .deferred(let reply, let host)?:
                var recipient = recipient
                decisions += retry(&recipient, of: message, reply, host: host, due: due, now)
                staying.append(recipient)
            case .unresolved(let reply)?:
                var recipient = recipient
                decisions += retry(&recipient, of: message, reply, host: nil, due: due, now)
                staying.append(recipient)
            case .moved(let way, let address)?:
                decisions.append(.move(message.id, recipient: number, to: way))
                moving.append((recipient, way, address))
            case .expanded?:
                decisions.append(.expanded(message.id, recipient: number))
                hasMoved = hasMoved || recipient.hasMoved
            }
        }
        setState(place, .none)
        for (recipient, way, address) in moving {
            move(recipient, of: messagePlace, to: way, address, from: destination, run.mailClass, due: due)
        }
        if !message.isRemoved { add(added, to: messagePlace, run.mailClass, due: hasMoved ? due : nil) }
        if staying.isEmpty {
            remove(place)
        } else {
            groups[place].replace(with: staying)
            wait(place, until: due, isStalled: contact == .unreachable)
        }
        updateRings(destination)
        if forgetIfDone(messagePlace) { decisions.append(.messageIsDone(message.id)) }
        return decisions
    }

    private mutating func giveBack(_ run: RunningJob, _ destination: Int32) {
        jobsByClass[run.mailClass.rawValue] -= 1
        if destinationTable[destination]?.key.isMailbox == true { mailboxJobs -= 1 }
        destinationTable[destination]?.jobs -= 1
    }

    /// When a message that could not be delivered now is tried again. Postfix's rule: after as long as it is old.
    private mutating func nextAttempt(of message: ScheduledMessage, _ now: ScheduleInstant) -> Int64 {
        let backoff = jittered(min(max(message.age(now), minimalBackoff), maximalBackoff))
        let life = remainingLife(of: message, now)
        return now.monotonic.saturatingAdd(min(backoff, max(life, minimalBackoff)))
    }

    private func retry(
        _ recipient: inout WaitingRecipient, of message: ScheduledMessage, _ reply: SMTPReply, host: String?,
        due: Int64,
        _ now: ScheduleInstant
    ) -> [ScheduleDecision] {
        let reportsDelay = recipient.isDelayReportDue && isDelayed(message, now)
        recipient.attempts = recipient.attempts == .max ? .max : recipient.attempts + 1
        recipient.hasMoved = false
        if reportsDelay { recipient.isDelayReportDue = false }
        let attempts = QueuedAttempts(
            count: recipient.attempts, next: now.wall.saturatingAdd(due.saturatingSubtract(now.monotonic)), last: reply,
            lastHost: host, isDelayReported: !recipient.isDelayReportDue)
        let place = Int(recipient.place)
        return [.retry(message.id, recipient: place, attempts)]
            + (reportsDelay ? [.reportDelay(message.id, recipient: place, reply, host: host)] : [])
    }

    func isDelayed(_ message: ScheduledMessage, _ now: ScheduleInstant) -> Bool {
        guard let warning = options.delayWarning else { return false }
        return message.age(now) >= warning.microseconds
    }

    /// To the new way at once; but a recipient that is sent to and fro without an attempt waits in between.
    private mutating func move(
        _ recipient: WaitingRecipient, of message: Int32, to way: QueuedWay, _ address: EmailAddress,
        from destination: Int32, _ mailClass: ScheduleClass, due: Int64
    ) {
        let key = DestinationKey(way, address)
        let isLoop = recipient.hasMoved || destinationTable[destination]?.key == key
        var recipient = recipient
        recipient.hasMoved = true
        guard let group = RecipientGroup(message: message, destination: place(of: key, way), [recipient]) else {
            return
        }
        let place = add(group)
        if isLoop || messages[message]?.isHeld == true {
            wait(place, until: due)
        } else {
            makeReady(place, mailClass)
        }
    }

    /// - Parameter due: nil for at once.
    private mutating func add(
        _ added: [Int: QueuedRecipient], to message: Int32, _ mailClass: ScheduleClass, due: Int64?
    ) {
        guard !added.isEmpty, let known = messages[message] else { return }
        var batches: [(key: DestinationKey, way: QueuedWay, recipients: [WaitingRecipient])] = []
        var places: [DestinationKey: Int] = [:]
        for (place, recipient) in added.sorted(by: { $0.key < $1.key }) {
            guard case .waiting(let attempts) = recipient.state, let number = Int32(exactly: place) else { continue }
            let asks = !known.isFromNobody && DeliveryNotice.asks(for: .delayed, recipient.recipient.notify)
            let waiting = WaitingRecipient(
                place: number, attempts: attempts.count, isDelayReportDue: asks && !attempts.isDelayReported,
                // What becomes of it without an attempt in between has to wait.
                hasMoved: true)
            let key = DestinationKey(recipient.way, recipient.recipient.address)
            if let batch = places[key] {
                batches[batch].recipients.append(waiting)
            } else {
                places[key] = batches.count
                batches.append((key, recipient.way, [waiting]))
            }
        }
        for batch in batches {
            let destination = place(of: batch.key, batch.way)
            guard let group = RecipientGroup(message: message, destination: destination, batch.recipients) else {
                continue
            }
            let place = add(group)
            if known.isHeld {
                setState(place, .held)
            } else if let due {
                deferGroup(place, until: due)
            } else {
                makeReady(place, mailClass)
            }
        }
    }

    private mutating func wait(_ place: Int32, until due: Int64, isStalled: Bool = false) {
        if messages[groups[place].message]?.isHeld == true {
            setState(place, .held)
        } else {
            deferGroup(place, until: due, isStalled: isStalled)
        }
    }
}
