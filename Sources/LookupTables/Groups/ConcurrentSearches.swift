import Directory
import LDAP

extension DirectorySource {
    /// Searches several times, at most `limit` at a time, and gives the outcomes in the order of the requests. After the
    /// first that failed, or after the deadline, no other is begun; what was not asked is nil.
    func search(
        all requests: [SearchRequest], limit: Int, until deadline: ContinuousClock.Instant
    ) async -> [DirectorySearchOutcome?] {
        await withTaskGroup(of: (Int, DirectorySearchOutcome).self) { group in
            var outcomes: [DirectorySearchOutcome?] = Array(repeating: nil, count: requests.count)
            var waiting = requests.enumerated().makeIterator()
            var hasFailed = false
            func begin() {
                guard !hasFailed, ContinuousClock.now < deadline, let (index, request) = waiting.next() else { return }
                group.addTask { (index, await self.search(request)) }
            }
            for _ in 0..<max(1, limit) { begin() }
            while let (index, outcome) = await group.next() {
                outcomes[index] = outcome
                if case .failed = outcome { hasFailed = true }
                begin()
            }
            return outcomes
        }
    }
}
