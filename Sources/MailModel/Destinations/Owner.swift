/// The numeric user and group that own a mailbox's files.
///
/// Made only from numbers that have been checked against the site's minimum; never root (docs: uid and gid 0
/// are refused wherever they come from).
package struct Owner: Hashable, Sendable, CustomStringConvertible {
    package let uid: UInt32
    package let gid: UInt32

    /// Nil for 0 and for the two values that system calls read as "unchanged" or as the overflow id of 16-bit
    /// systems (`-1` as 32 and as 16 bits).
    package init?(uid: UInt32, gid: UInt32) {
        for id in [uid, gid] where id == 0 || id == .max || id == 0xFFFF { return nil }
        self.uid = uid
        self.gid = gid
    }

    package var description: String { "\(uid):\(gid)" }
}
