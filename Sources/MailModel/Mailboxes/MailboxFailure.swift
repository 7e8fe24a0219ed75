/// Why a mailbox could not do what was asked; every store reports one of these, every protocol words it its own way.
package struct MailboxFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Kind: Hashable, Sendable {
        case noSuchMailbox
        case alreadyExists
        /// A name that the store can't hold, or an operation that this mailbox does not allow.
        case notPermitted
        /// The login lacks a right that its ACL could give (RFC 4314).
        case noPermission
        case overQuota
        /// The file system has no space left (`452 4.3.1`).
        case noSpace
        /// Something that may pass: a lock not had in time, an I/O error, a full disk elsewhere.
        case unavailable
        /// The account's location can't be served as configured (a path outside the roots, mbox, a bad owner).
        case misconfigured
        /// The message is gone (expunged by another session or program).
        case noSuchMessage
        case limitExceeded
    }

    package var kind: Kind
    /// For the log: what failed, where (path), and what to do. Never sent to a client.
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }

    package var description: String { "\(kind): \(reason)" }
}
