import MailModel
import NIOCore

/// A search whose result the client wants to be kept current (RFC 5267 §4.3).
struct SearchContext: Sendable {
    let tag: [UInt8]
    let key: SearchKey
    let byUID: Bool
    /// UIDs, ascending: what the client has been told is in the result.
    private(set) var members: [UInt32]

    /// Kept for one selected mailbox.
    static let maximumContexts = 8
    static let maximumMembers = 100_000

    /// Nil for a search that can't be kept current: by numbers that change their meaning, or by the time that passes.
    init?(_ tag: [UInt8], _ request: SearchRequest, members: [UInt32]) {
        guard request.kind == .search, Self.isLasting(request.key), members.count <= Self.maximumMembers else {
            return nil
        }
        self.tag = tag
        key = request.key
        byUID = request.byUID
        self.members = members.sorted()
    }

    private static func isLasting(_ key: SearchKey) -> Bool {
        switch key {
        case .sequence, .olderThan, .youngerThan, .recent: false
        case .not(let key): isLasting(key)
        case .or(let left, let right): isLasting(left) && isLasting(right)
        case .and(let keys): keys.allSatisfy(isLasting)
        default: true
        }
    }

    /// Takes out what is no longer in `view`, and says what that was.
    mutating func removeMissing(from view: MailboxView) -> [UInt32] {
        let missing = members.filter { view.index(of: $0) == nil }
        if !missing.isEmpty { members.removeAll { view.index(of: $0) == nil } }
        return missing
    }

    /// Takes over which of the `asked` messages match now.
    mutating func update(asked: [UInt32], matching: [UInt32]) -> (added: [UInt32], removed: [UInt32]) {
        let before = Set(members)
        let now = Set(matching)
        let added = matching.filter { !before.contains($0) }.sorted()
        let removed = asked.filter { before.contains($0) && !now.contains($0) }.sorted()
        if !added.isEmpty || !removed.isEmpty {
            members = before.subtracting(removed).union(added).sorted()
        }
        return (added, removed)
    }

    /// search-return-data =/ "ADDTO" SP "(" context-position SP sequence-set ")" / "REMOVEFROM" SP … ; position 0: the result
    /// has no order of its own
    func write(_ name: StaticString, _ uids: [UInt32], in view: MailboxView, to output: inout ByteBuffer) {
        let numbers = byUID ? uids : uids.compactMap { view.index(of: $0).map { UInt32(clamping: $0 + 1) } }
        guard !numbers.isEmpty else { return }
        SearchCorrelator(tag: tag).write(to: &output)
        if byUID { output.writeStaticString(" UID") }
        output.writeStaticString(" ")
        output.writeStaticString(name)
        output.writeString(" (0 \(UIDSet.text(numbers)))\r\n")
    }
}
