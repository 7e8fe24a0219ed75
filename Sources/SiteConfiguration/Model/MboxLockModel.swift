package import MailStore

/// How mboxes are locked against other programs; nil where it is as Postfix and Dovecot do it unless told otherwise.
package struct MboxLockModel: Sendable {
    /// mbox_read_locks.
    package var read: Located<MboxLocking.Locks>?
    /// mbox_write_locks, and what virtual_mailbox_lock has beyond them.
    package var write: Located<MboxLocking.Locks>?
    /// mbox_lock_timeout.
    package var timeout: Located<Duration>?
    /// mbox_dotlock_change_timeout.
    package var staleAfter: Located<Duration>?

    package init() {}

    /// A thread of the pool waits: not without end.
    private static let longestSeconds: Int64 = 600

    package var locking: MboxLocking {
        var locking = MboxLocking()
        if let read { locking.read = read.value }
        if let write { locking.write = write.value }
        if let timeout {
            locking.waitSeconds = min(max(timeout.value.components.seconds, 1), Self.longestSeconds)
        }
        if let staleAfter { locking.staleSeconds = max(staleAfter.value.components.seconds, 1) }
        return locking
    }
}
