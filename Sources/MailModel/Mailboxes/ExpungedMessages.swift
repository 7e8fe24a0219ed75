/// The messages that went from a mailbox, as far back as is remembered: what a client that comes back is told is gone
/// (RFC 7162 §3.2.6). A bounded value.
package struct ExpungedMessages: Hashable, Sendable {
    package struct Run: Hashable, Sendable {
        /// Consecutive UIDs that went together.
        package var uids: ClosedRange<UInt32>
        package var modSeq: UInt64

        package init(uids: ClosedRange<UInt32>, modSeq: UInt64) {
            self.uids = uids
            self.modSeq = modSeq
        }
    }

    package static let maximumRuns = 4096

    /// Everything that went after this modification sequence is known; what went before it is not.
    package private(set) var floor: UInt64
    /// In the order in which they went.
    package private(set) var runs: [Run]

    package init(floor: UInt64, runs: [Run] = []) {
        self.floor = floor
        self.runs = runs
        forgetOldest()
    }

    /// - Parameter uids: ascending.
    package mutating func add(_ uids: some Sequence<UInt32>, modSeq: UInt64) {
        let start = runs.count
        for uid in uids {
            if runs.count > start, let last = runs.last?.uids, last.upperBound < uid, last.upperBound + 1 == uid {
                runs[runs.count - 1].uids = last.lowerBound...uid
            } else {
                runs.append(Run(uids: uid...uid, modSeq: modSeq))
            }
        }
        forgetOldest()
    }

    private mutating func forgetOldest() {
        guard runs.count > Self.maximumRuns else { return }
        let boundary = runs[runs.count - Self.maximumRuns / 2].modSeq
        // All or none of what went at once.
        let first = runs.firstIndex { $0.modSeq > boundary } ?? runs.count
        floor = max(floor, boundary)
        runs.removeFirst(first)
    }
}

extension MailboxView {
    /// The UIDs, of those in `known` (ascending, none overlapping; all for nil), that are not there any more and went after
    /// `modSeq`; more than those when that is longer ago than is remembered (RFC 7162 §3.2.5.2 allows it). Ascending,
    /// without overlaps.
    package func vanished(since modSeq: UInt64, of known: [ClosedRange<UInt32>]?) -> [ClosedRange<UInt32>] {
        let all: [ClosedRange<UInt32>] = uidNext > 1 ? [1...(uidNext - 1)] : []
        let candidates: [ClosedRange<UInt32>]
        if modSeq >= expunged.floor {
            candidates = Self.union(expunged.runs.filter { $0.modSeq > modSeq }.map(\.uids))
        } else {
            candidates = all
        }
        var result: [ClosedRange<UInt32>] = []
        for range in Self.intersection(Self.intersection(candidates, known ?? all), all) {
            appendGaps(of: range, to: &result)
        }
        return result
    }

    /// The parts of `range` without a message.
    private func appendGaps(of range: ClosedRange<UInt32>, to result: inout [ClosedRange<UInt32>]) {
        var next = range.lowerBound
        var index = firstIndex(atOrAbove: next)
        while index < uids.count, uids[index] <= range.upperBound {
            let uid = uids[index]
            if uid > next { result.append(next...(uid - 1)) }
            guard uid < range.upperBound else { return }
            next = uid + 1
            index += 1
        }
        result.append(next...range.upperBound)
    }

    private static func union(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
            if let last = result.last, range.lowerBound == 0 || range.lowerBound - 1 <= last.upperBound {
                result[result.count - 1] = last.lowerBound...max(last.upperBound, range.upperBound)
            } else {
                result.append(range)
            }
        }
        return result
    }

    private static func intersection(
        _ left: [ClosedRange<UInt32>], _ right: [ClosedRange<UInt32>]
    ) -> [ClosedRange<UInt32>] {
        var result: [ClosedRange<UInt32>] = []
        var (i, j) = (0, 0)
        while i < left.count, j < right.count {
            let (a, b) = (left[i], right[j])
            if a.overlaps(b) { result.append(max(a.lowerBound, b.lowerBound)...min(a.upperBound, b.upperBound)) }
            if a.upperBound < b.upperBound { i += 1 } else { j += 1 }
        }
        return result
    }
}
