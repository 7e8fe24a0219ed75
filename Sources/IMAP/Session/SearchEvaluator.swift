package import MailModel
import NIOCore

/// Decides whether messages of a view are what a SEARCH looks for. A pure value: `decide` without a message answers
/// what the view alone can tell.
package struct SearchEvaluator: Sendable {
    package let key: SearchKey
    package let view: MailboxView
    package let recent: RecentMessages
    package let zoneOffset: @Sendable (Int64) -> Int

    package init(
        _ key: SearchKey, _ view: MailboxView, recent: RecentMessages, zoneOffset: @escaping @Sendable (Int64) -> Int
    ) {
        self.view = view
        self.recent = recent
        self.zoneOffset = zoneOffset
        self.key = key
    }

    /// What the store must give of a message that the view alone can't decide.
    package var needs: MessageItems {
        var needs = Self.needs(of: key)
        if needs.contains(.text) { needs.remove(.header) }
        return needs
    }

    private static func needs(of key: SearchKey) -> MessageItems {
        switch key {
        case .all, .has, .lacks, .recent, .keyword, .sequence, .uid: []
        case .before, .on, .since, .olderThan, .youngerThan: .internalDate
        case .larger, .smaller: .size
        case .sentBefore, .sentOn, .sentSince, .header: .header
        case .body, .text: .text
        case .not(let key): needs(of: key)
        case .or(let left, let right): needs(of: left).union(needs(of: right))
        case .and(let keys): keys.reduce(into: []) { $0.formUnion(needs(of: $1)) }
        }
    }

    /// The messages that match for certain and those that can't be decided without their files.
    package func decideByView() -> (found: [Int], open: [Int]) {
        let sets = SetRanges(key, view)
        var found: [Int] = []
        var open: [Int] = []
        for index in view.uids.indices {
            switch decide(key, index, nil, now: 0, sets) {
            case true: found.append(index)
            case false: break
            case nil: open.append(index)
            }
        }
        return (found, open)
    }

    /// Whether a message matches, given its file's content. `now` in seconds since 1970.
    package func matches(_ index: Int, _ message: FetchedMessage, now: Int64, _ sets: SetRanges) -> Bool {
        decide(key, index, MessageInSearch(message), now: now, sets) ?? false
    }

    private func decide(
        _ key: SearchKey, _ index: Int, _ message: MessageInSearch?, now: Int64, _ sets: SetRanges
    ) -> Bool? {
        switch key {
        case .all: return true
        case .has(let flags): return view.flags[index].isSuperset(of: flags)
        case .lacks(let flags): return view.flags[index].isDisjoint(with: flags)
        case .recent: return recent.contains(view.uids[index])
        case .keyword(let name): return view.has(keyword: name, at: index)
        case .sequence(let set): return sets.contains(set, UInt32(clamping: index + 1), isUID: false)
        case .uid(let set): return sets.contains(set, view.uids[index], isUID: true)
        case .not(let key): return decide(key, index, message, now: now, sets).map { !$0 }
        case .or(let left, let right):
            let first = decide(left, index, message, now: now, sets)
            if first == true { return true }
            let second = decide(right, index, message, now: now, sets)
            if second == true { return true }
            return first == nil || second == nil ? nil : false
        case .and(let keys):
            var isOpen = false
            for key in keys {
                switch decide(key, index, message, now: now, sets) {
                case false: return false
                case nil: isOpen = true
                case true: continue
                }
            }
            return isOpen ? nil : true
        case .before(let date): return message?.day(zoneOffset).map { $0 < date }
        case .on(let date): return message?.day(zoneOffset).map { $0 == date }
        case .since(let date): return message?.day(zoneOffset).map { $0 >= date }
        case .olderThan(let seconds): return message?.internalDate.map { $0 <= now - Int64(seconds) }
        case .youngerThan(let seconds): return message?.internalDate.map { $0 >= now - Int64(seconds) }
        case .larger(let size): return message?.size.map { $0 > size }
        case .smaller(let size): return message?.size.map { $0 < size }
        case .sentBefore(let date): return message.map { $0.sentDay.map { $0 < date } ?? false }
        case .sentOn(let date): return message.map { $0.sentDay == date }
        case .sentSince(let date): return message.map { $0.sentDay.map { $0 >= date } ?? false }
        case .header(let name, let pattern): return message.map { $0.header(named: name, has: pattern) }
        case .body(let pattern): return message.map { $0.body(has: pattern) }
        case .text(let pattern): return message.map { $0.text(has: pattern) }
        }
    }
}

