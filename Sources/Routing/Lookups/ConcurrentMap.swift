/// Runs `transform` for every item, at most `limit` at a time, and gives the results in the items' order.
func concurrentMap<Item: Sendable, Result: Sendable>(
    _ items: [Item], limit: Int, _ transform: @escaping @Sendable (Item) async -> Result
) async -> [Result] {
    // Most recipients are one lookup: no task group for these.
    guard items.count > 1, limit > 1 else {
        var results: [Result] = []
        for item in items { results.append(await transform(item)) }
        return results
    }
    return await withTaskGroup(of: (Int, Result).self) { group in
        var results = [Result?](repeating: nil, count: items.count)
        var next = 0
        func start() {
            let index = next
            let item = items[index]
            next += 1
            group.addTask { (index, await transform(item)) }
        }
        while next < items.count, next < limit { start() }
        while let (index, result) = await group.next() {
            results[index] = result
            if next < items.count { start() }
        }
        return results.compactMap { $0 }
    }
}
