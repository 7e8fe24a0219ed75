import Blocking
import Glibc
import MailModel

/// What is to be another in a message's header.
struct MboxEdit {
    var uid: UInt32?
    var flags: MessageFlags?
    var isOld: Bool?

    init(uid: UInt32? = nil, flags: MessageFlags? = nil, isOld: Bool? = nil) {
        self.uid = uid
        self.flags = flags
        self.isOld = isOld
    }

    func apply(to fields: inout MboxFields, _ entry: MboxEntry, _ state: MboxState) {
        if let uid { fields.uid = uid } else if !entry.isInternalData, entry.uid > 0 { fields.uid = entry.uid }
        if let flags {
            fields.flags = flags.intersection(.system)
            fields.keywords = state.keywords(flags, keeping: fields.keywords)
        }
        if let isOld { fields.isOld = isOld }
    }
}

/// What changes the file. Under its locks, with the state up to date.
extension MboxWork {
    mutating func store(_ uids: [UInt32], _ change: FlagChange) throws {
        _ = try store(uids, change, unchangedSince: .max)
    }

    /// Gives the UIDs of messages that were left as they are because they had changed since `modSeq`.
    mutating func store(_ uids: [UInt32], _ change: FlagChange, unchangedSince modSeq: UInt64) throws -> [UInt32] {
        try locked { work, file in
            var keywords: MessageFlags = []
            for name in change.keywords {
                if let flag = change.operation == .remove ? work.state.knownFlag(name) : work.state.flag(name) {
                    keywords.insert(flag)
                } else if change.operation != .remove {
                    throw MailboxFailure(
                        .limitExceeded, "\(pathText(work.access.place.path)): no room for keyword \(name)")
                }
            }
            let flags = change.flags.intersection(.system).union(keywords)
            var edits: [Int: MboxEdit] = [:]
            var refused: [UInt32] = []
            for uid in uids {
                guard let index = work.state.view.index(of: uid) else { continue }
                guard work.state.view.modSeqs[index] <= modSeq else {
                    refused.append(uid)
                    continue
                }
                let old = work.state.view.flags[index]
                let new =
                    switch change.operation {
                    case .add: old.union(flags)
                    case .remove: old.subtracting(flags)
                    case .replace: flags
                    }
                if new != old { edits[index + work.state.lead] = MboxEdit(flags: new) }
            }
            if !edits.isEmpty { try work.rewrite(file, edits) }
            return refused
        }
    }

    /// Removes those of `uids` (of all, for nil) that have these flags.
    mutating func expunge(_ uids: [UInt32]?, having flags: MessageFlags = .deleted) throws {
        try locked { work, file in
            var removing: Set<Int> = []
            for uid in uids ?? work.state.view.uids {
                guard let index = work.state.view.index(of: uid), work.state.view.flags[index].isSuperset(of: flags)
                else { continue }
                removing.insert(index + work.state.lead)
            }
            if !removing.isEmpty { try work.rewrite(file, [:], removing: removing) }
        }
    }

    /// Marks what no session was shown yet, and returns the first UID of it.
    mutating func claimRecent() throws -> UInt32 {
        let first = state.view.firstRecentUID
        guard state.view.uids.last ?? 0 >= first else { return first }
        return try locked { work, file in
            let first = work.state.view.firstRecentUID
            var edits: [Int: MboxEdit] = [:]
            for index in work.state.view.firstIndex(atOrAbove: first)..<work.state.view.count {
                edits[index + work.state.lead] = MboxEdit(isOld: true)
            }
            if !edits.isEmpty { try work.rewrite(file, edits) }
            work.state.view.firstRecentUID = work.state.view.uidNext
            return first
        }
    }

    // MARK: Rewriting

    /// Brings edits into the headers and takes messages out. Headers that keep their length are written in their place; from the
    /// first that does not, the rest of the file is written anew, with a journal.
    mutating func rewrite(_ file: FileHandle, _ edits: [Int: MboxEdit], removing: Set<Int> = []) throws {
        let entries = state.entries
        state.stamp = nil
        let before = try file.status()
        let survivor = entries.indices.first { !removing.contains($0) }
        let base = MboxFields.Base(
            uidValidity: state.view.uidValidity, lastUID: state.view.uidNext - 1,
            keywords: state.view.keywords.map { Array($0.utf8) })
        let change = HeaderChange(edits: edits, survivor: survivor, base: base)
        var touched = Set(edits.keys).union(removing)
        if let survivor { touched.insert(survivor) }
        var moving: Int?
        var isPatched = false
        for index in touched.sorted() {
            guard !removing.contains(index) else {
                moving = index
                break
            }
            let (old, new) = try newHeader(file, index, change)
            guard old != new else { continue }
            guard old.count == new.count else {
                moving = index
                break
            }
            try patch(file, at: entries[index].extent.header, old, new)
            state.entries[index].extent.sum = MboxEntry.unknownSum
            isPatched = true
        }
        if isPatched {
            try file.syncData()
            try step(.headerPatched)
        }
        if let moving {
            state.entries = try rewriteTail(file, from: moving, removing, touched, change)
        }
        try showChange(of: file, since: before)
        guard try look(file, .trusting) else {
            throw MailboxFailure(
                .unavailable, "\(pathText(access.place.path)): what was written is not what can be read")
        }
    }

    /// Dovecot, and others, take a file of the same size and the same second for unchanged: a change in the second in which
    /// they last looked is dated one later.
    private func showChange(of file: FileHandle, since before: FileStatus) throws {
        let after = try file.status()
        guard after.size == before.size, after.modified.seconds <= before.modified.seconds,
            after.modified != before.modified
        else { return }
        try file.setModified(before.modified.seconds &+ 1)
    }

