import Blocking
import Glibc
import MailModel
import Synchronization

/// One blocking transaction on an mbox: it begins with the state known so far and ends with the state after it. Runs on a
/// thread of the pool, as the owner, alone on its mbox in this process; other programs are kept off by locks.
struct MboxWork {
    let access: MboxAccess
    let isInbox: Bool
    var state: MboxState

    /// The mbox's UIDs began again: to its sessions it is another mailbox.
    struct Replaced: Error {}

    init(_ access: MboxAccess, isInbox: Bool, state: MboxState) {
        self.access = access
        self.isInbox = isInbox
        self.state = state
    }

    func step(_ step: MboxStep) throws {
        try access.options.afterStep?(step)
    }

    /// Looks for what other programs did.
    ///
    /// - Parameter whole: also, where mail was added, for what they did to messages before it.
    mutating func refresh(whole: Bool = true) throws {
        do {
            let (directory, name) = try access.roots.openParent(of: access.place.path)
            let status = try directory.status(name)
            let isPartial = whole && state.isPartial
            if state.isLoaded, state.isSettled, !isPartial, state.stamp == MboxState.Stamp(status) { return }
            let access = access
            if try access.reading({ try look($0, whole ? .whole : .added) }) { return }
        } catch {
            guard isInbox, MboxAccess.isMissing(error) else { throw error }
        }
        try locked(whole ? .whole : .added) { _, _ in }
    }

    /// A header is not the one that was read from there.
    struct Changed: Error {}

    /// Runs `body` with the file locked, the state up to date and every message with a UID.
    mutating func locked<T>(
        _ extent: Look = .whole, _ body: (inout MboxWork, FileHandle) throws -> T
    ) throws -> T {
        let access = access
        return try access.changing(making: isInbox) { file in
            do {
                if try !look(file, extent) { try assignUIDs(in: file) }
            } catch is Changed {
                state.stamp = nil
                if try !look(file) { try assignUIDs(in: file) }
            }
            return try body(&self, file)
        }
    }

    // MARK: Reading

    /// How much of what is known of messages is looked at again.
    enum Look {
        /// Each header.
        case whole
        /// Where the file grew, the last message that was known: what lies before it is believed for now, as Dovecot does
        /// (`mbox_dirty_syncs`).
        case added
        /// Nobody can have changed what is known: only entries without a sum are read.
        case trusting
    }

    /// Reads what changed. False when UIDs have to be written before the view can show it.
    @discardableResult
    mutating func look(_ file: FileHandle, _ look: Look = .whole) throws -> Bool {
        let status = try file.status()
        var look = look
        state.inode = status.identity.inode
        var scanner = MboxScanner(file, size: status.size)
        if case .added = look, try !isGrown(status, &scanner) { look = .whole }
        let entries = try scan(&scanner, look)
        access.options.noteLook?(scanner.bytesRead)
        let numbering = try Numbering(entries, state)
        guard numbering.isComplete else {
            // Kept for the look that follows under the lock; what was known before stays as it was.
            pending = numbering
            self.pendingEntries = entries
            return false
        }
        show(entries, numbering)
        let isPartial =
            switch look {
            case .whole: false
            case .added: true
            case .trusting: state.isPartial
            }
        state.accept(status, isPartial: isPartial)
        return true
    }

    /// Whether the last message that was known is where it was: then nothing before it moved.
    private func isGrown(_ status: FileStatus, _ scanner: inout MboxScanner) throws -> Bool {
        guard state.isLoaded, let stamp = state.stamp, stamp.identity == status.identity, status.size > stamp.size,
            let last = state.entries.last, last.extent.sum != MboxEntry.unknownSum
        else { return false }
        return try scanner.isUnchanged(last.extent)
    }

    private var pending: Numbering?
    private var pendingEntries: [MboxEntry] = []

