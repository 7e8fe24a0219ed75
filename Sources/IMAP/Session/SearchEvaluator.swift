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
        self.key = Self.resolved(key, view)
    }

    /// The key with its sets in the form that `SequenceSet.contains` searches: a set may have thousands of elements, and
    /// is asked about every message.
    private static func resolved(_ key: SearchKey, _ view: MailboxView) -> SearchKey {
        switch key {
        case .sequence(let set): .sequence(set.resolved(greatest: UInt32(clamping: view.count)))
        case .uid(let set): .uid(set.resolved(greatest: view.uids.last ?? 0))
        case .not(let key): .not(resolved(key, view))
        case .or(let left, let right): .or(resolved(left, view), resolved(right, view))
        case .and(let keys): .and(keys.map { resolved($0, view) })
        default: key
        }
    }

    /// What the store must give of a message that the view alone can't decide.
    package var needs: MessageItems {
        var needs = Self.needs(of: key)
        if needs.contains(.text) { needs.subtract([.header, .summary]) }
        if needs.contains(.header) { needs.remove(.summary) }
        return needs
    }

    private static func needs(of key: SearchKey) -> MessageItems {
        switch key {
        case .all, .has, .lacks, .recent, .keyword, .sequence, .uid, .modSeq: []
        case .before, .on, .since, .olderThan, .youngerThan: .internalDate
        case .larger, .smaller: .size
        case .sentBefore, .sentOn, .sentSince: .summary
        case .header(let name, _): SummaryHeader.holds(name.utf8) ? .summary : .header
        case .saveDateSupported: .saveDate
        case .savedBefore, .savedOn, .savedSince: [.saveDate, .internalDate]
        case .emailID, .threadID: .objectIDs
        case .body, .text: .text
        case .not(let key): needs(of: key)
        case .or(let left, let right): needs(of: left).union(needs(of: right))
        case .and(let keys): keys.reduce(into: []) { $0.formUnion(needs(of: $1)) }
        }
    }

    /// The messages that match for certain and those that can't be decided without their files.
    package func decideByView() -> (found: [Int], open: [Int]) {
        var found: [Int] = []
        var open: [Int] = []
        for index in view.uids.indices {
            switch decide(key, index, nil, now: 0) {
            case true: found.append(index)
            case false: break
            case nil: open.append(index)
            }
        }
        return (found, open)
    }

    /// Whether a message matches, given its file's content. `now` in seconds since 1970.
    package func matches(_ index: Int, _ message: FetchedMessage, now: Int64) -> Bool {
        decide(key, index, MessageInSearch(message), now: now) ?? false
    }

    private func decide(
        _ key: SearchKey, _ index: Int, _ message: MessageInSearch?, now: Int64
    ) -> Bool? {
        switch key {
        case .all: return true
        case .has(let flags): return view.flags[index].isSuperset(of: flags)
        case .lacks(let flags): return view.flags[index].isDisjoint(with: flags)
        case .recent: return recent.contains(view.uids[index])
        case .keyword(let name): return view.has(keyword: name, at: index)
        case .sequence(let set): return set.contains(UInt32(clamping: index + 1))
        case .uid(let set): return set.contains(view.uids[index])
        case .modSeq(let modSeq): return index < view.modSeqs.count && view.modSeqs[index] >= modSeq
        case .saveDateSupported: return message.map { $0.hasSaveDate }
        case .savedBefore(let date): return message.map { $0.savedDay(zoneOffset).map { $0 < date } ?? false }
        case .savedOn(let date): return message.map { $0.savedDay(zoneOffset) == date }
        case .savedSince(let date): return message.map { $0.savedDay(zoneOffset).map { $0 >= date } ?? false }
        case .emailID(let id): return message.map { $0.emailID == id }
        case .threadID(let id): return message.map { $0.threadID == id }
        case .not(let key): return decide(key, index, message, now: now).map { !$0 }
        case .or(let left, let right):
            let first = decide(left, index, message, now: now)
            if first == true { return true }
            let second = decide(right, index, message, now: now)
            if second == true { return true }
            return first == nil || second == nil ? nil : false
        case .and(let keys):
            var isOpen = false
            for key in keys {
                switch decide(key, index, message, now: now) {
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
        return InternalDate.local(date, zoneOffset: zoneOffset).day
    }

    var hasSaveDate: Bool { message.saveDate != nil }

    /// RFC 8514 §4.3: where the store does not know it, INTERNALDATE stands for it.
    func savedDay(_ zoneOffset: (Int64) -> Int) -> CivilDate? {
        (message.saveDate ?? message.internalDate).map { InternalDate.local($0, zoneOffset: zoneOffset).day }
    }

    var emailID: [UInt8]? { message.emailID.flatMap(ObjectID.message).map { Array($0.utf8) } }
    var threadID: [UInt8]? { message.threadID.flatMap(ObjectID.thread).map { Array($0.utf8) } }

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
