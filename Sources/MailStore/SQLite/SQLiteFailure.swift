import CSQLite

/// What SQLite said, and to what.
struct SQLiteFailure: Error, Hashable, CustomStringConvertible {
    /// Primary result code.
    var code: Int32
    var reason: String
    var path: String

    /// The file is not what this program wrote: it is to be thrown away.
    var isDamage: Bool {
        switch code {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_FORMAT, SQLITE_MISMATCH, SQLITE_ERROR, SQLITE_CONSTRAINT,
            SQLITE_RANGE, SQLITE_TOOBIG:
            true
        default: false
        }
    }

    var description: String { "\(path): \(reason) (SQLite \(code))" }
}