    private mutating func scan(_ scanner: inout MboxScanner, _ look: Look) throws -> [MboxEntry] {
        guard var position = try scanner.firstMessage() else {
            guard try scanner.isBlank() else {
                throw MailboxFailure(
                    .misconfigured,
                    "\(pathText(access.place.path)) is no mbox: no line of it is a \"From \" line with a date")
            }
            state.base = nil
            return []
        }
        var entries: [MboxEntry] = []
        var base = state.base
        var known = state.entries[...]
        var isFirst = true
        while position < scanner.size {
            while let next = known.first, next.extent.from < position { known = known.dropFirst() }
            if let next = known.first, next.extent.from == position, next.extent.sum != MboxEntry.unknownSum,
                try isStill(next, &scanner, isLast: known.count == 1, look)
            {
                entries.append(next)
                known = known.dropFirst()
                position = next.extent.next
            } else if try scanner.isFromLine(at: position) {
                let found = try scanner.message(at: position)
                if isFirst { base = found.fields.base }
                entries.append(entry(found, isFirst: isFirst))
                position = found.extent.next
            } else if let last = entries.popLast() {
                // What was known of the message before is no longer true.
                known = []
                position = last.extent.from
                isFirst = entries.isEmpty
                let found = try scanner.message(at: position)
                if isFirst { base = found.fields.base }
                entries.append(entry(found, isFirst: isFirst))
                position = found.extent.next
            } else {
                throw MailboxFailure(.unavailable, "\(pathText(access.place.path)) changed while it was read")
            }
            isFirst = false
            guard entries.count < 4_000_000 else {
                throw MailboxFailure(.limitExceeded, "\(pathText(access.place.path)): too many messages")
            }
        }
        state.base = base
        return entries
    }

    /// Whether what is known of an entry still holds. The last one of before may have been cut short by the end of the file.
    private func isStill(
        _ entry: MboxEntry, _ scanner: inout MboxScanner, isLast: Bool, _ look: Look
    ) throws -> Bool {
        let next = entry.extent.next
        guard next <= scanner.size else { return false }
        switch look {
        case .trusting: return true
        case .added where !isLast: return true
        case .added, .whole: break
        }
        if isLast || next == scanner.size {
            guard next == state.stamp?.size, next == scanner.size else { return false }
        }
        return try scanner.isUnchanged(entry.extent)
    }

    private mutating func entry(_ found: ScannedMessage, isFirst: Bool) -> MboxEntry {
        let fields = found.fields
        var flags = fields.flags
        for keyword in fields.keywords {
            if let flag = state.flag(String(decoding: keyword, as: UTF8.self)) { flags.insert(flag) }
        }
        return MboxEntry(
            extent: found.extent, date: found.date, uid: fields.uid ?? 0, flags: flags, isOld: fields.isOld,
            isInternalData: isFirst && fields.isInternalData)
    }

    // MARK: UIDs

    /// Which UIDs messages have and get. A UID counts if it rises and is not above what was given so far: what comes in mail
    /// from outside is not believed (Dovecot's rule).
    struct Numbering {
        var uidValidity: UInt32
        var uids: [UInt32] = []
        var uidNext: UInt32
        /// Nothing has to be written.
        var isComplete = true

        private static let lastValidity = Atomic<UInt32>(0)

        init(_ entries: [MboxEntry], _ state: MboxState) throws {
            let base = state.base
            if state.isLoaded {
                guard base.map({ $0.uidValidity == state.view.uidValidity }) ?? true else { throw Replaced() }
                uidValidity = state.view.uidValidity
            } else {
                uidValidity = base?.uidValidity ?? state.rememberedValidity ?? Self.newValidity()
            }
            uidNext = max(base.map { $0.lastUID + 1 } ?? 1, state.isLoaded ? state.view.uidNext : state.leastUIDNext)
            var previous: UInt32 = 0
            for entry in entries where !entry.isInternalData {
                var uid = entry.uid
                if uid <= previous || uid > uidNext {
                    uid = uidNext
                    isComplete = false
                }
                guard uid < .max - 1 else {
                    throw MailboxFailure(.limitExceeded, "all UIDs are used")
                }
                uidNext = max(uidNext, uid + 1)
                uids.append(uid)
                previous = uid
            }
            if !entries.isEmpty, base?.lastUID != uidNext - 1 { isComplete = false }
        }

        /// By the clock, and never one that this process has given before.
        private static func newValidity() -> UInt32 {
            let now = UInt32(clamping: FileStatus.Time.now.seconds)
            while true {
                let last = lastValidity.load(ordering: .relaxed)
                let next = max(now, last &+ 1)
                if lastValidity.compareExchange(expected: last, desired: next, ordering: .relaxed).exchanged {
                    return next
                }
            }
        }
    }

