import Directory
import LDAP

extension DirectorySource {
    /// Searches several times, at most `limit` at a time, and gives the answers in the order of the requests. After the
    /// first that failed, or after the deadline, no other is begun; what was not asked is nil.
    func search(
        all requests: [SearchRequest], limit: Int, until deadline: ContinuousClock.Instant
    ) async -> [DirectoryAnswer?] {
        await withTaskGroup(of: (Int, DirectoryAnswer).self) { group in
            var answers: [DirectoryAnswer?] = Array(repeating: nil, count: requests.count)
            var waiting = requests.enumerated().makeIterator()
            var hasFailed = false
            func begin() {
                guard !hasFailed, ContinuousClock.now < deadline, let (index, request) = waiting.next() else { return }
                group.addTask { (index, await self.answer(request)) }
            }
            for _ in 0..<max(1, limit) { begin() }
            while let (index, answer) = await group.next() {
                answers[index] = answer
                if case .failed = answer.outcome { hasFailed = true }
                begin()
            }
            return answers
        }
    }
}
