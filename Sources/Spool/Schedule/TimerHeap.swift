/// Small numbers, each with the time it waits for; the earliest is at hand. O(log n) to set, move and remove.
struct TimerHeap: Sendable {
    private struct Timer: Sendable {
        var time: Int64
        var item: Int32
    }

    private var timers: [Timer] = []
    /// Where an item stands in `timers`; -1 for one that waits for nothing.
    private var places: [Int32] = []

    var count: Int { timers.count }
    var first: Int64? { timers.first?.time }

    func time(of item: Int32) -> Int64? {
        guard let place = place(of: item) else { return nil }
        return timers[place].time
    }

    mutating func set(_ item: Int32, to time: Int64) {
        while places.count <= Int(item) { places.append(-1) }
        if let place = place(of: item) {
            timers[place].time = time
            settle(place)
        } else {
            timers.append(Timer(time: time, item: item))
            places[Int(item)] = Int32(timers.count - 1)
            settle(timers.count - 1)
        }
    }

    mutating func remove(_ item: Int32) {
        guard let place = place(of: item) else { return }
        places[Int(item)] = -1
        let last = timers.removeLast()
        guard place < timers.count else { return }
        timers[place] = last
        places[Int(last.item)] = Int32(place)
        settle(place)
    }

    /// Removes the earliest item whose time has come.
    mutating func popFirst(through time: Int64) -> Int32? {
        guard let first = timers.first, first.time <= time else { return nil }
        remove(first.item)
        return first.item
    }

    private func place(of item: Int32) -> Int? {
        guard Int(item) < places.count, places[Int(item)] >= 0 else { return nil }
        return Int(places[Int(item)])
    }

    /// Moves a timer up or down to where it belongs.
    private mutating func settle(_ start: Int) {
        var place = start
        while place > 0, timers[place].time < timers[(place - 1) / 2].time {
            exchange(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
        while true {
            var least = place
            for child in 2 * place + 1...2 * place + 2
            where child < timers.count && timers[child].time < timers[least].time {
                least = child
            }
            guard least != place else { return }
            exchange(place, least)
            place = least
        }
    }

    private mutating func exchange(_ left: Int, _ right: Int) {
        timers.swapAt(left, right)
        places[Int(timers[left].item)] = Int32(left)
        places[Int(timers[right].item)] = Int32(right)
    }
}
