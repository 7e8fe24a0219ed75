import MailModel
import NIOCore

/// A search whose result the client wants to be kept current (RFC 5267 §4.3).
struct SearchContext: Sendable {
    /// Messages that come or go together, from a position of the result on; 0 where it has no order of its own.
    struct Piece: Hashable, Sendable {
        var position: Int
        var uids: [UInt32]
    }

    let tag: [UInt8]
    let kind: SearchRequest.Kind
    let key: SearchKey
    let byUID: Bool
    /// What the client wants to know of messages that are new in the mailbox and in the result (RFC 5465 §7).
    let items: [FetchItem]
    /// What the client has been told is in the result: ascending for SEARCH, in order for SORT.
    private(set) var members: [UInt32]
    /// What SORT compares of each of them.
    private var values: [UInt32: SortValues] = [:]

    /// Kept for one selected mailbox.
    static let maximumContexts = 8
    static let maximumMembers = 100_000
    /// Octets of what a sorted result is sorted by.
    private static let maximumWeight = 8 << 20
    /// Members of a sorted result that one update moves: each of them moves all behind it.
    private static let maximumMoves = 2000

    /// Nil for a search that can't be kept current: by numbers that change their meaning, or by the time that passes; and for
    /// one that is too big.
    init?(_ tag: [UInt8], _ request: SearchRequest, _ run: SearchRun) {
        let found = run.uids
        guard Self.isLasting(request.key), found.count <= Self.maximumMembers else { return nil }
        self.tag = tag
        kind = request.kind
        key = request.key
        byUID = request.byUID
        items = request.returns?.updateItems ?? []
        switch request.kind {
        case .search: members = found.sorted()
        case .sort:
            members = found
            values = Self.values(run)
            guard isBounded else { return nil }
        case .thread: return nil
        }
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

    private static func values(_ run: SearchRun) -> [UInt32: SortValues] {
        let uids = run.evaluator.view.uids
        return Dictionary(
            run.sortValues.compactMap { $0.key < uids.count ? (uids[$0.key], $0.value) : nil },
            uniquingKeysWith: { $1 })
    }

    /// Whether it may be kept on.
    var isBounded: Bool {
        members.count <= Self.maximumMembers && values.values.reduce(0) { $0 + $1.weight } <= Self.maximumWeight
    }

    /// Takes out what is no longer in `view`, and says what that was.
    mutating func removeMissing(from view: MailboxView) -> [Piece] {
        remove { view.index(of: $0) == nil }
    }

    /// Each piece's position is that at which it is once those before it are gone (RFC 5267 §4.3.4).
    private mutating func remove(where isGone: (UInt32) -> Bool) -> [Piece] {
        var pieces: [Piece] = []
        var kept: [UInt32] = []
        for uid in members {
            guard isGone(uid) else {
                kept.append(uid)
                continue
            }
            let position = isSorted ? kept.count + 1 : 0
            if pieces.last?.position == position {
                pieces[pieces.count - 1].uids.append(uid)
            } else {
                pieces.append(Piece(position: position, uids: [uid]))
            }
            values[uid] = nil
        }
        if !pieces.isEmpty { members = kept }
        return pieces
    }

    private var isSorted: Bool { if case .sort = kind { true } else { false } }

    /// Takes over which of the `asked` messages match now, by a run over them. Nil for more than can be put in order at once.
    mutating func update(asked: [UInt32], _ run: SearchRun) -> (added: [Piece], removed: [Piece])? {
        let matching = run.uids
        let before = Set(members)
        let now = Set(matching)
        let gone = Set(asked.filter { before.contains($0) && !now.contains($0) })
        let new = matching.filter { !before.contains($0) }
        guard !isSorted || new.count <= Self.maximumMoves else { return nil }
        let removed = gone.isEmpty ? [] : remove { gone.contains($0) }
        guard !new.isEmpty else { return ([], removed) }
        guard case .sort(let criteria) = kind else {
            members = Set(members).union(new).sorted()
            return ([Piece(position: 0, uids: new.sorted())], removed)
        }
        values.merge(Self.values(run).filter { now.contains($0.key) }) { $1 }
        return (new.reduce(into: []) { insert($1, by: criteria, into: &$0) }, removed)
    }

    /// `uid` comes in the order of the result: what lies side by side is one piece (RFC 5267 §4.3.3).
    private mutating func insert(_ uid: UInt32, by criteria: [SortCriterion], into pieces: inout [Piece]) {
        var (low, high) = (0, members.count)
        while low < high {
            let middle = (low + high) / 2
            if precedes(members[middle], uid, by: criteria) { low = middle + 1 } else { high = middle }
        }
        members.insert(uid, at: low)
        if let last = pieces.last, low + 1 == last.position + last.uids.count {
            pieces[pieces.count - 1].uids.append(uid)
        } else {
            pieces.append(Piece(position: low + 1, uids: [uid]))
        }
    }

    private func precedes(_ left: UInt32, _ right: UInt32, by criteria: [SortCriterion]) -> Bool {
        guard let leftValues = values[left], let rightValues = values[right] else { return left < right }
        return SortOrder.precedes(leftValues, rightValues, by: criteria) ?? (left < right)
    }

    /// search-return-data =/ "ADDTO" SP "(" context-position SP sequence-set *(SP context-position SP sequence-set) ")"
    ///                    / "REMOVEFROM" SP …
    func write(_ name: StaticString, _ pieces: [Piece], in view: MailboxView, to output: inout ByteBuffer) {
        let texts = pieces.compactMap { piece -> String? in
            let numbers =
                byUID ? piece.uids : piece.uids.compactMap { view.index(of: $0).map { UInt32(clamping: $0 + 1) } }
            return numbers.isEmpty ? nil : "\(piece.position) \(UIDSet.text(numbers))"
        }
        guard !texts.isEmpty else { return }
        SearchCorrelator(tag: tag).write(to: &output)
        if byUID { output.writeStaticString(" UID") }
        output.writeStaticString(" ")
        output.writeStaticString(name)
        output.writeString(" (\(texts.joined(separator: " ")))\r\n")
    }
}
