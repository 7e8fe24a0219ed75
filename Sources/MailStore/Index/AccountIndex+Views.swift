import Blocking
import MailModel

extension AccountIndex {
    /// The most that a clock may be ahead when something was written.
    private static let clockTolerance: UInt64 = 86_400 * 1_000_000
    /// Mailboxes that nobody opened for so long are forgotten.
    private static let unusedSeconds: Int64 = 180 * 86_400

    // MARK: Reading

    /// What is known of the mailbox at `place` from before.
    func recall(_ place: [UInt8]) async -> RememberedMailbox? {
        await ask { database in try Self.read(place, database) } ?? nil
    }

    private static func read(_ place: [UInt8], _ database: SQLiteDatabase) throws -> RememberedMailbox? {
        let select = try database.statement(
            "SELECT id, identity, validity, highest, floor, keywords, stamp, sum FROM mailbox WHERE place=?")
        try select.bind(place, at: 1)
        guard try select.step() else { return nil }
        let id = select.integer(0)
        let floor = UInt64(bitPattern: select.integer(4))
        var mailbox = RememberedMailbox(
            identity: select.blob(1), uidValidity: UInt32(truncatingIfNeeded: select.integer(2)),
            highestModSeq: UInt64(bitPattern: select.integer(3)), keywords: keywords(select.blob(5)), uids: [],
            flags: [], modSeqs: [], expunged: ExpungedMessages(floor: floor), stamp: select.integer(6))
        let sum = select.integer(7)
        select.reset()
        guard sum == Self.sum(mailbox, place), mailbox.highestModSeq <= modSeqNow + clockTolerance else {
            throw IndexDamage()
        }
        try readMessages(id, &mailbox, database)
        mailbox.expunged = ExpungedMessages(floor: floor, runs: try readExpunged(id, database))
        return mailbox
    }

    private static func readExpunged(_ id: Int64, _ database: SQLiteDatabase) throws -> [ExpungedMessages.Run] {
        let select = try database.statement(
            "SELECT modseq, first, last, sum FROM expunged WHERE mailbox=? ORDER BY modseq, first")
        try select.bind(id, at: 1)
        var runs: [ExpungedMessages.Run] = []
        while try select.step() {
            let values = (select.integer(0), select.integer(1), select.integer(2))
            guard let first = UInt32(exactly: values.1), let last = UInt32(exactly: values.2), first <= last,
                select.integer(3) == Self.sum(id, values.0, values.1, values.2)
            else { throw IndexDamage() }
            runs.append(ExpungedMessages.Run(uids: first...last, modSeq: UInt64(bitPattern: values.0)))
        }
        return runs
    }

    private static var modSeqNow: UInt64 {
        UInt64(clamping: FileStatus.Time.now.seconds) &* 1_000_000
    }

