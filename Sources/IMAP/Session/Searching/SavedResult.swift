import MailModel

/// The result that `$` stands for (RFC 5182).
enum SavedResult {
    /// UIDs in ascending order as a set.
    static func set(_ uids: [UInt32]) -> SequenceSet {
        var set = SequenceSet([])
        var index = 0
        while index < uids.count {
            let first = uids[index]
            var last = first
            index += 1
            while index < uids.count, last < .max, uids[index] == last + 1 {
                last = uids[index]
                index += 1
            }
            set.elements.append(SequenceSet.Element(first: first, last: last))
        }
        return set
    }

    /// Which of the messages found are saved: all of them, unless only some are returned (RFC 5182 §2.4, RFC 9394 §3.2).
    static func uids(_ returns: SearchReturn, of run: SearchRun) -> [UInt32] {
        let uids = run.uids
        guard returns.options.isDisjoint(with: [.all, .count]),
            returns.partial != nil || !returns.options.isDisjoint(with: [.min, .max])
        else { return uids.sorted() }
        var kept: Set<UInt32> = []
        if returns.options.contains(.min), let first = uids.first { kept.insert(first) }
        if returns.options.contains(.max), let last = uids.last { kept.insert(last) }
        if let part = returns.partial?.indexes(count: uids.count) { kept.formUnion(uids[part]) }
        return kept.sorted()
    }
}

extension IMAPCommand {
    /// With the messages that are left of the saved result in the place of `$`.
    func replacingSavedResult(of selected: SelectedMailbox) -> IMAPCommand {
        func replaced(_ set: SequenceSet, byUID: Bool) -> SequenceSet {
            guard set.isSavedResult else { return set }
            var result = selected.savedResult
            if !byUID {
                let uids = IMAPServerEngine.uids(result, byUID: true, selected.told) ?? []
                let numbers = uids.compactMap { selected.told.index(of: $0).map { UInt32(clamping: $0 + 1) } }
                result = SavedResult.set(numbers)
            }
            result.partial = set.partial
            return result
        }
        switch self {
        case .expunge(let set?): return .expunge(replaced(set, byUID: true))
        case .search(var request):
            request.key = request.key.replacingSavedResult(byUID: selected.savedResult)
            return .search(request)
        case .fetch(let set, let items, let byUID, let modifiers):
            return .fetch(replaced(set, byUID: byUID), items, byUID: byUID, modifiers)
        case .store(let set, let change, let isSilent, let byUID, let modSeq):
            return .store(
                replaced(set, byUID: byUID), change, isSilent: isSilent, byUID: byUID, unchangedSince: modSeq)
        case .copy(let set, let name, let byUID): return .copy(replaced(set, byUID: byUID), to: name, byUID: byUID)
        case .move(let set, let name, let byUID): return .move(replaced(set, byUID: byUID), to: name, byUID: byUID)
        default: return self
        }
    }
}
