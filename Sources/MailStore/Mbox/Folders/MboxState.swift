import Blocking
import MailModel

/// A message of an mbox, or its internal data.
struct MboxEntry: Hashable, Sendable {
    var extent: MboxExtent
    /// When it came, by its `From ` line.
    var date: Int64
    /// As it stands in the file; 0 where none does.
    var uid: UInt32
    var flags: MessageFlags
    var isOld: Bool
    /// UW-IMAP's pseudo message, which keeps UIDVALIDITY and the last UID of an mbox without mail.
    var isInternalData: Bool

    static let unknownSum: UInt64 = 0
}

/// What is known of an mbox at one moment.
struct MboxState: Sendable {
    /// What tells one state of the file from the next.
    struct Stamp: Hashable, Sendable {
        var identity: FileStatus.Identity
        var size: UInt64
        var modified: FileStatus.Time

        init(_ status: FileStatus) {
            identity = status.identity
            size = status.size
            modified = status.modified
        }
    }

    var view = MailboxView(uidValidity: 0, uidNext: 1)
    /// In the order of the file; the view's messages are these without the internal data.
    var entries: [MboxEntry] = []
    /// As it stands in the first message.
    var base: MboxFields.Base?
    var stamp: Stamp?
    /// Whether the stamp can be relied on: a file may change twice in one tick of its file system's clock.
    var isSettled = false
    /// What an index told of the mbox, until it is loaded.
    var remembered: RememberedMailbox?
    /// Whether that was of this very mbox.
    var wasAdopted = false
    /// Which file it was read from: a part of the mailbox's identity.
    var inode: UInt64 = 0
    /// Mail was added, and what stands before it was not looked at again: other programs' flags are found by the next whole look.
    var isPartial = false
    /// Sizes as clients see them, by UID.
    var virtualSizes: [UInt32: UInt64] = [:]

    var isLoaded: Bool { view.uidValidity != 0 }
    /// Whether the view was ever made from the file.
    var hasView = false

    /// An mbox without mail and without internal data keeps its UIDVALIDITY nowhere else.
    var rememberedValidity: UInt32? {
        guard let remembered, let validity = remembered.identity.split(separator: UInt8(ascii: "-")).last,
            validity.elementsEqual(String(inode, radix: 16).utf8)
        else { return nil }
        return remembered.uidValidity
    }

    /// Above all UIDs that clients have seen under that UIDVALIDITY.
    var leastUIDNext: UInt32 {
        guard rememberedValidity != nil, base == nil, let remembered else { return 1 }
        let gone = remembered.expunged.runs.map(\.uids.upperBound).max() ?? 0
        return max(remembered.uids.last ?? 0, gone, 0) &+ 1
    }

    /// How many entries stand before the view's first message.
    var lead: Int { entries.first.map { $0.isInternalData ? 1 : 0 } ?? 0 }

    func entry(of uid: UInt32) -> MboxEntry? {
        guard let index = view.index(of: uid), entries.indices.contains(index + lead) else { return nil }
        return entries[index + lead]
    }

    /// Grows with the clock, so that a mailbox whose state was forgotten goes on above what clients have seen.
    func nextModSeq() -> UInt64 {
        let now = FileStatus.Time.now
        let clock = UInt64(clamping: now.seconds) &* 1_000_000 &+ UInt64(clamping: now.nanoseconds / 1000)
        return max(view.highestModSeq &+ 1, clock)
    }

    mutating func accept(_ status: FileStatus, isPartial: Bool) {
        self.isPartial = isPartial
        stamp = Stamp(status)
        let now = FileStatus.Time.now
        let age = now.seconds - min(status.modified.seconds, now.seconds)
        isSettled =
            age > 2
            || (status.modified.nanoseconds != 0 && status.modified < now
                && (age > 0 || now.nanoseconds - status.modified.nanoseconds > 50_000_000))
    }

    // MARK: Keywords

    /// The bit of a keyword, which gets one if it has none; nil where none is left or the name can't be one.
    mutating func flag(_ name: String) -> MessageFlags? {
        if let flag = knownFlag(name) { return flag }
        guard !name.isEmpty, name.utf8.count <= 256, name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }),
            let flag = MessageFlags.keyword(view.keywords.count)
        else { return nil }
        view.keywords.append(name)
        return flag
    }

    /// The same flags by this mbox's bits; nil where it has no such keyword.
    func translated(_ flags: MessageFlags, _ names: [String]) -> MessageFlags? {
        var result = flags.intersection(.system)
        for index in flags.keywordIndexes {
            guard index < names.count, let flag = knownFlag(names[index]) else { return nil }
            result.insert(flag)
        }
        return result
    }

    /// An mbox has no identity of its own: its UIDVALIDITY, which its file keeps under every name, and, as a copy of the file
    /// has the same, which file it is.
    var identity: [UInt8] {
        Array("\(String(view.uidValidity, radix: 16))-\(String(inode, radix: 16))".utf8)
    }

    func knownFlag(_ name: String) -> MessageFlags? {
        view.keywords.firstIndex { ASCII.equalIgnoringCase($0.utf8, name.utf8) }.flatMap(MessageFlags.keyword)
    }

    /// The names of `flags`, and those of `old` that have no bit here.
    func keywords(_ flags: MessageFlags, keeping old: [[UInt8]]) -> [[UInt8]] {
        var names = flags.keywordIndexes.compactMap { $0 < view.keywords.count ? Array(view.keywords[$0].utf8) : nil }
        for name in old where knownFlag(String(decoding: name, as: UTF8.self)) == nil && !names.contains(name) {
            names.append(name)
        }
        return names
    }
}
