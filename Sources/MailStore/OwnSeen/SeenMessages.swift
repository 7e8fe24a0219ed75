package import MailModel

/// Which messages of a mailbox that is shared one reader has seen, and when that changed last. Messages that are not named
/// have not been seen, whatever flags others gave them, as Dovecot has it with private flags.
package struct SeenMessages: Hashable, Sendable {
    struct Run: Hashable, Sendable {
        var uids: ClosedRange<UInt32>
        var modSeq: UInt64
        var isSeen: Bool
    }

    /// A reader who marks every other of a million messages.
    static let maximumRuns = 500_000

    package private(set) var uidValidity: UInt32
    /// Ascending, without overlaps.
    private(set) var runs: [Run] = []
    package private(set) var highestModSeq: UInt64 = 0

    package init(uidValidity: UInt32) {
        self.uidValidity = uidValidity
    }

    /// What becomes of a message with this UID.
    package func state(of uid: UInt32) -> (isSeen: Bool, modSeq: UInt64) {
        var (low, high) = (0, runs.count)
        while low < high {
            let middle = low + (high - low) / 2
            if runs[middle].uids.upperBound < uid { low = middle + 1 } else { high = middle }
        }
        guard low < runs.count, runs[low].uids.contains(uid) else { return (false, 0) }
        return (runs[low].isSeen, runs[low].modSeq)
    }

    /// - Parameters:
    ///   - uids: ascending.
    ///   - modSeq: above all that the reader's clients know.
    package mutating func set(_ isSeen: Bool, _ uids: [UInt32], modSeq: UInt64) throws(MailboxFailure) {
        let changed = uids.filter { state(of: $0).isSeen != isSeen }
        guard !changed.isEmpty else { return }
        var result: [Run] = []
        result.reserveCapacity(runs.count + 2)
        // What of the old runs has not been passed on yet: perhaps the rest of one, then those behind it.
        let old = runs
        var next = 1
        var rest = old.first
        for uid in changed {
            while let run = rest, run.uids.upperBound < uid {
                Self.append(run, to: &result)
                rest = next < old.count ? old[next] : nil
                next += 1
            }
            if let run = rest, run.uids.contains(uid) {
                if run.uids.lowerBound < uid {
                    Self.append(
                        Run(uids: run.uids.lowerBound...(uid - 1), modSeq: run.modSeq, isSeen: run.isSeen), to: &result)
                }
                if run.uids.upperBound > uid {
                    rest = Run(uids: (uid + 1)...run.uids.upperBound, modSeq: run.modSeq, isSeen: run.isSeen)
                } else {
                    rest = next < old.count ? old[next] : nil
                    next += 1
                }
            }
            Self.append(Run(uids: uid...uid, modSeq: modSeq, isSeen: isSeen), to: &result)
        }
        while let run = rest {
            Self.append(run, to: &result)
            rest = next < old.count ? old[next] : nil
            next += 1
        }
        guard result.count <= Self.maximumRuns else {
            throw MailboxFailure(.limitExceeded, "more than \(Self.maximumRuns) ranges of messages would be remembered")
        }
        runs = result
        highestModSeq = max(highestModSeq, modSeq)
    }

    private static func append(_ run: Run, to runs: inout [Run]) {
        if let last = runs.last, last.isSeen == run.isSeen, last.modSeq == run.modSeq,
            last.uids.upperBound &+ 1 == run.uids.lowerBound
        {
            runs[runs.count - 1].uids = last.uids.lowerBound...run.uids.upperBound
        } else {
            runs.append(run)
        }
    }

    /// Without messages that are gone: a range goes on over their UIDs, which never come again.
    package mutating func forget(allBut view: MailboxView) {
        guard view.uidValidity == uidValidity else { return }
        var result: [Run] = []
        var index = 0
        for run in runs {
            while index < view.count, view.uids[index] < run.uids.lowerBound { index += 1 }
            var last: Int?
            let first = index
            while index < view.count, view.uids[index] <= run.uids.upperBound {
                last = index
                index += 1
            }
            guard let last else { continue }
            let uids = view.uids[first]...view.uids[last]
            if let before = result.last, before.isSeen == run.isSeen, before.modSeq == run.modSeq, first > 0,
                before.uids.upperBound == view.uids[first - 1]
            {
                result[result.count - 1].uids = before.uids.lowerBound...uids.upperBound
            } else {
                result.append(Run(uids: uids, modSeq: run.modSeq, isSeen: run.isSeen))
            }
        }
        runs = result
    }

    /// The mailbox as the reader sees it.
    /// - Parameter generation: of this view; grows with every change of either.
    package func applied(to view: MailboxView, generation: UInt64) -> MailboxView {
        var view = view
        view.generation = generation
        for index in view.flags.indices { view.flags[index].remove(.seen) }
        guard view.uidValidity == uidValidity else { return view }
        var index = 0
        for run in runs {
            if index < view.count, view.uids[index] < run.uids.lowerBound {
                index = max(index, view.firstIndex(atOrAbove: run.uids.lowerBound))
            }
            while index < view.count, view.uids[index] <= run.uids.upperBound {
                if run.isSeen { view.flags[index].insert(.seen) }
                if index < view.modSeqs.count { view.modSeqs[index] = max(view.modSeqs[index], run.modSeq) }
                index += 1
            }
        }
        view.highestModSeq = max(view.highestModSeq, highestModSeq)
        return view
    }
}

