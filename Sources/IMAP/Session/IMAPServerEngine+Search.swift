import MailModel
import NIOCore
import Net

/// A SEARCH, SORT or THREAD under way.
struct SearchInProgress: Sendable {
    var correlator: SearchCorrelator
    var request: SearchRequest
    var run: SearchRun

    var tag: [UInt8] { correlator.tag }

    /// What a search by MODSEQ tells of the messages that it names: the highest of their modification sequences
    /// (RFC 7162 §3.1.5); of the first and last alone where these are all that was asked for (RFC 4731 §3.2).
    var highestModSeq: UInt64? {
        guard request.key.asksForModSeq, let found = run.result, let first = found.first, let last = found.last else {
            return nil
        }
        var named = found
        if let returns = request.returns, returns.partial == nil,
            returns.options.isDisjoint(with: [.all, .count]), !returns.options.isDisjoint(with: [.min, .max])
        {
            named = (returns.options.contains(.min) ? [first] : []) + (returns.options.contains(.max) ? [last] : [])
        }
        let modSeqs = run.evaluator.view.modSeqs
        return named.lazy.compactMap { $0 < modSeqs.count ? modSeqs[$0] : nil }.max()
    }

    func completion(_ text: String? = nil) -> IMAPServerEngine.Completion {
        let name =
            switch request.kind {
            case .search: correlator.mailbox == nil ? "Search" : "Esearch"
            case .sort: "Sort"
            case .thread: "Thread"
            }
        // RFC 3501 §7.4.1: numbers must stay while they are searched by.
        return IMAPServerEngine.Completion(
            tag: tag, text: text ?? "OK \(name) completed.", expunges: request.byUID)
    }
}

extension IMAPServerEngine {
    /// What the commands of this file and its neighbours are worth.
    static let searchCapabilities = [
        "WITHIN", "ESEARCH", "SEARCHRES", "SORT", "SORT=DISPLAY", "ESORT", "THREAD=ORDEREDSUBJECT", "THREAD=REFERENCES",
        "THREAD=REFS", "PARTIAL", "CONTEXT=SEARCH", "CONTEXT=SORT", "MULTISEARCH", "I18NLEVEL=1", "INPROGRESS",
    ]

    /// Decisions by the view alone that are made on the event loop, at most.
    private static let decisionsOnLoop = 100_000

    /// SEARCH (RFC 3501 §6.4.4), SORT and THREAD (RFC 5256 §3).
    mutating func search(
        _ tag: [UInt8], _ request: SearchRequest, mailbox: (name: [UInt8], uidValidity: UInt32)? = nil,
        _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) -> Step {
        if request.namesCharset, enabled.contains(.utf8Accept) {
            return reject(tag, "BAD UTF8=ACCEPT is enabled: SEARCH takes no CHARSET.", &output)
        }
        // RFC 7162 §3.1.5
        if request.key.asksForModSeq { enableCondstore(&output) }
        var run = SearchRun(evaluator(request.key, selected), request.kind, byUID: request.byUID)
        run.keepsSortValues = request.returns?.options.contains(.update) ?? false
        var search = SearchInProgress(
            correlator: SearchCorrelator(tag: tag, mailbox: mailbox), request: request, run: run)
        guard run.decisions <= Self.decisionsOnLoop else { return continueSearch(search, &output) }
        do {
            try search.run.prepare()
        } catch {
            return failSearch(search, error, &output)
        }
        return continueSearch(search, &output)
    }

    func evaluator(_ key: SearchKey, _ selected: SelectedMailbox) -> SearchEvaluator {
        // Flags are the newest that are known; the messages those that the client knows.
        var view = selected.told
        let newest = selected.mailbox.view
        if newest.generation != view.generation, newest.uids.starts(with: view.uids) {
            view.flags = Array(newest.flags.prefix(view.count))
            view.modSeqs = Array(newest.modSeqs.prefix(view.count))
            view.keywords = newest.keywords
        }
        return SearchEvaluator(key, view, recent: selected.recent, zoneOffset: options.zoneOffset)
    }

    private mutating func continueSearch(_ search: SearchInProgress, _ output: inout ByteBuffer) -> Step {
        guard let mailbox = selected?.mailbox else { return finish(search.completion(), &output) }
        guard search.run.result == nil else { return endSearch(search, &output) }
        return wait(.search(mailbox, search.run)) { engine, answer, output in
            guard case .searched(let run) = answer else {
                return engine.failSearch(search, Self.failure(answer), &output)
            }
            var search = search
            search.run = run
            guard run.result == nil else { return engine.endSearch(search, &output) }
            Self.writeProgress(search.tag, (run.total - run.remaining, run.total), &output)
            return engine.continueSearch(search, &output)
        }
    }

    static func failure(_ answer: IMAPAnswer) -> MailboxFailure {
        if case .failed(let failure) = answer { return failure }
        return MailboxFailure(.unavailable, "the search was given up")
    }

    /// RFC 5182 §2.1: a search that fails leaves `$` empty, where it should have been saved.
    private mutating func failSearch(
        _ search: SearchInProgress, _ failure: MailboxFailure, _ output: inout ByteBuffer
    ) -> Step {
        if search.request.returns?.options.contains(.save) ?? false { selected?.savedResult = SequenceSet([]) }
        return finish(search.completion(FailureText.text(failure)), &output)
    }

    private mutating func endSearch(_ search: SearchInProgress, _ output: inout ByteBuffer) -> Step {
        let request = search.request
        if let returns = request.returns, returns.options.contains(.save) {
            selected?.savedResult = SavedResult.set(SavedResult.uids(returns, of: search.run))
        }
        write(search, &output)
        if request.returns?.options.contains(.update) ?? false { watch(search, &output) }
        return finish(search.completion(), &output)
    }

    private func write(_ search: SearchInProgress, _ output: inout ByteBuffer) {
        let request = search.request
        let numbers = search.run.numbers
        // RFC 9051 §6.4.4: ESEARCH takes the place of SEARCH.
        let isExtended = request.returns != nil || (enabled.contains(.imap4rev2) && request.kind == .search)
        let returns = request.returns ?? SearchReturn(.all)
        switch request.kind {
        case .thread:
            output.writeStaticString("* THREAD")
            if search.run.threads.readableBytes > 0 { output.writeStaticString(" ") }
            output.writeImmutableBuffer(search.run.threads)
            output.writeStaticString("\r\n")
        case .search, .sort:
            guard isExtended else {
                SearchResponse.writeList(
                    request.kind == .search ? "SEARCH" : "SORT", numbers, modSeq: search.highestModSeq, to: &output)
                return
            }
            // RFC 7377 §2.1: a mailbox with nothing found has no response.
            guard !returns.isSilent, search.correlator.mailbox == nil || !numbers.isEmpty else { return }
            SearchResponse.writeExtended(
                returns, numbers, correlator: search.correlator, byUID: request.byUID,
                modSeq: search.highestModSeq, to: &output)
        }
    }
}
