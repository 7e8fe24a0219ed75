import MailModel
import NIOCore
import Net

extension IMAPServerEngine {
    /// The UIDs that a set names in the mailbox as the client knows it; nil for a sequence number that is not there.
    static func uids(_ set: SequenceSet, byUID: Bool, _ view: MailboxView) -> [UInt32]? {
        let greatest = byUID ? view.uids.last ?? 0 : UInt32(clamping: view.count)
        var uids: [UInt32] = []
        for range in set.ranges(greatest: greatest) {
            if byUID {
                let first = view.firstIndex(atOrAbove: range.lowerBound)
                let end = range.upperBound == .max ? view.count : view.firstIndex(atOrAbove: range.upperBound + 1)
                if first < end { uids += view.uids[first..<end] }
            } else {
                guard range.lowerBound >= 1, range.upperBound <= greatest else { return nil }
                uids += view.uids[Int(range.lowerBound) - 1...Int(range.upperBound) - 1]
            }
        }
        if let partial = set.partial { return partial.indexes(count: uids.count).map { Array(uids[$0]) } ?? [] }
        return uids
    }

    mutating func rejectSet(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        reject(tag, "BAD Error in IMAP command: Invalid messageset.", &output)
    }

    private mutating func refuseReadOnly(
        _ tag: [UInt8], expunges: Bool = true, _ output: inout ByteBuffer
    ) -> Step {
        finish(Completion(tag: tag, text: "NO [CANNOT] Mailbox is read-only.", expunges: expunges), &output)
    }

    // MARK: STORE

    mutating func store(
        _ tag: [UInt8], _ set: SequenceSet, _ change: FlagChange, isSilent: Bool, byUID: Bool,
        unchangedSince: UInt64?, _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) -> Step {
        guard let uids = Self.uids(set, byUID: byUID, selected.told) else { return rejectSet(tag, &output) }
        guard !selected.isReadOnly else { return refuseReadOnly(tag, expunges: byUID, &output) }
        let completion = Completion(tag: tag, text: "OK Store completed.", expunges: byUID)
        if unchangedSince != nil { enableCondstore(&output) }
        guard !uids.isEmpty else { return finish(completion, &output) }
        if let unchangedSince {
            let request = ConditionalStore(
                completion: completion, uids: uids, change: change, isSilent: isSilent, byUID: byUID)
            return storeUnchanged(request, since: unchangedSince, selected)
        }
        return wait(.mailbox(selected.mailbox, .store(uids, change))) { engine, answer, output in
            guard case .view(let view, _) = answer else {
                return engine.finish(answer, completion, &output)
            }
            if isSilent {
                engine.expect(change, uids, view)
                return engine.finish(completion, &output)
            }
            var run = FetchRun(
                completion, uids, FetchRenderer([.flags], zoneOffset: { _ in 0 }),
                byUID: byUID && !engine.enabled.contains(.uidOnly), flags: true)
            run.showsModSeq = engine.enabled.showsModSeqs
            return engine.continueFetch(run, &output)
        }
    }

    /// What `.SILENT` asks not to be told of: the change itself, not what others did meanwhile.
    mutating func expect(_ change: FlagChange, _ uids: [UInt32], _ view: MailboxView) {
        guard let told = selected?.told else { return }
        var flags = change.flags
        for keyword in change.keywords {
            let place = view.keywords.firstIndex { ASCII.equalIgnoringCase($0.utf8, keyword.utf8) }
            if let place, let flag = MessageFlags.keyword(place) { flags.insert(flag) }
        }
        for uid in uids {
            guard let index = told.index(of: uid) else { continue }
            let before = told.flags[index]
            let after: MessageFlags
            switch change.operation {
            case .add: after = before.union(flags)
            case .remove: after = before.subtracting(flags)
            case .replace: after = flags.union(before.intersection(.passed))
            }
            if after != before { selected?.show(after, of: uid, modSeq: nil) }
        }
    }

    func finishedText(_ answer: IMAPAnswer, _ completion: Completion, _ context: FailureText.Context) -> Completion {
        var completion = completion
        if case .failed(let failure) = answer { completion.text = FailureText.text(failure, context) }
        return completion
    }