// MARK: The file

/// `postroom-seen 1 UIDVALIDITY HIGHESTMODSEQ`, then a line for each range: `UID[:UID] MODSEQ`, with a `-` behind it where
/// the mark was taken back.
extension SeenMessages {
    static let maximumSize = 32 << 20
    private static let magic = "postroom-seen 1 "

    package init(parsing file: [UInt8]) throws(MailboxFailure) {
        var lines = file.split(separator: 0x0A, omittingEmptySubsequences: false)[...]
        let words = (lines.popFirst() ?? []).split(separator: 0x20)
        guard words.count == 4, file.starts(with: Self.magic.utf8), let validity = Digits.parse32(words[2]),
            let highest = Digits.parse(words[3]), lines.popLast()?.isEmpty ?? false
        else { throw Self.damaged(1) }
        uidValidity = validity
        highestModSeq = highest
        guard lines.count <= Self.maximumRuns else { throw Self.damaged(lines.count) }
        runs.reserveCapacity(lines.count)
        for (number, line) in lines.enumerated() {
            let words = line.split(separator: 0x20, omittingEmptySubsequences: false)
            let bounds = (words.first ?? []).split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
            guard (2...3).contains(words.count), (1...2).contains(bounds.count), let low = Digits.parse32(bounds[0]),
                let high = Digits.parse32(bounds[bounds.count - 1]), low > runs.last?.uids.upperBound ?? 0, high >= low,
                let modSeq = Digits.parse(words[1]), modSeq <= highest,
                words.count == 2 || words[2].elementsEqual("-".utf8)
            else { throw Self.damaged(number + 2) }
            runs.append(Run(uids: low...high, modSeq: modSeq, isSeen: words.count == 2))
        }
    }

    private static func damaged(_ line: Int) -> MailboxFailure {
        MailboxFailure(.misconfigured, "line \(line) can't be read: mend the file, or remove it to have nothing seen")
    }

    package var bytes: [UInt8] {
        var text = "\(Self.magic)\(uidValidity) \(highestModSeq)\n"
        for run in runs {
            let (low, high) = (run.uids.lowerBound, run.uids.upperBound)
            text += low == high ? "\(low)" : "\(low):\(high)"
            text += " \(run.modSeq)\(run.isSeen ? "" : " -")\n"
        }
        return Array(text.utf8)
    }
}
