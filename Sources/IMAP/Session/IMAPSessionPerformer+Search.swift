import MailModel

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

extension IMAPSessionPerformer {
    /// Messages that the store is asked for at a time.
    private static let batch = 256

    /// Goes on with a search until it is done, or until its client should hear of it.
    func search(_ mailbox: any IMAPMailbox, _ run: SearchRun) async throws(MailboxFailure) -> SearchRun {
        let deadline = ContinuousClock.now + progressInterval
        var run = run
        try run.prepare()
        let items = run.needs.items
        let now = Int64(time(nil))
        while run.remaining > 0 {
            guard !Task.isCancelled else { throw MailboxFailure(.unavailable, "the connection is gone") }
            let uids = run.nextUIDs(Self.batch)
            let messages = try await mailbox.fetch(uids[...], items)
            try run.take(messages, asked: uids.count, now: now)
            if run.remaining > 0, ContinuousClock.now >= deadline { return run }
        }
        try run.conclude()
        return run
    }

    /// Nil for a mailbox that is gone, or that this user may not read.
    func searchElsewhere(
        _ account: any IMAPAccount, _ name: MailboxName, _ search: MailboxSearch
    ) async throws(MailboxFailure) -> MailboxSearchResult? {
        let start = ContinuousClock.now
        let mailbox: any IMAPMailbox
        do {
            mailbox = try await account.open(name, readOnly: true) {}
        } catch {
            guard error.kind == .unavailable else { return nil }
            throw error
        }
        let outcome = await uids(mailbox, search)
        await mailbox.close()
        let (uids, uidValidity) = try outcome.get()
        return MailboxSearchResult(uids: uids, uidValidity: uidValidity, elapsed: ContinuousClock.now - start)
    }

    private func uids(
        _ mailbox: any IMAPMailbox, _ search: MailboxSearch
    ) async -> Result<([UInt32], UInt32), MailboxFailure> {
        do throws(MailboxFailure) {
            let view = try await mailbox.refresh()
            var recent = RecentMessages()
            if view.firstRecentUID < view.uidNext { recent.insert(max(view.firstRecentUID, 1)..<view.uidNext) }
            let evaluator = SearchEvaluator(search.key, view, recent: recent, zoneOffset: search.zoneOffset)
            var run = SearchRun(evaluator, .search, byUID: true)
            repeat { run = try await self.search(mailbox, run) } while run.result == nil
            return .success((run.uids, view.uidValidity))
        } catch {
            return .failure(error)
        }
    }
}
