import MailModel
import NIOCore

/// The UIDs that count as recent for one session (RFC 3501 §2.3.2).
package struct RecentMessages: Hashable, Sendable {
    private(set) var ranges: [Range<UInt32>] = []

    package init() {}

    package func contains(_ uid: UInt32) -> Bool {
        ranges.contains { $0.contains(uid) }
    }

    mutating func insert(_ range: Range<UInt32>) {
        guard !range.isEmpty else { return }
        if let last = ranges.last, last.upperBound >= range.lowerBound {
            ranges[ranges.count - 1] = last.lowerBound..<max(last.upperBound, range.upperBound)
        } else {
            ranges.append(range)
        }
    }

    func count(in view: MailboxView) -> Int {
        ranges.reduce(0) {
            $0 + view.firstIndex(atOrAbove: $1.upperBound) - view.firstIndex(atOrAbove: $1.lowerBound)
        }
    }
}

/// The mailbox that a session has selected, and what its client has been told of it.
struct SelectedMailbox: Sendable {
    enum Update {
        case done
        /// The mailbox is another one under the same name, or lost its order: the session can't go on with it.
        case lost
    }

    /// What the present command has told of a message already.
    private struct Shown {
        var flags: MessageFlags
        /// Nil when the client expects these flags and has not been told the modification sequence.
        var modSeq: UInt64?
    }

    let mailbox: any IMAPMailbox
    let name: MailboxName
    let isReadOnly: Bool
    /// What the client knows. Its arrays are the mailbox's own, shared by all sessions, except while it still counts
    /// messages that are gone.
    private(set) var told: MailboxView
    private(set) var recent = RecentMessages()
    /// Messages with a lower UID have been sorted into recent ones and others.
    private(set) var recentBoundary: UInt32
    /// Flags that the present command has already shown, where they differ from `told`.
    private var shown: [UInt32: Shown] = [:]
    private var hasUntoldExpunges = false
    /// What `$` stands for, as UIDs (RFC 5182).
    var savedResult = SequenceSet([])
    var contexts: [SearchContext] = []
    private var toldRecent: Int

    init(_ mailbox: any IMAPMailbox, _ name: MailboxName, _ view: MailboxView, firstRecentUID: UInt32, isReadOnly: Bool)
    {
        self.mailbox = mailbox
        self.name = name
        self.isReadOnly = isReadOnly
        told = view
        if firstRecentUID < view.uidNext { recent.insert(max(firstRecentUID, 1)..<view.uidNext) }
        recentBoundary = view.uidNext
        toldRecent = recent.count(in: view)
    }

    /// Which flags the session may change.
    var permanentRights: MailboxRights { isReadOnly ? [] : mailbox.rights }

    /// Whether messages came of which it is not known whether they are recent.
    func hasUnclaimedMessages(in view: MailboxView) -> Bool {
        view.uidNext > recentBoundary
    }

    mutating func claim(_ firstRecentUID: UInt32, in view: MailboxView) {
        let first = max(firstRecentUID, recentBoundary)
        if first < view.uidNext { recent.insert(first..<view.uidNext) }
        recentBoundary = max(recentBoundary, view.uidNext)
    }

    mutating func show(_ flags: MessageFlags, of uid: UInt32, modSeq: UInt64?) {
        shown[uid] = Shown(flags: flags, modSeq: modSeq)
    }

    /// FLAGS is told before the first message that has a new keyword (RFC 3501 §7.2.6).
    mutating func tellKeywords(
        of newest: MailboxView, _ enabled: EnabledExtensions, _ output: inout ByteBuffer
    ) {
        guard newest.keywords != told.keywords else { return }
        FlagsResponse.appendMailboxFlags(newest.keywords, permanent: permanentRights, enabled, to: &output)
        told.keywords = newest.keywords
    }

    /// Writes what is different in `newest`: EXPUNGE or VANISHED if permitted, EXISTS, RECENT, FETCH FLAGS (RFC 3501
    /// §7.4.1, RFC 7162 §3.2.10).
    mutating func update(
        to newest: MailboxView, expunges: Bool, flags: Bool = true, _ enabled: EnabledExtensions,
        _ output: inout ByteBuffer
    ) -> Update {
        defer { shown = [:] }
        guard newest.uidValidity == told.uidValidity else { return .lost }
        guard newest.generation != told.generation || (expunges && hasUntoldExpunges) else { return .done }
        tellKeywords(of: newest, enabled, &output)
        if expunges { hasUntoldExpunges = false }
        var merged = expunges ? newest : keepingExpunged(newest)
        if !flags { merged = keepingFlags(merged) }
        guard writeExpunges(merged, enabled, &output) else { return .lost }
        let toldCount = kept(in: merged)
        if merged.count != toldCount { output.writeString("* \(merged.count) EXISTS\r\n") }
        let recentCount = recent.count(in: merged)
        if enabled.showsRecent, recentCount != toldRecent || merged.count != toldCount {
            output.writeString("* \(recentCount) RECENT\r\n")
        }
        toldRecent = recentCount
        writeFlags(merged, below: toldCount, enabled, &output)
        if hasUntoldExpunges, enabled.showsModSeqs { limitHighestModSeq(newest, &output) }
        told = merged
        return .done
    }

