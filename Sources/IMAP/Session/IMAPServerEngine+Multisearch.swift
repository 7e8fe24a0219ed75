import MailModel
import NIOCore
import Net

/// What is looked for in another mailbox than the selected one.
package struct MailboxSearch: Sendable {
    package var key: SearchKey
    package var zoneOffset: @Sendable (Int64) -> Int
}

package struct MailboxSearchResult: Sendable {
    package var uids: [UInt32]
    package var uidValidity: UInt32
    /// What the search took: a client that waits for many mailboxes is told that it goes on.
    package var elapsed: Duration
}

/// An ESEARCH of several mailboxes under way.
private struct Multisearch: Sendable {
    var tag: [UInt8]
    var request: MultisearchRequest
    var names: [MailboxName]
    var next = 0
    var sinceProgress = Duration.zero

    var completion: IMAPServerEngine.Completion { IMAPServerEngine.Completion(tag: tag, text: "OK Esearch completed.") }
}

extension IMAPServerEngine {
    /// RFC 9585 §3: not more often than every ten seconds.
    private static let progressInterval = Duration.seconds(10)

    /// ESEARCH (RFC 7377).
    mutating func multisearch(
        _ tag: [UInt8], _ request: MultisearchRequest, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard selected != nil || !request.sources.contains(.selected) else {
            return reject(tag, "BAD No mailbox selected.", &output)
        }
        if request.isOfSelectionAlone { return searchSelected(tag, request, account, &output) }
        return wait(.account(account, .list)) { engine, answer, output in
            guard case .listings(let listings) = answer else {
                return engine.finish(answer, Completion(tag: tag, text: ""), &output)
            }
            let names = MultisearchScope(
                listings: listings, naming: engine.naming(account), selected: engine.selected?.name
            ).names(request.sources)
            return engine.continueMultisearch(
                Multisearch(tag: tag, request: request, names: names), account, &output)
        }
    }

    private mutating func searchSelected(
        _ tag: [UInt8], _ request: MultisearchRequest, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let selected else { return reject(tag, "BAD No mailbox selected.", &output) }
        var search = request.search
        search.key = search.key.replacingSavedResult(byUID: selected.savedResult)
        return self.search(
            tag, search, mailbox: (naming(account).encode(selected.name), selected.told.uidValidity), selected, &output)
    }

    private mutating func continueMultisearch(
        _ search: Multisearch, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard search.next < search.names.count else { return finish(search.completion, &output) }
        let name = search.names[search.next]
        // RFC 7377 §2.1: of the selected mailbox the client knows what it has been told.
        if let selected, selected.name == name {
            let run = SearchRun(evaluator(search.request.search.key, selected), .search, byUID: true)
            return searchSelected(run, search, account, &output)
        }
        let question = MailboxSearch(key: search.request.search.key, zoneOffset: options.zoneOffset)
        return wait(.searchElsewhere(account, name, question)) { engine, answer, output in
            guard case .searchedElsewhere(let result) = answer else {
                return engine.finish(answer, search.completion, &output)
            }
            var search = search
            if let result {
                engine.write(result.uids, name, uidValidity: result.uidValidity, search, account, &output)
                search.sinceProgress += result.elapsed
            }
            search.next += 1
            if search.sinceProgress >= Self.progressInterval, search.next < search.names.count {
                search.sinceProgress = .zero
                Self.writeProgress(search.tag, (search.next, search.names.count), &output)
            }
            return engine.continueMultisearch(search, account, &output)
        }
    }

    private mutating func searchSelected(
        _ run: SearchRun, _ search: Multisearch, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard let mailbox = selected?.mailbox, let name = selected?.name else {
            return finish(search.completion, &output)
        }
        return wait(.search(mailbox, run)) { engine, answer, output in
            guard case .searched(let run) = answer else { return engine.finish(answer, search.completion, &output) }
            guard run.result != nil else {
                Self.writeProgress(search.tag, (search.next, search.names.count), &output)
                return engine.searchSelected(run, search, account, &output)
            }
            engine.write(
                run.uids, name, uidValidity: run.evaluator.view.uidValidity, search, account, &output)
            var search = search
            search.next += 1
            return engine.continueMultisearch(search, account, &output)
        }
    }

    private func write(
        _ uids: [UInt32], _ name: MailboxName, uidValidity: UInt32, _ search: Multisearch, _ account: any IMAPAccount,
        _ output: inout ByteBuffer
    ) {
        guard !uids.isEmpty, let returns = search.request.search.returns else { return }
        let correlator = SearchCorrelator(tag: search.tag, mailbox: (naming(account).encode(name), uidValidity))
        SearchResponse.writeExtended(returns, uids, correlator: correlator, byUID: true, to: &output)
    }
}
