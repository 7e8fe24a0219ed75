import MailModel

/// The tables of an account's index.
enum IndexSchema {
    /// Another one means another program's or another version's file: it is thrown away.
    static let version: Int64 = 2
    /// "PRix"
    static let application: Int64 = 0x5052_6978

    static let tables = """
        CREATE TABLE account(identity BLOB NOT NULL);
        CREATE TABLE mailbox(
          id INTEGER PRIMARY KEY, place BLOB NOT NULL UNIQUE, identity BLOB NOT NULL, validity INTEGER NOT NULL,
          highest INTEGER NOT NULL, floor INTEGER NOT NULL, keywords BLOB NOT NULL, stamp INTEGER NOT NULL,
          used INTEGER NOT NULL, sum INTEGER NOT NULL);
        CREATE TABLE message(id INTEGER PRIMARY KEY, entries BLOB NOT NULL, sum INTEGER NOT NULL);
        CREATE TABLE expunged(
          mailbox INTEGER NOT NULL, modseq INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
          sum INTEGER NOT NULL, PRIMARY KEY(mailbox, modseq, first)) WITHOUT ROWID;
        CREATE TABLE digest(
          id INTEGER PRIMARY KEY, date INTEGER, saved INTEGER, size INTEGER, email BLOB, thread BLOB, sum INTEGER NOT NULL,
          preview BLOB, summary BLOB, outline BLOB);
        """

    /// A digest's key: mailboxes and UIDs have 31 and 32 bits, so that all of a mailbox's lie together.
    static func digestID(mailbox: Int64, uid: UInt32) -> Int64 {
        (mailbox & 0x7FFF_FFFF) << 32 | Int64(uid)
    }

    /// The key of a row of messages: mailboxes have 31 bits, and the upper part of a UID 25.
    static func messageID(mailbox: Int64, window: UInt32) -> Int64 {
        (mailbox & 0x7FFF_FFFF) << 25 | Int64(min(window, 0x1FF_FFFF))
    }

    /// Settings of a connection: nobody else has the file open, and what a power cut takes is made again.
    static let settings = """
        PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;
        PRAGMA cache_size=-512; PRAGMA trusted_schema=OFF; PRAGMA cell_size_check=ON; PRAGMA max_page_count=262144;
        PRAGMA journal_size_limit=1048576;
        """
}