    /// What headers get: the first message that stays has the base.
    private struct HeaderChange {
        var edits: [Int: MboxEdit]
        var survivor: Int?
        var base: MboxFields.Base
    }

    private func newHeader(
        _ file: FileHandle, _ index: Int, _ change: HeaderChange
    ) throws -> (old: [UInt8], new: [UInt8]) {
        let entry = state.entries[index]
        let extent = entry.extent
        let start = try file.read(from: extent.from, count: Int(extent.body - extent.from))
        guard UInt64(start.count) == extent.body - extent.from else {
            throw SystemCallError("read", file.path, ESTALE)
        }
        var sum = ByteSum()
        sum.add(start[...])
        guard extent.sum == MboxEntry.unknownSum || sum.value == extent.sum else { throw Changed() }
        let header = Array(start[Int(extent.header - extent.from)...])
        let old = MboxFields(header[...])
        var fields = old
        (change.edits[index] ?? MboxEdit()).apply(to: &fields, entry, state)
        if index == change.survivor {
            var base = change.base
            base.keywords = Self.keywords(base.keywords, keeping: old.base?.keywords ?? [])
            fields.base = base
        } else {
            fields.base = nil
        }
        // A header with all that is asked for stays as another program wrote it.
        guard fields != old else { return (header, header) }
        fields.contentLength = extent.end - extent.body
        let isCut = extent.end > extent.body && !MboxFields.hasEnd(header)
        return (header, fields.rewriting(header[...], length: header.count, isCut: isCut))
    }

    /// Names that the table has no room for stay in the file.
    private static func keywords(_ names: [[UInt8]], keeping old: [[UInt8]]) -> [[UInt8]] {
        let known = Set(names.map(ASCII.lowercased))
        return names + old.filter { !known.contains(ASCII.lowercased($0)) }
    }

    /// Writes only what differs: a kill within it spoils no other field.
    private func patch(_ file: FileHandle, at offset: UInt64, _ old: [UInt8], _ new: [UInt8]) throws {
        let first = zip(old, new).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
        let end = zip(old, new).enumerated().reversed().first { $0.element.0 != $0.element.1 }?.offset ?? 0
        try file.write(Array(new[first...end]), at: offset + UInt64(first))
    }

    /// The entries after it; those whose headers changed have to be read again.
    private func rewriteTail(
        _ file: FileHandle, from moving: Int, _ removing: Set<Int>, _ touched: Set<Int>, _ change: HeaderChange
    ) throws -> [MboxEntry] {
        // What is not known of would not come along.
        guard try state.entries.last?.extent.next == file.status().size else {
            throw MailboxFailure(.unavailable, "\(pathText(access.place.path)) changed while it was locked")
        }
        var entries = Array(state.entries[..<moving])
        let start = state.entries[moving].extent.from
        var position = start
        let journal = try MboxJournal.make(for: file, from: start, access.place, access.roots) { write in
            for index in moving..<state.entries.count where !removing.contains(index) {
                var entry = state.entries[index]
                let extent = entry.extent
                if touched.contains(index) {
                    let (old, new) = try newHeader(file, index, change)
                    try copy(file, extent.from, extent.header, write)
                    try write(new)
                    try copy(file, extent.body, extent.next, write)
                    let growth = Int64(new.count) - Int64(old.count)
                    let moved = extent.moved(by: Int64(bitPattern: position &- extent.from))
                    entry.extent = moved.moved(by: growth)
                    entry.extent.from = moved.from
                    entry.extent.header = moved.header
                    entry.extent.sum = MboxEntry.unknownSum
                } else {
                    try copy(file, extent.from, extent.next, write)
                    entry.extent = extent.moved(by: Int64(bitPattern: position &- extent.from))
                }
                position = entry.extent.next
                entries.append(entry)
            }
            if change.survivor == nil { try write(internalData()) }
        }
        try step(.journalWritten)
        try journal.apply(to: file) { try step($0) }
        return entries
    }

    private func copy(
        _ file: FileHandle, _ start: UInt64, _ end: UInt64, _ write: ([UInt8]) throws -> Void
    ) throws {
        var position = start
        while position < end {
            let block = try file.read(from: position, count: Int(min(MboxJournal.blockSize, end - position)))
            guard !block.isEmpty else { throw SystemCallError("read", file.path, ESTALE) }
            try write(block)
            position += UInt64(block.count)
        }
    }

    /// What stays of an mbox without mail, so that its UIDs go on: UW-IMAP's, which Dovecot, Pine and others know and hide.
    private func internalData() -> [UInt8] {
        var fields = MboxFields()
        fields.base = MboxFields.Base(
            uidValidity: state.view.uidValidity, lastUID: state.view.uidNext - 1,
            keywords: state.view.keywords.map { Array($0.utf8) })
        fields.isInternalData = true
        fields.flags = .seen
        fields.isOld = true
        let now = FileStatus.Time.now.seconds
        let text = """
            This message keeps what mail programs have to remember of this folder. It
            holds no mail, and programs that know of it do not show it.

            """
        fields.contentLength = UInt64(text.utf8.count)
        let host = String(decoding: UniqueName.hostForLocks, as: UTF8.self)
        let header = """
            From: Mail System Internal Data <MAILER-DAEMON@\(host)>
            Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA


            """
        return FromLine.make(sender: [], at: now) + fields.rewriting(Array(header.utf8)[...])
            + Array("\(text)\n".utf8)
    }
}
