import MailModel
import NIOCore
import Net

extension IMAPServerEngine {
    /// Keeps a search's result current from now on, or says that it won't be (RFC 5267 §4.3.1).
    mutating func watch(_ search: SearchInProgress, _ output: inout ByteBuffer) {
        selected?.contexts.removeAll { $0.tag == search.tag }
        guard let count = selected?.contexts.count, count < SearchContext.maximumContexts,
            let context = SearchContext(search.tag, search.request, search.run)
        else {
            Self.refuseUpdates(search.tag, &output)
            return
        }
        selected?.contexts.append(context)
    }

    /// resp-text-code =/ "NOUPDATE" SP quoted
    private static func refuseUpdates(_ tag: [UInt8], _ output: inout ByteBuffer) {
        output.writeStaticString("* NO [NOUPDATE ")
        ResponseText.appendQuoted(tag, to: &output)
        output.writeStaticString("] This result is not kept current.\r\n")
    }

    /// CANCELUPDATE (RFC 5267 §4.3.5).
    mutating func cancelUpdates(_ tag: [UInt8], _ tags: [[UInt8]], _ output: inout ByteBuffer) -> Step {
        selected?.contexts.removeAll { tags.contains($0.tag) }
        return finish(Completion(tag: tag, text: "OK Cancelupdate completed."), &output)
    }

    /// Before EXPUNGE takes the numbers away by which they are known.
    mutating func tellRemovedFromContexts(_ view: MailboxView, _ output: inout ByteBuffer) {
        guard var selected, !selected.contexts.isEmpty else { return }
        let told = selected.told
        // The counts differ where messages are gone of which the client could not be told yet.
        guard view.uidValidity == told.uidValidity, view.generation != told.generation || view.count != told.count
        else {
            return
        }
        for place in selected.contexts.indices {
            let removed = selected.contexts[place].removeMissing(from: view)
            selected.contexts[place].write("REMOVEFROM", removed, in: told, to: &output)
        }
        self.selected = selected
    }

    /// Looks again at what is new or has other flags than in `before`, for every context in its turn; then goes on.
    mutating func updateContexts(
        since before: MailboxView?, _ output: inout ByteBuffer,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        guard let before, let selected, !selected.contexts.isEmpty, before.generation != selected.told.generation else {
            return next(&self, &output)
        }
        let told = selected.told
        let changed = told.uids.indices.filter { index in
            guard let old = before.index(of: told.uids[index]) else { return true }
            return before.flags[old] != told.flags[index]
        }
        guard !changed.isEmpty else { return next(&self, &output) }
        newSince = before.uids.last ?? 0
        return updateContext(0, changed, told, &output, then: next)
    }

    private mutating func updateContext(
        _ place: Int, _ changed: [Int], _ told: MailboxView, _ output: inout ByteBuffer,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        guard let selected, place < selected.contexts.count else { return next(&self, &output) }
        let context = selected.contexts[place]
        let evaluator = SearchEvaluator(context.key, told, recent: selected.recent, zoneOffset: options.zoneOffset)
        var run = SearchRun(evaluator, context.kind, byUID: true)
        run.keepsSortValues = true
        do {
            try run.prepare(among: changed)
        } catch {
            return dropContext(context, place, changed, told, &output, then: next)
        }
        let asked = changed.map { told.uids[$0] }
        guard run.result == nil else {
            return tell(run, asked, place, changed, told, &output, then: next)
        }
        return continueUpdate(selected.mailbox, run, asked, place, changed, told, then: next)
    }

    private mutating func continueUpdate(
        _ mailbox: any IMAPMailbox, _ run: SearchRun, _ asked: [UInt32], _ place: Int, _ changed: [Int],
        _ told: MailboxView, then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        wait(.search(mailbox, run)) { engine, answer, output in
            guard case .searched(let run) = answer else {
                guard let contexts = engine.selected?.contexts, place < contexts.count else {
                    return next(&engine, &output)
                }
                return engine.dropContext(contexts[place], place, changed, told, &output, then: next)
            }
            guard run.result == nil else { return engine.tell(run, asked, place, changed, told, &output, then: next) }
            return engine.continueUpdate(mailbox, run, asked, place, changed, told, then: next)
        }
    }

    private mutating func tell(
        _ run: SearchRun, _ asked: [UInt32], _ place: Int, _ changed: [Int], _ told: MailboxView,
        _ output: inout ByteBuffer, then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        guard var contexts = selected?.contexts, place < contexts.count else { return next(&self, &output) }
        guard let (added, removed) = contexts[place].update(asked: asked, run), contexts[place].isBounded else {
            return dropContext(contexts[place], place, changed, told, &output, then: next)
        }
        let items = contexts[place].items
        let new = added.flatMap(\.uids).filter { $0 > newSince }
        if !items.isEmpty, !new.isEmpty {
            wantedOfNew.uids.formUnion(new)
            wantedOfNew.items += items.filter { !wantedOfNew.items.contains($0) }
        }
        contexts[place].write("REMOVEFROM", removed, in: told, to: &output)
        contexts[place].write("ADDTO", added, in: told, to: &output)
        selected?.contexts = contexts
        return updateContext(place + 1, changed, told, &output, then: next)
    }

    private mutating func dropContext(
        _ context: SearchContext, _ place: Int, _ changed: [Int], _ told: MailboxView, _ output: inout ByteBuffer,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        selected?.contexts.removeAll { $0.tag == context.tag }
        Self.refuseUpdates(context.tag, &output)
        return updateContext(place, changed, told, &output, then: next)
    }
}