    mutating func finish(
        _ answer: IMAPAnswer, _ completion: Completion, _ context: FailureText.Context = .plain,
        _ output: inout ByteBuffer
    ) -> Step {
        finish(finishedText(answer, completion, context), &output)
    }

    mutating func finish(_ answer: IMAPAnswer, _ completion: Completion, _ output: inout ByteBuffer) -> Step {
        finish(finishedText(answer, completion, .plain), &output)
    }

    // MARK: EXPUNGE, CLOSE

    /// EXPUNGE (RFC 3501 §6.4.3) and UID EXPUNGE (RFC 4315 §2.1).
    mutating func expunge(
        _ tag: [UInt8], _ set: SequenceSet?, _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) -> Step {
        guard !selected.isReadOnly else { return refuseReadOnly(tag, &output) }
        let uids = set.flatMap { Self.uids($0, byUID: true, selected.told) }
        var completion = Completion(tag: tag, text: "OK Expunge completed.")
        if let uids, uids.isEmpty { return finish(completion, &output) }
        completion.showsHighestModSeq = true
        return waitToFinish(.mailbox(selected.mailbox, .expunge(uids)), completion)
    }

    mutating func close(_ tag: [UInt8], _ text: String, expunges: Bool) -> Step {
        guard let mailbox = selected?.mailbox else { return .needInput }
        selected = nil
        return waitToFinish(.mailbox(mailbox, .close(expunges: expunges)), Completion(tag: tag, text: text))
    }

    // MARK: COPY, MOVE

    mutating func copy(
        _ tag: [UInt8], _ set: SequenceSet, to target: [UInt8], byUID: Bool, _ account: any IMAPAccount,
        _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) -> Step {
        guard let uids = Self.uids(set, byUID: byUID, selected.told) else { return rejectSet(tag, &output) }
        guard let name = name(target) else { return rejectName(tag, &output) }
        let completion = Completion(tag: tag, text: uids.isEmpty ? "OK No messages found." : "OK Copy completed.")
        guard !uids.isEmpty else { return finish(completion, &output) }
        return wait(.mailbox(selected.mailbox, .copy(uids, to: name))) { engine, answer, output in
            var completion = completion
            if case .copied(let copied) = answer {
                Self.tellQuota(copied, &output)
                completion.text = "OK \(Self.copyUID(copied))Copy completed."
            }
            return engine.finish(answer, completion, .target, &output)
        }
    }

    /// MOVE (RFC 6851 §3): COPYUID before the EXPUNGEs, so that a client knows what became of them.
    mutating func move(
        _ tag: [UInt8], _ set: SequenceSet, to target: [UInt8], byUID: Bool, _ account: any IMAPAccount,
        _ selected: SelectedMailbox, _ output: inout ByteBuffer
    ) -> Step {
        guard let uids = Self.uids(set, byUID: byUID, selected.told) else { return rejectSet(tag, &output) }
        guard let name = name(target) else { return rejectName(tag, &output) }
        guard !selected.isReadOnly else { return refuseReadOnly(tag, &output) }
        var completion = Completion(tag: tag, text: uids.isEmpty ? "OK No messages found." : "OK Move completed.")
        completion.showsHighestModSeq = !uids.isEmpty
        guard !uids.isEmpty else { return finish(completion, &output) }
        let moving = completion
        return wait(.mailbox(selected.mailbox, .move(uids, to: name))) { engine, answer, output in
            if case .copied(let copied) = answer, !copied.destinationUIDs.isEmpty {
                Self.tellQuota(copied, &output)
                output.writeString("* OK \(Self.copyUID(copied))Moved UIDs.\r\n")
            }
            return engine.finish(answer, moving, .target, &output)
        }
    }

    /// resp-code-copy = "COPYUID" SP nz-number SP uid-set SP uid-set
    private static func copyUID(_ copied: CopiedMessages) -> String {
        guard !copied.destinationUIDs.isEmpty else { return "" }
        let source = UIDSet.text(copied.sourceUIDs)
        return "[COPYUID \(copied.uidValidity) \(source) \(UIDSet.text(copied.destinationUIDs))] "
    }
}
