/// Finds the entries that may hold a key: the keys' hashes, sorted, with the entries' numbers. Two keys with one hash do no
/// harm, since every candidate is looked at again; so no key is stored.
struct HashedIndex: Sendable {
    private let hashes: [UInt64]
    private let entries: [UInt32]

    struct Builder {
        fileprivate var pairs: [(hash: UInt64, entry: UInt32)] = []

        mutating func insert(_ key: ArraySlice<UInt8>, entry: UInt32) {
            pairs.append((HashedIndex.hash(key), entry))
        }
    }

    init(_ builder: consuming Builder) {
        var pairs = builder.pairs
        pairs.sort { ($0.hash, $0.entry) < ($1.hash, $1.entry) }
        var hashes: [UInt64] = []
        var entries: [UInt32] = []
        hashes.reserveCapacity(pairs.count)
        entries.reserveCapacity(pairs.count)
        for pair in pairs where hashes.last != pair.hash || entries.last != pair.entry {
            hashes.append(pair.hash)
            entries.append(pair.entry)
        }
        self.hashes = hashes
        self.entries = entries
    }

    /// In ascending order, each once.
    func candidates(_ key: ArraySlice<UInt8>) -> ArraySlice<UInt32> {
        let hash = Self.hash(key)
        let start = firstIndex { $0 >= hash }
        var end = start
        // The run of one hash is short, except for a key that half of all entries share.
        while end < hashes.count, hashes[end] == hash, end - start < 16 { end += 1 }
        if end - start == 16 { end = firstIndex { $0 > hash } }
        return entries[start..<end]
    }

    private func firstIndex(_ isBehind: (UInt64) -> Bool) -> Int {
        var low = 0
        var high = hashes.count
        while low < high {
            let middle = (low + high) / 2
            if isBehind(hashes[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// Seeded per process, so that nobody can choose values that all have one hash.
    private static func hash(_ key: ArraySlice<UInt8>) -> UInt64 {
        var hasher = Hasher()
        key.withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(truncatingIfNeeded: hasher.finalize())
    }
}
