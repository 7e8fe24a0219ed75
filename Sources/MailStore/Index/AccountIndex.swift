import Blocking
import CSQLite
import Glibc
import Logging
import Synchronization

/// One account's index: a file that is opened when it is asked for something, and that may go at any time.
///
/// All that touches the file is a job of its lane, as the service itself, never as a mailbox's owner. Whatever goes wrong
/// with it costs time, not mail: a damaged file is removed, one that can't be had is done without.
final class AccountIndex: Sendable {
    /// Whose it is, written into the file too.
    let identity: [UInt8]
    let path: String
    private let lane: BlockingLane
    private let logger: Logger
    private let connection = Mutex(Connection())
    private let noteUse: @Sendable (AccountIndex) -> Void

    private struct Connection {
        var database: SQLiteDatabase?
        /// After a failure that may pass: seconds of the clock before which it is not tried again.
        var notBefore: Int64 = 0
        var isClosed = false
        var removals = 0
    }

    private static let retrySeconds: Int64 = 60

    init(
        identity: [UInt8], path: String, pool: BlockingPool, logger: Logger,
        noteUse: @escaping @Sendable (AccountIndex) -> Void
    ) {
        self.identity = identity
        self.path = path
        self.lane = BlockingLane(pool: pool, owner: nil)
        self.logger = logger
        self.noteUse = noteUse
    }

    /// Runs `body` on the open file; nil when there is none to be had, or it failed.
    func ask<T: Sendable>(_ body: @escaping @Sendable (SQLiteDatabase) throws -> T) async -> T? {
        do {
            return try await lane.run { self.perform(body) }
        } catch {
            // The pool takes no more, or the session ended.
            return nil
        }
    }

    /// Runs `body` some time, in its turn. False when there is no room for it.
    @discardableResult
    func tell(_ body: @escaping @Sendable (SQLiteDatabase) throws -> Void, otherwise: (@Sendable () -> Void)? = nil)
        -> Bool
    {
        lane.submitWithoutWaiting {
            if self.perform(body) == nil { otherwise?() }
        }
    }

    /// Closes the file; the next use opens it again.
    func retire() {
        lane.submitWithoutWaiting { self.connection.withLock { $0.database = nil } }
    }

    /// Closes the file for good, when everything that was asked before is done.
    func close() async {
        do {
            try await lane.run {
                self.connection.withLock { connection in
                    connection.database = nil
                    connection.isClosed = true
                }
            }
        } catch {
            // The pool takes no more: the file goes with this value.
        }
    }

    private func perform<T>(_ body: (SQLiteDatabase) throws -> T) -> T? {
        guard let database = opened() else { return nil }
        do {
            return try body(database)
        } catch let failure as SQLiteFailure {
            fail(failure)
        } catch is IndexDamage {
            fail(SQLiteFailure(code: SQLITE_CORRUPT, reason: "a row is not what was written", path: path))
        } catch {
            logger.debug("mailbox index", metadata: ["error": "\(error)"])
        }
        return nil
    }

    private func fail(_ failure: SQLiteFailure) {
        guard failure.isDamage else {
            logger.warning("a mailbox index can't be used now", metadata: ["error": "\(failure)"])
            connection.withLock { connection in
                connection.database = nil
                connection.notBefore = FileStatus.Time.now.seconds + Self.retrySeconds
            }
            return
        }
        logger.warning("a damaged mailbox index is made anew", metadata: ["error": "\(failure)"])
        connection.withLock { $0.database = nil }
        remove()
    }

    /// Counts how often the file was thrown away: what was written before is not in it any more.
    var removals: Int { connection.withLock { $0.removals } }

    private func remove() {
        connection.withLock { $0.removals += 1 }
        for suffix in ["", "-wal", "-journal", "-shm"] { _ = unlink(path + suffix) }
    }

    private func opened() -> SQLiteDatabase? {
        noteUse(self)
        let (known, isRefused) = connection.withLock {
            ($0.database, $0.isClosed || $0.notBefore > FileStatus.Time.now.seconds)
        }
        if let known { return known }
        guard !isRefused else { return nil }
        for isLast in [false, true] {
            do throws(SQLiteFailure) {
                let database = try open()
                connection.withLock { $0.database = database }
                return database
            } catch {
                if error.isDamage, !isLast {
                    logger.warning("a damaged mailbox index is made anew", metadata: ["error": "\(error)"])
                    remove()
                    continue
                }
                logger.warning("a mailbox index can't be used now", metadata: ["error": "\(error)"])
                connection.withLock { $0.notBefore = FileStatus.Time.now.seconds + Self.retrySeconds }
                return nil
            }
        }
        return nil
    }

    private func open() throws(SQLiteFailure) -> SQLiteDatabase {
        if let end = path.lastIndex(of: "/") { _ = mkdir(String(path[..<end]), 0o700) }
        let database = try SQLiteDatabase(path)
        try database.run(IndexSchema.settings)
        guard try number("PRAGMA user_version", database) != 0 else {
            try database.run("BEGIN IMMEDIATE")
            try database.run(IndexSchema.tables)
            let insert = try database.statement("INSERT INTO account VALUES(?)")
            try insert.bind(identity, at: 1)
            _ = try insert.step()
            try database.run(
                "PRAGMA application_id=\(IndexSchema.application); PRAGMA user_version=\(IndexSchema.version); COMMIT")
            return database
        }
        let select = try database.statement("SELECT identity FROM account")
        let isOurs = try select.step() && select.blob(0) == identity
        select.reset()
        guard isOurs, try number("PRAGMA user_version", database) == IndexSchema.version,
            try number("PRAGMA application_id", database) == IndexSchema.application
        else {
            throw SQLiteFailure(code: SQLITE_FORMAT, reason: "another version's or another account's", path: path)
        }
        return database
    }

    private func number(_ sql: String, _ database: SQLiteDatabase) throws(SQLiteFailure) -> Int64 {
        let statement = try database.statement(sql)
        let value = try statement.step() ? statement.integer(0) : 0
        statement.reset()
        return value
    }
}

/// A row that can't have been written like this.
struct IndexDamage: Error {}
