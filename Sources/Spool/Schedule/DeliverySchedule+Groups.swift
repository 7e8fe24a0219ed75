extension DeliverySchedule {
    /// Enters a group, in no list yet.
    mutating func add(_ group: RecipientGroup) -> Int32 {
        let place = groups.insert(group)
        let head = messages[group.message]?.firstGroup ?? -1
        groups[place].nextOfMessage = head
        if head >= 0 { groups[head].previousOfMessage = place }
        messages[group.message]?.firstGroup = place
        messages[group.message]?.groups += 1
        destinationTable[group.destination]?.groups += 1
        return place
    }

    /// Forgets a group, and its destination where it was the last for one that lives.
    mutating func remove(_ place: Int32) {
        detach(place)
        let group = groups[place]
        if group.previousOfMessage >= 0 {
            groups[group.previousOfMessage].nextOfMessage = group.nextOfMessage
        } else {
            messages[group.message]?.firstGroup = group.nextOfMessage
        }
        if group.nextOfMessage >= 0 { groups[group.nextOfMessage].previousOfMessage = group.previousOfMessage }
        messages[group.message]?.groups -= 1
        groups.remove(place, leaving: .empty)
        destinationTable[group.destination]?.groups -= 1
        forgetIfUnused(group.destination)
    }

    /// A dead destination is remembered until it may be probed, so that mail that comes then waits with it; one between two
    /// jobs until its next may start.
    mutating func forgetIfUnused(_ place: Int32) {
        guard let destination = destinationTable[place], destination.groups == 0, destination.jobs == 0,
            !destination.isPaused, !destination.isDead || destination.mayBeProbed
        else { return }
        resting.remove(place)
        contactFailures[place] = nil
        destinationPlaces[destination.key] = nil
        destinationTable.remove(place, leaving: nil)
    }

    /// Forgets a message without groups; says whether it was one.
    mutating func forgetIfDone(_ place: Int32) -> Bool {
        guard let message = messages[place], message.groups == 0 else { return false }
        deadlines.remove(place)
        places[message.id] = nil
        messages.remove(place, leaving: nil)
        counts.messages -= 1
        return true
    }

    /// The groups of a message, so that they can be changed on the way.
    func groups(ofMessage place: Int32) -> [Int32] {
        var result: [Int32] = []
        var next = messages[place]?.firstGroup ?? -1
        while next >= 0 {
            result.append(next)
            next = groups[next].nextOfMessage
        }
        return result
    }

    /// Takes a group out of all lists and counts; it is in no state then.
    mutating func detach(_ place: Int32) {
        let group = groups[place]
        switch group.state {
        case .deferred:
            deferred.remove(place)
            if group.isStalled {
                unlink(place, \.stalled)
                groups[place].isStalled = false
            }
        case .fresh: unlink(place, \.fresh)
        case .retry: unlink(place, \.retry)
        case .inFlight, .held, .none: break
        }
        setState(place, .none)
    }

    mutating func deferGroup(_ place: Int32, until due: Int64, isStalled: Bool = false) {
        detach(place)
        setState(place, .deferred)
        deferred.set(place, to: due)
        if isStalled {
            groups[place].isStalled = true
            link(place, \.stalled)
        }
    }

    mutating func makeReady(_ place: Int32, _ mailClass: ScheduleClass) {
        detach(place)
        setState(place, mailClass.state)
        link(place, mailClass.list)
        updateRings(groups[place].destination)
    }

    /// Counts a group's recipients where they now belong. Lists and timers are the caller's.
    mutating func setState(_ place: Int32, _ state: RecipientGroup.State) {
        let group = groups[place]
        guard group.state != state else { return }
        count(group, group.state, -group.count)
        count(group, state, group.count)
        groups[place].state = state
    }

    private mutating func count(_ group: RecipientGroup, _ state: RecipientGroup.State, _ change: Int) {
        switch state {
        case .deferred: counts.deferred += change
        case .fresh, .retry: counts.ready += change
        case .inFlight: counts.inFlight += change
        case .held: counts.held += change
        case .none: return
        }
        if state == .inFlight {
            messages[group.message]?.inFlight += Int32(change)
            destinationTable[group.destination]?.recipientsInFlight += change
        } else {
            messages[group.message]?.waiting += Int32(change)
            destinationTable[group.destination]?.waitingRecipients += change
        }
    }

    private mutating func link(_ place: Int32, _ list: WritableKeyPath<ScheduledDestination, GroupList>) {
        let destination = groups[place].destination
        guard var groupList = destinationTable[destination]?[keyPath: list] else { return }
        groups[place].previous = groupList.last
        groups[place].next = -1
        if groupList.last >= 0 { groups[groupList.last].next = place } else { groupList.first = place }
        groupList.last = place
        destinationTable[destination]?[keyPath: list] = groupList
    }

    private mutating func unlink(_ place: Int32, _ list: WritableKeyPath<ScheduledDestination, GroupList>) {
        let group = groups[place]
        guard var groupList = destinationTable[group.destination]?[keyPath: list] else { return }
        if group.previous >= 0 { groups[group.previous].next = group.next } else { groupList.first = group.next }
        if group.next >= 0 { groups[group.next].previous = group.previous } else { groupList.last = group.previous }
        groups[place].next = -1
        groups[place].previous = -1
        destinationTable[group.destination]?[keyPath: list] = groupList
        if groupList.isEmpty { updateRings(group.destination) }
    }
}
