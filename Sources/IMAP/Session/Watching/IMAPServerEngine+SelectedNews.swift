import MailModel
import NIOCore
import Net

/// News of the selected mailbox that the client did not ask for with a command: by IDLE (RFC 2177), or by NOTIFY (RFC 5465 §6.1).
extension IMAPServerEngine {
    mutating func selectedChanged(_ output: inout ByteBuffer) -> Step {
        guard let selected else { return .needInput }
        switch input {
        case .idle where notifications == nil: break
        case .idle, .commands:
            // What was not asked for is told with the next command's completion (RFC 3501 §5.2).
            guard let events = notifications?.selected?.events, !events.isEmpty else { return .needInput }
        case .authentication, .append: return .needInput
        }
        return wait(.mailbox(selected.mailbox, .refresh(claimsRecent: !selected.isReadOnly))) {
            engine, answer, output in
            engine.showSelectedNews(answer, &output)
        }
    }

    mutating func showSelectedNews(_ answer: IMAPAnswer, _ output: inout ByteBuffer) -> Step {
        // A disk that can't be read now is no reason to end anything: the next change asks again.
        guard case .view(let view, let first) = answer else { return .needInput }
        if let first { selected?.claim(first, in: view) }
        let before = selected?.told
        let wanted = notifications?.selected
        // IDLE permits EXPUNGE; a command that is half read may hold numbers.
        let isIdle = if case .idle = input { true } else { false }
        let expunges = isIdle || (framer.isEmpty && !(wanted?.isDelayed ?? false))
        if expunges { tellRemovedFromContexts(view, &output) }
        let tellsFlags = wanted?.events.contains(.flagChange) ?? true
        guard tellNews(view, expunges: expunges, flags: tellsFlags, &output) else { return .close }
        let items = wanted?.items ?? []
        return updateContexts(since: before, &output) { engine, output in
            engine.fetchNew(items, since: before, Completion(tag: [], text: ""), &output)
        }
    }

    /// §5.2, §7: what the client wants to know of new messages at once, by NOTIFY (all of them) and by contexts (those that came
    /// into their results). It marks nothing as seen.
    mutating func fetchNew(
        _ wanted: [FetchItem], since before: MailboxView?, _ completion: Completion, _ output: inout ByteBuffer
    ) -> Step {
        let ofContexts = wantedOfNew
        wantedOfNew = ([], [])
        let items = wanted + ofContexts.items.filter { !wanted.contains($0) }
        guard !items.isEmpty, let told = selected?.told else { return finish(completion, &output) }
        let last = before?.uids.last ?? 0
        let new = told.uids[told.firstIndex(atOrAbove: last == .max ? .max : last + 1)...]
        let uids = new.filter { !wanted.isEmpty || ofContexts.uids.contains($0) }
        guard !uids.isEmpty else { return finish(completion, &output) }
        var run = FetchRun(
            completion, uids, FetchRenderer(items, zoneOffset: options.zoneOffset),
            byUID: items.contains(.uid) && !enabled.contains(.uidOnly) || enabled.showsUIDs,
            flags: items.contains(.flags))
        run.showsModSeq = items.contains(.modSeq) || (enabled.showsModSeqs && run.showsFlags)
        return continueFetch(run, &output)
    }
}
