import MailModel
import NIOCore
import Net

/// A FETCH under way.
struct FetchRun: Sendable {
    var completion: IMAPServerEngine.Completion
    var uids: [UInt32]
    var renderer: FetchRenderer
    var showsUID: Bool
    var showsFlags: Bool
    var showsModSeq = false
    /// Messages whose flags are shown because this FETCH set `\Seen`.
    var marked: Set<UInt32> = []
    var next = 0
    var missesMessages = false
    var missesEncoding = false

    init(
        _ completion: IMAPServerEngine.Completion, _ uids: [UInt32], _ renderer: FetchRenderer, byUID: Bool,
        flags: Bool
    ) {
        self.completion = completion
        self.uids = uids
        self.renderer = renderer
        showsUID = byUID
        showsFlags = flags
    }
}

extension IMAPServerEngine {
    /// FETCH (RFC 3501 §6.4.5). UID and FLAGS come from the view; the rest in batches from the store.
    mutating func fetch(
        _ tag: [UInt8], _ set: SequenceSet, _ items: [FetchItem], byUID: Bool, _ modifiers: FetchModifiers,
        _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) -> Step {
        // RFC 7162 §3.2.6: VANISHED goes with CHANGEDSINCE and UID FETCH alone.
        if modifiers.vanished, !byUID || modifiers.changedSince == nil || !enabled.contains(.qresync) {
            return reject(tag, "BAD VANISHED needs QRESYNC, UID FETCH and CHANGEDSINCE.", &output)
        }
        guard var uids = Self.uids(set, byUID: byUID, selected.told) else { return rejectSet(tag, &output) }
        let completion = Completion(tag: tag, text: "OK Fetch completed.", expunges: byUID)
        let asksForModSeq = modifiers.changedSince != nil || items.contains(.modSeq)
        if asksForModSeq { enableCondstore(&output) }
        if let changedSince = modifiers.changedSince {
            if modifiers.vanished { tellVanished(of: set, since: changedSince, selected, &output) }
            uids = Self.changed(uids, since: changedSince, selected)
        }
        let renderer = FetchRenderer(items, zoneOffset: options.zoneOffset)
        var run = FetchRun(
            completion, uids, renderer, byUID: byUID || items.contains(.uid), flags: items.contains(.flags))
        run.showsModSeq = asksForModSeq || (enabled.showsModSeqs && run.showsFlags)
        if enabled.contains(.uidOnly) { run.showsUID = items.contains(.uid) }
        guard renderer.marksSeen, !selected.isReadOnly else { return continueFetch(run, &output) }
        let view = selected.mailbox.view
        let unseen = uids.filter { uid in view.index(of: uid).map { !view.flags[$0].contains(.seen) } ?? false }
        guard !unseen.isEmpty, selected.mailbox.rights.contains(.seen) else { return continueFetch(run, &output) }
        run.marked = Set(unseen)
        let marking = run
        return wait(.mailbox(selected.mailbox, .store(unseen, FlagChange(.add, flags: .seen)))) {
            engine, answer, output in
            // A mailbox that can't be written to can still be read.
            var run = marking
            if case .failed = answer { run.marked = [] }
            return engine.continueFetch(run, &output)
        }
    }

    mutating func continueFetch(_ run: FetchRun, _ output: inout ByteBuffer) -> Step {
        guard let mailbox = selected?.mailbox else { return reply(run.completion.tag, run.completion.text, &output) }
        guard run.next < run.uids.count else { return endFetch(run, &output) }
        if run.showsFlags || !run.marked.isEmpty { selected?.tellKeywords(of: mailbox.view, enabled, &output) }
        if run.renderer.items.isEmpty { return fetchFromView(run, &output) }
        return wait(.fetch(mailbox, run.uids[run.next...], run.renderer)) { engine, answer, output in
            guard case .rendered(let messages) = answer else {
                return engine.finish(answer, run.completion, &output)
            }
            return engine.write(messages, run, &output)
        }
    }