    /// Writes the UIDs that messages lack.
    mutating func assignUIDs(in file: FileHandle) throws {
        guard let numbering = pending else { return }
        pending = nil
        var edits: [Int: MboxEdit] = [:]
        let lead = pendingEntries.first.map { $0.isInternalData ? 1 : 0 } ?? 0
        for (index, uid) in numbering.uids.enumerated() where pendingEntries[index + lead].uid != uid {
            edits[index + lead] = MboxEdit(uid: uid)
        }
        if !state.isLoaded { state.view.uidValidity = numbering.uidValidity }
        state.view.uidNext = numbering.uidNext
        state.entries = pendingEntries
        pendingEntries = []
        try rewrite(file, edits)
    }

    // MARK: The view

    /// Goes on from what an index remembers, if it is of this mbox: what is still as it was keeps its modification sequence, and what
    /// went meanwhile is known to have gone.
    private mutating func adopt(_ numbering: Numbering) {
        guard let remembered = state.remembered else { return }
        state.remembered = nil
        // Not even another mailbox at this place goes back behind it: a client knows only the name.
        state.view.highestModSeq = remembered.highestModSeq
        guard remembered.identity == state.identity, remembered.uidValidity == numbering.uidValidity,
            remembered.uids.last ?? 0 < numbering.uidNext
        else { return }
        for (index, uid) in remembered.uids.enumerated() {
            // Without a keyword that is no more it counts as changed.
            guard let flags = state.translated(remembered.flags[index], remembered.keywords) else { continue }
            state.view.uids.append(uid)
            state.view.flags.append(flags)
            state.view.modSeqs.append(remembered.modSeqs[index])
        }
        state.view.expunged = remembered.expunged
        state.wasAdopted = true
    }

    private mutating func show(_ entries: [MboxEntry], _ numbering: Numbering) {
        let wasLoaded = state.hasView
        if !wasLoaded {
            state.view.uidValidity = numbering.uidValidity
            state.view.identity = state.identity
            adopt(numbering)
        }
        let old = state.view
        var entries = entries
        let lead = entries.first.map { $0.isInternalData ? 1 : 0 } ?? 0
        var flags: [MessageFlags] = []
        var modSeqs: [UInt64] = []
        flags.reserveCapacity(numbering.uids.count)
        modSeqs.reserveCapacity(numbering.uids.count)
        let next = state.nextModSeq()
        var isChanged = wasLoaded && numbering.uidNext != old.uidNext
        var position = 0
        var gone: [UInt32] = []
        var firstRecent: UInt32 = wasLoaded ? old.firstRecentUID : 1
        for (index, uid) in numbering.uids.enumerated() {
            entries[index + lead].uid = uid
            let entry = entries[index + lead]
            while position < old.uids.count, old.uids[position] < uid {
                gone.append(old.uids[position])
                position += 1
            }
            let isKnown = position < old.uids.count && old.uids[position] == uid
            let isSame = isKnown && old.flags[position] == entry.flags
            flags.append(entry.flags)
            modSeqs.append(isSame ? old.modSeqs[position] : next)
            if !isSame { isChanged = true }
            if isKnown { position += 1 }
            if entry.isOld { firstRecent = max(firstRecent, uid + 1) }
        }
        gone += old.uids[position...]
        if !gone.isEmpty { isChanged = true }
        state.entries = entries
        state.view.firstRecentUID = firstRecent
        state.hasView = true
        guard isChanged || !wasLoaded else { return }
        state.view.uidNext = max(numbering.uidNext, wasLoaded ? old.uidNext : 1)
        state.view.uids = numbering.uids
        state.view.flags = flags
        state.view.modSeqs = modSeqs
        // A mailbox that was found as it was left goes on where it was.
        if isChanged || !state.wasAdopted { state.view.highestModSeq = next }
        if wasLoaded || state.wasAdopted {
            state.view.expunged.add(gone, modSeq: next)
        } else {
            state.view.expunged = ExpungedMessages(floor: next)
        }
        state.view.generation += 1
        if state.virtualSizes.count > numbering.uids.count {
            let present = Set(numbering.uids)
            state.virtualSizes = state.virtualSizes.filter { present.contains($0.key) }
        }
    }
}

extension MboxScanner {
    /// Nothing but line ends and blanks, as editors leave them.
    mutating func isBlank() throws(SystemCallError) -> Bool {
        guard size <= 4096 else { return false }
        return try start(count: 4096).allSatisfy { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }
    }
}
