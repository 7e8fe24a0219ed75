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
    private var shown: [UInt32: MessageFlags] = [:]
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

    /// Whether messages came of which it is not known whether they are recent.
    func hasUnclaimedMessages(in view: MailboxView) -> Bool {
        view.uidNext > recentBoundary
    }

    mutating func claim(_ firstRecentUID: UInt32, in view: MailboxView) {
        let first = max(firstRecentUID, recentBoundary)
        if first < view.uidNext { recent.insert(first..<view.uidNext) }
        recentBoundary = max(recentBoundary, view.uidNext)
    }

    mutating func show(_ flags: MessageFlags, of uid: UInt32) {
        shown[uid] = flags
    }

    /// FLAGS is told before the first message that has a new keyword (RFC 3501 §7.2.6).
    mutating func tellKeywords(of newest: MailboxView, _ output: inout ByteBuffer) {
        guard newest.keywords != told.keywords else { return }
        FlagsResponse.appendMailboxFlags(newest.keywords, permanent: !isReadOnly, to: &output)
        told.keywords = newest.keywords
    }

    /// Writes what is different in `newest`: EXPUNGE if permitted, EXISTS, RECENT, FETCH FLAGS (RFC 3501 §7.4.1).
    mutating func update(to newest: MailboxView, expunges: Bool, _ output: inout ByteBuffer) -> Update {
        defer { shown = [:] }
        guard newest.uidValidity == told.uidValidity else { return .lost }
        guard newest.generation != told.generation || (expunges && hasUntoldExpunges) else { return .done }
        tellKeywords(of: newest, &output)
        if expunges { hasUntoldExpunges = false }
        let merged = expunges ? newest : keepingExpunged(newest)
        guard writeExpunges(merged, &output) else { return .lost }
        let toldCount = kept(in: merged)
        if merged.count != toldCount { output.writeString("* \(merged.count) EXISTS\r\n") }
        let recentCount = recent.count(in: merged)
        if recentCount != toldRecent || merged.count != toldCount { output.writeString("* \(recentCount) RECENT\r\n") }
        toldRecent = recentCount
        writeFlags(merged, below: toldCount, &output)
        told = merged
        return .done
    }

    /// How many of the messages of `view` the client knew.
    private func kept(in view: MailboxView) -> Int {
        guard let last = told.uids.last else { return 0 }
        return last == .max ? view.count : view.firstIndex(atOrAbove: last + 1)
    }

    /// False when `view` holds a message among those that the client knows which it was never told of.
    private func writeExpunges(_ view: MailboxView, _ output: inout ByteBuffer) -> Bool {
        var next = 0
        var expunged = 0
        for (index, uid) in told.uids.enumerated() {
            if next < view.count, view.uids[next] == uid {
                next += 1
            } else {
                output.writeString("* \(index + 1 - expunged) EXPUNGE\r\n")
                expunged += 1
            }
        }
        return next == kept(in: view)
    }

    private func writeFlags(_ view: MailboxView, below count: Int, _ output: inout ByteBuffer) {
        var before = 0
        for index in 0..<count {
            let uid = view.uids[index]
            while before < told.count, told.uids[before] < uid { before += 1 }
            guard before < told.count else { return }
            let flags = view.flags[index]
            guard flags != told.flags[before] || shown[uid] != nil else { continue }
            if let shown = shown[uid], shown == flags { continue }
            output.writeString("* \(index + 1) FETCH (")
            FlagsResponse.append(flags, view.keywords, isRecent: recent.contains(uid), to: &output)
            output.writeStaticString(")\r\n")
        }
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