    private mutating func write(_ messages: [RenderedMessage], _ run: FetchRun, _ output: inout ByteBuffer) -> Step {
        var run = run
        let view = selected?.mailbox.view
        guard let last = messages.last?.uid else {
            // None of them is there any more.
            run.missesMessages = true
            run.next = run.uids.count
            return endFetch(run, &output)
        }
        let start = run.next
        while run.next < run.uids.count, run.uids[run.next] <= last { run.next += 1 }
        if messages.count < run.next - start { run.missesMessages = true }
        guard run.next > start else { return endFetch(run, &output) }
        for message in messages {
            guard !message.isUndecodable else {
                run.missesEncoding = true
                continue
            }
            begin(message.uid, run, view, &output) { needsSpace, output in
                if needsSpace { output.writeStaticString(" ") }
                var items = message.items
                output.writeBuffer(&items)
            }
        }
        return continueFetch(run, &output)
    }

    private mutating func fetchFromView(_ run: FetchRun, _ output: inout ByteBuffer) -> Step {
        var run = run
        let view = selected?.mailbox.view
        let end = min(run.uids.count, run.next + 4096)
        while run.next < end {
            begin(run.uids[run.next], run, view, &output) { _, _ in }
            run.next += 1
        }
        guard run.next < run.uids.count else { return endFetch(run, &output) }
        let rest = run
        return wait(.drain) { engine, _, output in engine.continueFetch(rest, &output) }
    }

    /// One FETCH response: what the view gives, then what `items` writes.
    private mutating func begin(
        _ uid: UInt32, _ run: FetchRun, _ view: MailboxView?, _ output: inout ByteBuffer,
        _ items: (Bool, inout ByteBuffer) -> Void
    ) {
        guard let told = selected?.told, let index = told.index(of: uid) else { return }
        enabled.beginFetch(index, uid: uid, &output)
        var isFirst = true
        if run.showsUID || (enabled.showsUIDs && run.showsFlags) {
            output.writeString("UID \(uid)")
            isFirst = false
        }
        if run.showsFlags || run.marked.contains(uid) {
            if !isFirst { output.writeStaticString(" ") }
            isFirst = false
            // A message that is gone has the flags that it was last seen with.
            let newest = view?.index(of: uid)
            let flags = newest.flatMap { view?.flags[$0] } ?? told.flags[index]
            let isRecent = enabled.showsRecent && selected?.recent.contains(uid) ?? false
            FlagsResponse.append(flags, (view ?? told).keywords, isRecent: isRecent, to: &output)
            let newestModSeq = Self.modSeq(of: uid, view) ?? Self.modSeq(of: uid, told)
            let isMarked = run.marked.contains(uid)
            let modSeq = run.showsModSeq || (isMarked && enabled.showsModSeqs) ? newestModSeq : nil
            if let modSeq { output.writeString(" MODSEQ (\(modSeq))") }
            if flags != told.flags[index] || (enabled.showsModSeqs && modSeq != Self.modSeq(of: uid, told)) {
                selected?.show(flags, of: uid, modSeq: modSeq)
            }
        } else if run.showsModSeq, let modSeq = Self.modSeq(of: uid, view) ?? Self.modSeq(of: uid, told) {
            output.writeString("\(isFirst ? "" : " ")MODSEQ (\(modSeq))")
            isFirst = false
        }
        items(!isFirst, &output)
        output.writeStaticString(")\r\n")
    }

    private mutating func endFetch(_ run: FetchRun, _ output: inout ByteBuffer) -> Step {
        var completion = run.completion
        // RFC 5530 §3; RFC 2180 §4.1.2: what is there was answered.
        if run.missesEncoding { completion.text = "NO [UNKNOWN-CTE] Unknown Content-Transfer-Encoding." }
        if run.missesMessages { completion.text = FailureText.text(MailboxFailure(.noSuchMessage, "")) }
        return finish(completion, &output)
    }
}
