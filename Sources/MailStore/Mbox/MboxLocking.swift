/// How programs keep each other off an mbox.
package struct MboxLocking: Hashable, Sendable {
    /// All of a set are taken, in no order that others would have to keep: whoever does not get all of them gives back what he has
    /// and tries again.
    package struct Locks: OptionSet, Hashable, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        /// fcntl(2), which lockf(3) is on Linux.
        package static let fcntl = Locks(rawValue: 1)
        /// flock(2).
        package static let flock = Locks(rawValue: 2)
        /// The file `NAME.lock` beside the mbox. Where its owner may make no file there, it is left out: Postfix does the same.
        package static let dotlock = Locks(rawValue: 4)

        private static let named: [(String, Locks)] = [("fcntl", .fcntl), ("flock", .flock), ("dotlock", .dotlock)]

        /// By the names that Postfix and Dovecot have for it; nil for another one.
        package init?(name: String) {
            switch name {
            case "lockf": self = .fcntl
            // Tried, and left out where it can't be made: as `dotlock` is here.
            case "dotlock_try": self = .dotlock
            default:
                guard let found = Self.named.first(where: { $0.0 == name }) else { return nil }
                self = found.1
            }
        }

        package var names: [String] { Self.named.filter { contains($0.1) }.map(\.0) }
    }

    /// Before an mbox is changed: Dovecot's `mbox_write_locks` and Postfix's `virtual_mailbox_lock` have these unless told otherwise.
    package var write: Locks = [.fcntl, .dotlock]
    /// Before it is read: `mbox_read_locks`.
    package var read: Locks = .fcntl
    /// How long a lock is waited for: `mbox_lock_timeout`.
    package var waitSeconds: Int64 = 30
    /// A lock file of that age, of a process that can't be asked for, is taken over: `mbox_dotlock_change_timeout`.
    package var staleSeconds: Int64 = 120

    package init() {}
}