    private static func keywords(_ blob: [UInt8]) -> [String] {
        blob.split(separator: 0x0A).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func sum(_ mailbox: RememberedMailbox, _ place: [UInt8]) -> Int64 {
        var sum = IndexChecksum()
        sum.add(place)
        sum.add(mailbox.identity)
        sum.add(UInt64(mailbox.uidValidity))
        sum.add(mailbox.highestModSeq)
        sum.add(mailbox.expunged.floor)
        sum.add(Array(mailbox.keywords.joined(separator: "\n").utf8))
        sum.add(mailbox.stamp)
        return sum.signed
    }

    private static func sum(_ numbers: Int64...) -> Int64 {
        var sum = IndexChecksum()
        for number in numbers { sum.add(number) }
        return sum.signed
    }

    // MARK: Writing

    /// Makes the index say what `view` says, given what it said when `stamp` was written: only the differences are
    /// touched. Everything is written when that is not what it says.
    static func write(
        _ view: MailboxView, at place: [UInt8], after old: (view: MailboxView, stamp: Int64)?,
        _ database: SQLiteDatabase
    ) throws -> Int64 {
        let stamp = Int64.random(in: 1 ... .max)
        try database.transaction {
            let (id, known) = try mailboxRow(place, view, database)
            let isKnown = old.map { $0.stamp == known } ?? false
            let base = isKnown ? old?.view : nil
            if base == nil { try forgetMessages(id, keepingDigests: known != nil, database) }
            try writeMessages(id, view, base, database)
            try writeExpunged(id, view, base, database)
            try update(id, place, view, stamp, database)
        }
        return stamp
    }

    /// The mailbox's row and the stamp it has; another mailbox at the same place is forgotten with all that was kept of it.
    private static func mailboxRow(
        _ place: [UInt8], _ view: MailboxView, _ database: SQLiteDatabase
    ) throws -> (id: Int64, stamp: Int64?) {
        let select = try database.statement("SELECT id, identity, validity, stamp FROM mailbox WHERE place=?")
        try select.bind(place, at: 1)
        if try select.step() {
            let id = select.integer(0)
            let isSame = select.blob(1) == view.identity && select.integer(2) == Int64(view.uidValidity)
            let stamp = select.integer(3)
            select.reset()
            if isSame { return (id, stamp) }
            try forget(id, database)
        }
        try forgetUnused(database)
        let insert = try database.statement(
            "INSERT INTO mailbox(place, identity, validity, highest, floor, keywords, stamp, used, sum) "
                + "VALUES(?, ?, ?, 0, 0, x'', 0, ?, 0)")
        try insert.bind(place, at: 1)
        try insert.bind(view.identity, at: 2)
        try insert.bind(Int64(view.uidValidity), at: 3)
        try insert.bind(FileStatus.Time.now.seconds, at: 4)
        _ = try insert.step()
        return (database.lastRowID, nil)
    }

    private static func update(
        _ id: Int64, _ place: [UInt8], _ view: MailboxView, _ stamp: Int64, _ database: SQLiteDatabase
    ) throws {
        let row = RememberedMailbox(
            identity: view.identity, uidValidity: view.uidValidity, highestModSeq: view.highestModSeq,
            keywords: view.keywords, uids: [], flags: [], modSeqs: [], expunged: view.expunged, stamp: stamp)
        let update = try database.statement(
            "UPDATE mailbox SET highest=?, floor=?, keywords=?, stamp=?, used=?, sum=? WHERE id=?")
        try update.bind(Int64(bitPattern: view.highestModSeq), at: 1)
        try update.bind(Int64(bitPattern: view.expunged.floor), at: 2)
        try update.bind(Array(view.keywords.joined(separator: "\n").utf8), at: 3)
        try update.bind(stamp, at: 4)
        try update.bind(FileStatus.Time.now.seconds, at: 5)
        try update.bind(sum(row, place), at: 6)
        try update.bind(id, at: 7)
        _ = try update.step()
    }

    private static func writeExpunged(
        _ id: Int64, _ view: MailboxView, _ old: MailboxView?, _ database: SQLiteDatabase
    ) throws {
        let newest = old?.expunged.runs.last?.modSeq ?? 0
        for run in view.expunged.runs.reversed().prefix(while: { $0.modSeq > newest }) {
            let values = [
                id, Int64(bitPattern: run.modSeq), Int64(run.uids.lowerBound), Int64(run.uids.upperBound),
            ]
            try insert("INSERT OR REPLACE INTO expunged VALUES(?, ?, ?, ?, ?)", values, database)
        }
        if let old, old.expunged.floor == view.expunged.floor { return }
        let delete = try database.statement("DELETE FROM expunged WHERE mailbox=? AND modseq<=?")
        try delete.bind(id, at: 1)
        try delete.bind(Int64(clamping: view.expunged.floor), at: 2)
        _ = try delete.step()
    }

    /// The values of a row and their sum.
    private static func insert(_ sql: String, _ values: [Int64], _ database: SQLiteDatabase) throws {
        let insert = try database.statement(sql)
        var sum = IndexChecksum()
        for (place, value) in values.enumerated() {
            try insert.bind(value, at: Int32(place + 1))
            sum.add(value)
        }
        try insert.bind(sum.signed, at: Int32(values.count + 1))
        _ = try insert.step()
    }

    private static func forgetMessages(_ id: Int64, keepingDigests: Bool, _ database: SQLiteDatabase) throws {
        let expunged = try database.statement("DELETE FROM expunged WHERE mailbox=?")
        try expunged.bind(id, at: 1)
        _ = try expunged.step()
        let messages = try database.statement("DELETE FROM message WHERE id BETWEEN ? AND ?")
        try messages.bind(IndexSchema.messageID(mailbox: id, window: 0), at: 1)
        try messages.bind(IndexSchema.messageID(mailbox: id, window: .max), at: 2)
        _ = try messages.step()
        guard !keepingDigests else { return }
        let delete = try database.statement("DELETE FROM digest WHERE id BETWEEN ? AND ?")
        try delete.bind(IndexSchema.digestID(mailbox: id, uid: 0), at: 1)
        try delete.bind(IndexSchema.digestID(mailbox: id, uid: .max), at: 2)
        _ = try delete.step()
    }

    private static func forget(_ id: Int64, _ database: SQLiteDatabase) throws {
        try forgetMessages(id, keepingDigests: false, database)
        let delete = try database.statement("DELETE FROM mailbox WHERE id=?")
        try delete.bind(id, at: 1)
        _ = try delete.step()
    }

    private static func forgetUnused(_ database: SQLiteDatabase) throws {
        let select = try database.statement("SELECT id FROM mailbox WHERE used<?")
        try select.bind(FileStatus.Time.now.seconds - unusedSeconds, at: 1)
        var unused: [Int64] = []
        while try select.step() { unused.append(select.integer(0)) }
        for id in unused { try forget(id, database) }
    }

    // MARK: Mailboxes that go elsewhere

    /// Mailboxes that were renamed keep what is known of them.
    func move(_ moves: [(from: [UInt8], to: [UInt8])]) {
        tell { database in
            try database.transaction {
                for move in moves {
                    let select = try database.statement("SELECT id FROM mailbox WHERE place=?")
                    try select.bind(move.to, at: 1)
                    let old = try select.step() ? select.integer(0) : nil
                    select.reset()
                    if let old { try Self.forget(old, database) }
                    guard var mailbox = try Self.read(move.from, database) else { continue }
                    mailbox.uids = []
                    let update = try database.statement("UPDATE mailbox SET place=?, sum=? WHERE place=?")
                    try update.bind(move.to, at: 1)
                    try update.bind(Self.sum(mailbox, move.to), at: 2)
                    try update.bind(move.from, at: 3)
                    _ = try update.step()
                }
            }
        }
    }

    /// A mailbox that was deleted.
    func forget(_ place: [UInt8]) {
        tell { database in
            let select = try database.statement("SELECT id FROM mailbox WHERE place=?")
            try select.bind(place, at: 1)
            let id = try select.step() ? select.integer(0) : nil
            select.reset()
            if let id { try database.transaction { try Self.forget(id, database) } }
        }
    }
}