    /// How many of the messages of `view` the client knew.
    private func kept(in view: MailboxView) -> Int {
        guard let last = told.uids.last else { return 0 }
        return last == .max ? view.count : view.firstIndex(atOrAbove: last + 1)
    }

    /// False when `view` holds a message among those that the client knows which it was never told of.
    private func writeExpunges(
        _ view: MailboxView, _ enabled: EnabledExtensions, _ output: inout ByteBuffer
    ) -> Bool {
        var next = 0
        var vanished: [UInt32] = []
        for (index, uid) in told.uids.enumerated() {
            if next < view.count, view.uids[next] == uid {
                next += 1
            } else {
                if !enabled.showsVanished {
                    output.writeString("* \(index + 1 - vanished.count) EXPUNGE\r\n")
                }
                vanished.append(uid)
            }
        }
        if enabled.showsVanished { VanishedResponse.append(uids: vanished, to: &output) }
        return next == kept(in: view)
    }

    /// RFC 7162 §3.2: a client that is told of later changes while an earlier expunge waits must not take their
    /// modification sequence for its own.
    private func limitHighestModSeq(_ newest: MailboxView, _ output: inout ByteBuffer) {
        let waiting = newest.expunged.runs.first { told.index(of: $0.uids.lowerBound) != nil }
        guard let waiting, waiting.modSeq > 1, newest.highestModSeq > waiting.modSeq else { return }
        output.writeString("* OK [HIGHESTMODSEQ \(waiting.modSeq - 1)] Expunges wait.\r\n")
    }

    private func writeFlags(
        _ view: MailboxView, below count: Int, _ enabled: EnabledExtensions, _ output: inout ByteBuffer
    ) {
        var before = 0
        for index in 0..<count {
            let uid = view.uids[index]
            while before < told.count, told.uids[before] < uid { before += 1 }
            guard before < told.count else { return }
            let flags = view.flags[index]
            let modSeq = enabled.showsModSeqs && index < view.modSeqs.count ? view.modSeqs[index] : nil
            let oldModSeq = enabled.showsModSeqs && before < told.modSeqs.count ? told.modSeqs[before] : nil
            let shown = shown[uid]
            let showsFlags = shown.map { $0.flags != flags } ?? (flags != told.flags[before])
            // RFC 7162 §3.1.3: after STORE with .SILENT too.
            let showsModSeq = modSeq != nil && modSeq != (shown?.modSeq ?? oldModSeq)
            guard showsFlags || showsModSeq else { continue }
            enabled.beginFetch(index, uid: uid, &output)
            if enabled.showsUIDs { output.writeString("UID \(uid) ") }
            if showsFlags || shown == nil {
                let isRecent = enabled.showsRecent && recent.contains(uid)
                FlagsResponse.append(flags, view.keywords, isRecent: isRecent, to: &output)
                if modSeq != nil { output.writeStaticString(" ") }
            }
            if let modSeq { output.writeString("MODSEQ (\(modSeq))") }
            output.writeStaticString(")\r\n")
        }
    }

    /// `view` with the flags that the client knows; those are told another time, hence the generation.
    private func keepingFlags(_ view: MailboxView) -> MailboxView {
        var kept = view
        kept.generation = told.generation
        var before = 0
        for (index, uid) in view.uids.enumerated() {
            while before < told.count, told.uids[before] < uid { before += 1 }
            guard before < told.count else { break }
            guard told.uids[before] == uid else { continue }
            kept.flags[index] = told.flags[before]
            if index < kept.modSeqs.count, before < told.modSeqs.count { kept.modSeqs[index] = told.modSeqs[before] }
        }
        return kept
    }

    /// `newest` with the messages that are gone but that the client still counts.
    private mutating func keepingExpunged(_ newest: MailboxView) -> MailboxView {
        let knownCount = kept(in: newest)
        hasUntoldExpunges = knownCount < told.count
        guard hasUntoldExpunges else { return newest }
        var view = newest
        view.uids = told.uids
        view.flags = told.flags
        view.modSeqs = told.modSeqs
        var next = 0
        for (index, uid) in told.uids.enumerated() where next < newest.count && newest.uids[next] == uid {
            view.flags[index] = newest.flags[next]
            if next < newest.modSeqs.count, index < view.modSeqs.count { view.modSeqs[index] = newest.modSeqs[next] }
            next += 1
        }
        view.uids += newest.uids[knownCount...]
        view.flags += newest.flags[min(knownCount, newest.flags.count)...]
        view.modSeqs += newest.modSeqs[min(knownCount, newest.modSeqs.count)...]
        return view
    }
}

extension MailboxView {
    func has(keyword name: String, at index: Int) -> Bool {
        guard let place = keywords.firstIndex(where: { ASCII.equalIgnoringCase($0.utf8, name.utf8) }),
            let flag = MessageFlags.keyword(place)
        else { return false }
        return flags[index].contains(flag)
    }
}
