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

    /// How many keys the program has, those within others included.
    var keyCount: Int { Self.count(key) }

    private static func count(_ key: SearchKey) -> Int {
        switch key {
        case .not(let key): 1 + count(key)
        case .or(let left, let right): 1 + count(left) + count(right)
        case .and(let keys): keys.reduce(1) { $0 + count($1) }
        default: 1
        }
    }

    /// What must be known of a message that the view alone can't decide.
    package var needs: MessageNeeds {
        var needs = MessageNeeds()
        Self.collect(key, into: &needs)
        return needs
    }

    private static func collect(_ key: SearchKey, into needs: inout MessageNeeds) {
        switch key {
        case .all, .has, .lacks, .recent, .keyword, .sequence, .uid, .modSeq: break
        case .before, .on, .since, .olderThan, .youngerThan: needs.internalDate = true
        case .savedBefore, .savedOn, .savedSince, .saveDateSupported: needs.saveDate = true
        case .emailID, .threadID: needs.objectIDs = true
        case .larger, .smaller: needs.size = true
        case .sentBefore, .sentOn, .sentSince: needs.fields.insert("DATE")
        case .header(let name, _): needs.fields.insert(name.uppercased())
        case .body: needs.body = true
        case .text:
            needs.wholeHeader = true
            needs.body = true
        case .not(let key): collect(key, into: &needs)
        case .or(let left, let right):
            collect(left, into: &needs)
            collect(right, into: &needs)
        case .and(let keys): for key in keys { collect(key, into: &needs) }
        }
    }

    /// The messages that match for certain and those that can't be decided without their files.
    package func decideByView(among indexes: [Int]? = nil) -> (found: [Int], open: [Int]) {
        var found: [Int] = []
        var open: [Int] = []
        for index in indexes ?? Array(view.uids.indices) {
            switch decide(key, index, nil, now: 0) {
            case true: found.append(index)
            case false: break
            case nil: open.append(index)
            }
        }
        return (found, open)
    }

    /// Whether a message matches, given what `needs` asks for. `now` in seconds since 1970.
    package func matches(_ index: Int, _ message: some MessageFacts, now: Int64) -> Bool {
        decide(key, index, message, now: now) ?? false
    }

    private func decide(
        _ key: SearchKey, _ index: Int, _ message: (any MessageFacts)?, now: Int64
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
        case .before(let date): return day(message?.internalDate).map { $0 < date }
        case .on(let date): return day(message?.internalDate).map { $0 == date }
        case .since(let date): return day(message?.internalDate).map { $0 >= date }
        // RFC 8514 §4.3: where there is no save date, the internal date stands for it.
        case .savedBefore(let date): return day(message?.saveDate ?? message?.internalDate).map { $0 < date }
        case .savedOn(let date): return day(message?.saveDate ?? message?.internalDate).map { $0 == date }
        case .savedSince(let date): return day(message?.saveDate ?? message?.internalDate).map { $0 >= date }
        case .saveDateSupported: return message.map { $0.saveDate != nil }
        case .emailID(let id): return message.map { $0.emailID == id }
        case .threadID(let id): return message.map { $0.threadID == id }
        case .olderThan(let seconds): return message?.internalDate.map { $0 <= now - Int64(seconds) }
        case .youngerThan(let seconds): return message?.internalDate.map { $0 >= now - Int64(seconds) }
        case .larger(let size): return message?.size.map { $0 > size }
        case .smaller(let size): return message?.size.map { $0 < size }
        case .sentBefore(let date): return message?.wasSent { $0 < date }
        case .sentOn(let date): return message?.wasSent { $0 == date }
        case .sentSince(let date): return message?.wasSent { $0 >= date }
        case .header(let name, let pattern): return message?.header(named: name, has: pattern)
        // As Dovecot has it: a header within the body counts for TEXT alone.
        case .body(let pattern): return message?.body(has: pattern, withPartHeaders: false)
        case .text(let pattern):
            guard let message, let isInHeader = message.header(has: pattern) else { return nil }
            return isInHeader ? true : message.body(has: pattern, withPartHeaders: true)
        }
    }

    private func day(_ moment: Int64?) -> CivilDate? {
        moment.map { InternalDate.local($0, zoneOffset: zoneOffset).day }
    }
}

extension MessageFacts {
    /// What is true of the day that the Date field names, in its own zone (RFC 3501 §6.4.4: "disregarding time and
    /// timezone"). Where it names none, it counts as the first day of 1970, as clients know it from other servers.
    fileprivate func wasSent(_ isTrue: (CivilDate) -> Bool) -> Bool? {
        fields(named: "Date").map { $0.first.flatMap(DateField.day).map(isTrue) ?? isTrue(CivilDate(day: 0)) }
    }

    /// An empty pattern asks for the field alone.
    fileprivate func header(named name: String, has pattern: TextPattern) -> Bool? {
        fields(named: name)?.contains { pattern.isEmpty || pattern.matches(EncodedWord.decode($0).span) }
    }
}
