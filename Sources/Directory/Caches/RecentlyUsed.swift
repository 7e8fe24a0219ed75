/// Values by key in the order of their last use; every operation takes constant time.
struct RecentlyUsed<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Node: Sendable {
        var key: Key
        var value: Value
        var older: Int?
        var newer: Int?
    }

    private var places: [Key: Int] = [:]
    /// Nil where a place is free.
    private var nodes: [Node?] = []
    private var free: [Int] = []
    private var oldest: Int?
    private var newest: Int?

    var count: Int { places.count }

    /// Looks without counting as a use.
    func peek(_ key: Key) -> Value? {
        places[key].flatMap { nodes[$0]?.value }
    }

    /// The value, which is now the one used last.
    mutating func use(_ key: Key) -> Value? {
        guard let place = places[key], let node = nodes[place] else { return nil }
        unlink(place)
        link(place)
        return node.value
    }

    /// Changes a value in its place; says whether there is one.
    @discardableResult
    mutating func update(_ key: Key, _ change: (inout Value) -> Void) -> Bool {
        guard let place = places[key], var node = nodes[place] else { return false }
        nodes[place] = nil
        change(&node.value)
        nodes[place] = node
        return true
    }

    /// Gives the value that was there before.
    @discardableResult
    mutating func insert(_ value: Value, for key: Key) -> Value? {
        if let place = places[key] {
            let old = nodes[place]?.value
            nodes[place]?.value = value
            unlink(place)
            link(place)
            return old
        }
        let node = Node(key: key, value: value)
        let place: Int
        if let reused = free.popLast() {
            place = reused
            nodes[place] = node
        } else {
            place = nodes.count
            nodes.append(node)
        }
        places[key] = place
        link(place)
        return nil
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let place = places.removeValue(forKey: key) else { return nil }
        unlink(place)
        let value = nodes[place]?.value
        nodes[place] = nil
        free.append(place)
        return value
    }

    mutating func removeOldest() -> (key: Key, value: Value)? {
        guard let oldest, let node = nodes[oldest] else { return nil }
        remove(node.key)
        return (node.key, node.value)
    }

    mutating func removeAll() {
        self = Self()
    }

    /// The keys used last, latest first.
    func latest(_ count: Int, where isWanted: (Key, Value) -> Bool = { _, _ in true }) -> [Key] {
        var keys: [Key] = []
        var place = newest
        while keys.count < count, let current = place, let node = nodes[current] {
            if isWanted(node.key, node.value) { keys.append(node.key) }
            place = node.older
        }
        return keys
    }

    private mutating func unlink(_ place: Int) {
        guard let node = nodes[place] else { return }
        if let older = node.older { nodes[older]?.newer = node.newer } else { oldest = node.newer }
        if let newer = node.newer { nodes[newer]?.older = node.older } else { newest = node.older }
        nodes[place]?.older = nil
        nodes[place]?.newer = nil
    }

    private mutating func link(_ place: Int) {
        nodes[place]?.older = newest
        if let newest { nodes[newest]?.newer = place } else { oldest = place }
        newest = place
    }
}
