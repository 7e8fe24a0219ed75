/// A mailbox of somebody else that one login is shown, as the directory or an ACL says.
package struct SharedMailbox: Hashable, Sendable {
    /// RFC 2342 §5: which of the namespaces beside the personal one it is shown in.
    package enum Namespace: Hashable, Sendable {
        /// `user.`: the mailboxes of other people.
        case otherUsers
        /// `shared.`: mailboxes that are no person's.
        case shared
    }

    /// Whose `\Seen` a reader changes.
    package enum Flags: Hashable, Sendable {
        /// One set of flags for all.
        case shared
        /// `\Seen` is each reader's own.
        case perUser
    }

    package var namespace: Namespace
    /// The name parts below the namespace's prefix, outermost first; of a whole account its root: `["sales"]` is shown as
    /// `shared.sales` (its INBOX) and `shared.sales.Orders`.
    package var path: [[UInt8]]
    /// Where its files are: of a whole account its root. A part of an account names the account's location and `folder`.
    package var location: MailboxLocation
    package var owner: Owner
    /// What the login may do with a mailbox whose own ACL says nothing of it; nil for nothing.
    package var rights: MailboxRights?
    package var flags: Flags
    /// The whole account with all its folders; otherwise `folder` alone.
    package var isWhole: Bool
    /// The one folder of the account that is shown, where it is not the whole.
    package var folder: MailboxName
    /// The account's login, for ACLs that name their owner; nil for an account that nobody logs in to.
    package var account: String?
    /// What the account may hold, whoever fills it.
    package var quota: Quota

    package init(
        namespace: Namespace, path: [[UInt8]], location: MailboxLocation, owner: Owner, rights: MailboxRights? = nil,
        flags: Flags = .shared, isWhole: Bool = true, folder: MailboxName = .inbox, account: String? = nil,
        quota: Quota = .unlimited
    ) {
        self.namespace = namespace
        self.path = path
        self.location = location
        self.owner = owner
        self.rights = rights
        self.flags = flags
        self.isWhole = isWhole
        self.folder = folder
        self.account = account
        self.quota = quota
    }
}
