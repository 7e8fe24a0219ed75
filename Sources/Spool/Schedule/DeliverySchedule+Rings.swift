extension DeliverySchedule {
    static func ring(_ mailClass: ScheduleClass, isMailbox: Bool) -> Int {
        mailClass.rawValue + (isMailbox ? 2 : 0)
    }

    /// Enters a destination in the rings of those that could start a job, or takes it out, as it now is.
    mutating func updateRings(_ place: Int32) {
        guard let destination = destinationTable[place] else { return }
        for mailClass in ScheduleClass.allCases {
            let wanted = destination.mayStartJob && !destination[keyPath: mailClass.list].isEmpty
            guard wanted != destination[keyPath: mailClass.link].isLinked else { continue }
            let ring = Self.ring(mailClass, isMailbox: destination.key.isMailbox)
            if wanted { enter(place, ring, mailClass) } else { leave(place, ring, mailClass) }
        }
    }

    /// The next destination of a ring, which goes to the ring's end; nil when none may take a place now.
    ///
    /// Those passed over have at least three times as many jobs as places are left, so there are never more of them than
    /// jobs run.
    mutating func next(ofRing ring: Int, _ mailClass: ScheduleClass, freePlaces: Int) -> Int32? {
        for _ in 0..<rings[ring].count {
            let place = rings[ring].first
            leave(place, ring, mailClass)
            enter(place, ring, mailClass)
            if let destination = destinationTable[place], destination.jobs < 3 * freePlaces { return place }
        }
        return nil
    }

    private mutating func enter(_ place: Int32, _ ring: Int, _ mailClass: ScheduleClass) {
        let last = rings[ring].last
        destinationTable[place]?[keyPath: mailClass.link] = RingLink(next: -1, previous: last, isLinked: true)
        if last >= 0 {
            destinationTable[last]?[keyPath: mailClass.link].next = place
        } else {
            rings[ring].first = place
        }
        rings[ring].last = place
        rings[ring].count += 1
    }

    private mutating func leave(_ place: Int32, _ ring: Int, _ mailClass: ScheduleClass) {
        guard let link = destinationTable[place]?[keyPath: mailClass.link], link.isLinked else { return }
        if link.previous >= 0 {
            destinationTable[link.previous]?[keyPath: mailClass.link].next = link.next
        } else {
            rings[ring].first = link.next
        }
        if link.next >= 0 {
            destinationTable[link.next]?[keyPath: mailClass.link].previous = link.previous
        } else {
            rings[ring].last = link.previous
        }
        destinationTable[place]?[keyPath: mailClass.link] = RingLink()
        rings[ring].count -= 1
    }
}
