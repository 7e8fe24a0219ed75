import MailModel
import NIOCore
import Net

/// A STORE with UNCHANGEDSINCE under way.
struct ConditionalStore: Sendable {
    var completion: IMAPServerEngine.Completion
    var uids: [UInt32]
    var change: FlagChange
    var isSilent: Bool
    var byUID: Bool
}

extension IMAPServerEngine {
    static func modSeq(of uid: UInt32, _ view: MailboxView?) -> UInt64? {
        guard let view, let index = view.index(of: uid), index < view.modSeqs.count else { return nil }
        return view.modSeqs[index]
    }

    /// Those of `uids` that changed after `modSeq` (RFC 7162 §3.1.4.1).
    static func changed(_ uids: [UInt32], since modSeq: UInt64, _ selected: SelectedMailbox) -> [UInt32] {
        let newest = selected.mailbox.view
        return uids.filter { (Self.modSeq(of: $0, newest) ?? Self.modSeq(of: $0, selected.told) ?? 0) > modSeq }
    }

    // MARK: STORE (UNCHANGEDSINCE …)

    mutating func storeUnchanged(
        _ request: ConditionalStore, since modSeq: UInt64, _ selected: SelectedMailbox
    ) -> Step {
        let question = MailboxQuestion.storeUnchanged(request.uids, request.change, since: modSeq)
        return wait(.mailbox(selected.mailbox, question)) { engine, answer, output in
            guard case .changed(let change) = answer else { return engine.finish(answer, request.completion, &output) }
            return engine.showConditional(change, request, &output)
        }
    }

    /// RFC 7162 §3.1.3: MODIFIED names what was refused; what was changed is told with its new MODSEQ, silent or not.
    private mutating func showConditional(
        _ change: ConditionalChange, _ request: ConditionalStore, _ output: inout ByteBuffer
    ) -> Step {
        var completion = request.completion
        let refused = Set(change.refused)
        let stored = request.uids.filter { !refused.contains($0) }
        let isMissing = stored.contains { change.view.index(of: $0) == nil }
        if !refused.isEmpty, let told = selected?.told {
            let numbers =
                request.byUID
                ? change.refused : change.refused.compactMap { told.index(of: $0).map { UInt32(clamping: $0 + 1) } }
            completion.text = "\(isMissing ? "NO" : "OK") [MODIFIED \(UIDSet.text(numbers))] Conditional STORE failed."
        } else if isMissing {
            completion.text = FailureText.text(MailboxFailure(.noSuchMessage, ""))
        }
        guard !request.isSilent else {
            expect(request.change, stored, change.view)
            return finish(completion, &output)
        }
        let present = stored.filter { change.view.index(of: $0) != nil }
        var run = FetchRun(
            completion, present, FetchRenderer([.flags], zoneOffset: { _ in 0 }),
            byUID: request.byUID && !enabled.contains(.uidOnly), flags: true)
        run.showsModSeq = true
        return continueFetch(run, &output)
    }

    // MARK: QRESYNC

    /// What changed since the client was last here: VANISHED, then the flags of what is still there (RFC 7162 §3.2.5).
    mutating func resynchronize(
        _ selected: SelectedMailbox, _ known: QuickResynchronization, _ completion: Completion,
        _ output: inout ByteBuffer
    ) -> Step {
        let view = selected.told
        guard known.uidValidity == view.uidValidity else { return finish(completion, &output) }
        let ranges = known.knownUIDs?.ranges(greatest: .max)
        let vanished = view.vanished(since: known.modSeq, of: Self.above(Self.matching(known, view), ranges))
        VanishedResponse.append(vanished, earlier: true, to: &output)
        var changed: [UInt32] = []
        var range = 0
        for (index, uid) in view.uids.enumerated() where index < view.modSeqs.count {
            guard view.modSeqs[index] > known.modSeq else { continue }
            if let ranges {
                while range < ranges.count, ranges[range].upperBound < uid { range += 1 }
                guard range < ranges.count else { break }
                guard ranges[range].contains(uid) else { continue }
            }
            changed.append(uid)
        }
        var run = FetchRun(
            completion, changed, FetchRenderer([.flags], zoneOffset: { _ in 0 }),
            byUID: !enabled.contains(.uidOnly), flags: true)
        run.showsModSeq = true
        return continueFetch(run, &output)
    }

    /// The highest UID up to which the client's numbers are still the mailbox's: nothing below it can have vanished without
    /// the client knowing (RFC 7162 §3.2.5.2). 0 when there is none.
    private static func matching(_ known: QuickResynchronization, _ view: MailboxView) -> UInt32 {
        guard let numbers = known.knownSequence, let uids = known.knownSequenceUIDs else { return 0 }
        var highest: UInt32 = 0
        var pairs = SetWalk(uids)
        var walk = SetWalk(numbers)
        for _ in 0..<view.count {
            guard let number = walk.next(), let uid = pairs.next() else { break }
            guard number >= 1, number <= view.count, view.uids[Int(number) - 1] == uid else { break }
            highest = uid
        }
        return highest
    }

    private static func above(_ uid: UInt32, _ ranges: [ClosedRange<UInt32>]?) -> [ClosedRange<UInt32>]? {
        guard uid > 0, uid < .max else { return ranges }
        return (ranges ?? [1...(.max)]).compactMap { range in
            range.upperBound > uid ? max(range.lowerBound, uid + 1)...range.upperBound : nil
        }
    }

    /// UID FETCH … (CHANGEDSINCE … VANISHED). What the client still counts is told as VANISHED without EARLIER, later.
    func tellVanished(
        of set: SequenceSet, since modSeq: UInt64, _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) {
        var view = selected.told
        view.expunged = selected.mailbox.view.expunged
        let ranges = set.ranges(greatest: view.uids.last ?? max(view.uidNext, 2) - 1)
        VanishedResponse.append(view.vanished(since: modSeq, of: ranges), earlier: true, to: &output)
    }
}

/// The numbers of a set one after the other, however many they are.
private struct SetWalk {
    private var ranges: ArraySlice<ClosedRange<UInt32>>
    private var number: UInt32?

    init(_ set: SequenceSet) {
        ranges = set.ranges(greatest: .max)[...]
        number = ranges.first?.lowerBound
    }

    mutating func next() -> UInt32? {
        guard let current = number, let range = ranges.first else { return nil }
        if current < range.upperBound {
            number = current + 1
        } else {
            ranges = ranges.dropFirst()
            number = ranges.first?.lowerBound
        }
        return current
    }
}
