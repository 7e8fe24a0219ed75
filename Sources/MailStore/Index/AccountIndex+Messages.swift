import MailModel

/// The flags and modification sequences of a mailbox's messages: a row for every 128 UIDs, so that a change of all
/// messages is some dozens of rows and not as many as there are messages.
extension AccountIndex {
    private static let windowBits: UInt32 = 7
    /// The lower bits of a UID, its modification sequence, its flags; the numbers with their lowest octet first.
    private static let entrySize = 17

    static func readMessages(_ id: Int64, _ mailbox: inout RememberedMailbox, _ database: SQLiteDatabase) throws {
        let select = try database.statement("SELECT id, entries, sum FROM message WHERE id BETWEEN ? AND ? ORDER BY id")
        try select.bind(IndexSchema.messageID(mailbox: id, window: 0), at: 1)
        try select.bind(IndexSchema.messageID(mailbox: id, window: .max >> windowBits), at: 2)
        defer { select.reset() }
        while try select.step() {
            let (rowID, entries) = (select.integer(0), select.blob(1))
            guard !entries.isEmpty, entries.count.isMultiple(of: entrySize), select.integer(2) == sum(rowID, entries)
            else { throw IndexDamage() }
            let first = (UInt32(truncatingIfNeeded: rowID) & (.max >> windowBits)) << windowBits
            try entries.withUnsafeBytes { try read($0, first, &mailbox) }
        }
    }

    private static func read(
        _ entries: UnsafeRawBufferPointer, _ first: UInt32, _ mailbox: inout RememberedMailbox
    ) throws {
        for place in stride(from: 0, to: entries.count, by: entrySize) {
            let uid = first | UInt32(entries[place])
            let modSeq = UInt64(littleEndian: entries.loadUnaligned(fromByteOffset: place + 1, as: UInt64.self))
            let flags = UInt64(littleEndian: entries.loadUnaligned(fromByteOffset: place + 9, as: UInt64.self))
            guard entries[place] >> windowBits == 0, uid > mailbox.uids.last ?? 0, modSeq <= mailbox.highestModSeq
            else {
                throw IndexDamage()
            }
            mailbox.uids.append(uid)
            mailbox.modSeqs.append(modSeq)
            mailbox.flags.append(MessageFlags(rawValue: flags))
        }
    }

    /// - Parameter old: what the index says; nil where it says nothing of any message.
    static func writeMessages(
        _ id: Int64, _ view: MailboxView, _ old: MailboxView?, _ database: SQLiteDatabase
    ) throws {
        let (changed, gone) = differences(view, old)
        for window in changed {
            let first = view.firstIndex(atOrAbove: window << windowBits)
            let (next, overflow) = (window + 1).multipliedReportingOverflow(by: 1 << windowBits)
            let end = overflow ? view.count : view.firstIndex(atOrAbove: next)
            try write(view, first..<max(first, end), IndexSchema.messageID(mailbox: id, window: window), database)
        }
        for uid in gone {
            let digest = try database.statement("DELETE FROM digest WHERE id=?")
            try digest.bind(IndexSchema.digestID(mailbox: id, uid: uid), at: 1)
            _ = try digest.step()
        }
    }

    /// The windows in which something is different, ascending, and the UIDs that went.
    private static func differences(_ view: MailboxView, _ old: MailboxView?) -> (windows: [UInt32], gone: [UInt32]) {
        var windows: [UInt32] = []
        var gone: [UInt32] = []
        func note(_ uid: UInt32) {
            if windows.last != uid >> windowBits { windows.append(uid >> windowBits) }
        }
        var position = 0
        let oldCount = old?.count ?? 0
        for (index, uid) in view.uids.enumerated() where index < view.modSeqs.count && index < view.flags.count {
            while let old, position < oldCount, old.uids[position] < uid {
                gone.append(old.uids[position])
                note(old.uids[position])
                position += 1
            }
            if let old, position < oldCount, old.uids[position] == uid {
                defer { position += 1 }
                if old.modSeqs[position] == view.modSeqs[index], old.flags[position] == view.flags[index] { continue }
            }
            note(uid)
        }
        while let old, position < oldCount {
            gone.append(old.uids[position])
            note(old.uids[position])
            position += 1
        }
        return (windows, gone)
    }

    private static func write(
        _ view: MailboxView, _ indexes: Range<Int>, _ rowID: Int64, _ database: SQLiteDatabase
    ) throws {
        guard !indexes.isEmpty else {
            let delete = try database.statement("DELETE FROM message WHERE id=?")
            try delete.bind(rowID, at: 1)
            _ = try delete.step()
            return
        }
        var entries: [UInt8] = []
        entries.reserveCapacity(indexes.count * entrySize)
        for index in indexes {
            entries.append(UInt8(truncatingIfNeeded: view.uids[index] & ((1 << windowBits) - 1)))
            withUnsafeBytes(of: view.modSeqs[index].littleEndian) { entries.append(contentsOf: $0) }
            withUnsafeBytes(of: view.flags[index].rawValue.littleEndian) { entries.append(contentsOf: $0) }
        }
        let insert = try database.statement("INSERT OR REPLACE INTO message VALUES(?, ?, ?)")
        try insert.bind(rowID, at: 1)
        try insert.bind(entries, at: 2)
        try insert.bind(sum(rowID, entries), at: 3)
        _ = try insert.step()
    }

    private static func sum(_ rowID: Int64, _ entries: [UInt8]) -> Int64 {
        var sum = IndexChecksum()
        sum.add(rowID)
        sum.add(entries)
        return sum.signed
    }
}
