import Blocking
import MailModel

/// Which mailbox of an account digests are of: those of another mailbox that took its place are never shown.
struct DigestKey: Hashable, Sendable {
    var place: [UInt8]
    var identity: [UInt8]
    var uidValidity: UInt32
}

extension AccountIndex {
    /// What is kept of these messages (ascending), with these columns.
    func digests(
        _ key: DigestKey, _ uids: ArraySlice<UInt32>, _ columns: DigestColumns
    ) async -> [UInt32: MessageDigest] {
        guard let first = uids.first, let last = uids.last else { return [:] }
        let wanted = Array(uids)
        return await ask { database in
            guard let id = try Self.mailbox(key, database) else { return [:] }
            return try Self.read(id, first...max(first, last), wanted, columns, database)
        } ?? [:]
    }

    private static func mailbox(_ key: DigestKey, _ database: SQLiteDatabase) throws -> Int64? {
        let select = try database.statement("SELECT id FROM mailbox WHERE place=? AND identity=? AND validity=?")
        try select.bind(key.place, at: 1)
        try select.bind(key.identity, at: 2)
        try select.bind(Int64(key.uidValidity), at: 3)
        defer { select.reset() }
        return try select.step() ? select.integer(0) : nil
    }

    private static func read(
        _ id: Int64, _ range: ClosedRange<UInt32>, _ wanted: [UInt32], _ columns: DigestColumns,
        _ database: SQLiteDatabase
    ) throws -> [UInt32: MessageDigest] {
        var sql = "SELECT id, date, saved, size, email, thread, sum"
        sql += columns.contains(.preview) ? ", preview" : ", NULL"
        sql += columns.isDisjoint(with: [.summary, .outline]) ? ", NULL" : ", summary"
        sql += columns.contains(.outline) ? ", outline" : ", NULL"
        let select = try database.statement(sql + " FROM digest WHERE id BETWEEN ? AND ? ORDER BY id")
        try select.bind(IndexSchema.digestID(mailbox: id, uid: range.lowerBound), at: 1)
        try select.bind(IndexSchema.digestID(mailbox: id, uid: range.upperBound), at: 2)
        defer { select.reset() }
        var result: [UInt32: MessageDigest] = [:]
        var next = 0
        while try select.step() {
            let rowID = select.integer(0)
            let uid = UInt32(truncatingIfNeeded: rowID)
            while next < wanted.count, wanted[next] < uid { next += 1 }
            guard next < wanted.count else { break }
            guard wanted[next] == uid else { continue }
            result[uid] = try digest(select, rowID)
        }
        return result
    }

    private static func digest(_ row: SQLiteStatement, _ rowID: Int64) throws -> MessageDigest {
        var digest = MessageDigest()
        digest.internalDate = row.optionalInteger(1)
        digest.saveDate = row.optionalInteger(2)
        digest.size = row.optionalInteger(3).map { UInt64(bitPattern: $0) }
        digest.emailID = row.optionalBlob(4)
        digest.threadID = row.optionalBlob(5)
        guard row.integer(6) == sum(rowID, digest) else { throw IndexDamage() }
        digest.preview = try opened(row.optionalBlob(7))
        digest.summary = try opened(row.optionalBlob(8))
        if let outline = try opened(row.optionalBlob(9)), let summary = digest.summary {
            guard let decoded = OutlineCoding.decode(outline, summary: summary) else { throw IndexDamage() }
            digest.outline = decoded
        }
        return digest
    }

    private static func opened(_ sealed: [UInt8]?) throws -> [UInt8]? {
        guard let sealed else { return nil }
        guard let bytes = IndexChecksum.opened(sealed) else { throw IndexDamage() }
        return bytes
    }

    private static func sum(_ rowID: Int64, _ digest: MessageDigest) -> Int64 {
        var sum = IndexChecksum()
        sum.add(rowID)
        sum.add(digest.internalDate)
        sum.add(digest.saveDate)
        sum.add(digest.size.map { Int64(bitPattern: $0) })
        sum.add(digest.emailID ?? [])
        sum.add(digest.threadID ?? [])
        return sum.signed
    }

    /// Keeps what was made of messages, some time after it was asked for.
    func remember(_ digests: [UInt32: MessageDigest], _ key: DigestKey) {
        guard !digests.isEmpty else { return }
        tell { database in
            guard let id = try Self.mailbox(key, database) else { return }
            try database.transaction {
                for (uid, digest) in digests { try Self.write(digest, id, uid, database) }
            }
        }
    }

    private static func write(
        _ digest: MessageDigest, _ id: Int64, _ uid: UInt32, _ database: SQLiteDatabase
    ) throws {
        let insert = try database.statement(
            """
            INSERT INTO digest(id, date, saved, size, email, thread, sum, preview, summary, outline)
            VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT(id) DO UPDATE SET date=excluded.date, saved=excluded.saved, size=excluded.size,
              email=excluded.email, thread=excluded.thread, sum=excluded.sum,
              preview=COALESCE(excluded.preview, preview), summary=COALESCE(excluded.summary, summary),
              outline=COALESCE(excluded.outline, outline)
            """)
        let rowID = IndexSchema.digestID(mailbox: id, uid: uid)
        try insert.bind(rowID, at: 1)
        try insert.bind(digest.internalDate, at: 2)
        try insert.bind(digest.saveDate, at: 3)
        try insert.bind(digest.size.map { Int64(bitPattern: $0) }, at: 4)
        try insert.bind(digest.emailID, at: 5)
        try insert.bind(digest.threadID, at: 6)
        try insert.bind(sum(rowID, digest), at: 7)
        try insert.bind(digest.preview.map(IndexChecksum.sealed), at: 8)
        try insert.bind(digest.summary.map(IndexChecksum.sealed), at: 9)
        try insert.bind(digest.outline.map { IndexChecksum.sealed(OutlineCoding.encode($0)) }, at: 10)
        _ = try insert.step()
    }
}