/// The sequence sets of a search in sorted form, made once.
package struct SetRanges: Sendable {
    private var sequences: [SequenceSet: [ClosedRange<UInt32>]] = [:]
    private var uids: [SequenceSet: [ClosedRange<UInt32>]] = [:]

    package init(_ key: SearchKey, _ view: MailboxView) {
        collect(key, view)
    }

    private mutating func collect(_ key: SearchKey, _ view: MailboxView) {
        switch key {
        case .sequence(let set): sequences[set] = set.ranges(greatest: UInt32(clamping: view.count))
        case .uid(let set): uids[set] = set.ranges(greatest: view.uids.last ?? 0)
        case .not(let key): collect(key, view)
        case .or(let left, let right):
            collect(left, view)
            collect(right, view)
        case .and(let keys): for key in keys { collect(key, view) }
        default: break
        }
    }

    func contains(_ set: SequenceSet, _ number: UInt32, isUID: Bool) -> Bool {
        guard let ranges = isUID ? uids[set] : sequences[set] else { return false }
        var low = 0
        var high = ranges.count
        while low < high {
            let middle = low + (high - low) / 2
            if ranges[middle].upperBound < number { low = middle + 1 } else { high = middle }
        }
        return low < ranges.count && ranges[low].contains(number)
    }
}

/// A message's content as a search asks it.
private struct MessageInSearch {
    private let message: FetchedMessage
    private let content: ByteBuffer

    init(_ message: FetchedMessage) {
        self.message = message
        content = message.content ?? ByteBuffer()
    }

    var internalDate: Int64? { message.internalDate }
    var size: UInt64? { message.size }

    func day(_ zoneOffset: (Int64) -> Int) -> CivilDate? {
        guard let date = message.internalDate else { return nil }
        let local = Int(clamping: date) + zoneOffset(date)
        return CivilDate(day: local >= 0 ? local / 86_400 : (local - 86_399) / 86_400)
    }

    /// The day that the Date field names, in its own zone (RFC 3501 §6.4.4: "disregarding time and timezone").
    var sentDay: CivilDate? {
        withBytes { bytes in
            var scanner = HeaderFieldScanner(MIMEStructure.headerRange(bytes))
            while let field = scanner.next(bytes) {
                guard field.isNamed("Date", in: bytes) else { continue }
                return DateField.day(field.unfolded(in: bytes))
            }
            return nil
        }
    }

    func header(named name: String, has pattern: TextPattern) -> Bool {
        withBytes { bytes in
            MessageTextSearch().header(named: name, has: pattern, in: bytes, header: MIMEStructure.headerRange(bytes))
        }
    }

    func body(has pattern: TextPattern) -> Bool {
        withBytes { MessageTextSearch().body(has: pattern, in: $0, MIMEStructure.parse($0)) }
    }

    func text(has pattern: TextPattern) -> Bool {
        withBytes { bytes in
            let search = MessageTextSearch()
            return search.anyHeader(has: pattern, in: bytes, header: MIMEStructure.headerRange(bytes))
                || search.body(has: pattern, in: bytes, MIMEStructure.parse(bytes))
        }
    }

    private func withBytes<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        content.withUnsafeReadableBytes { body($0.bindMemory(to: UInt8.self).span) }
    }
}
