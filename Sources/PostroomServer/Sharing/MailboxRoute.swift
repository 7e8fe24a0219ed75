import MailModel
import MailStore

/// Where a name that a client says leads: the account's own store or somebody else's, and the name in it.
struct MailboxRoute: Sendable {
    var store: any MailboxStore
    var name: MailboxName
    var accessor: Accessor
    /// What the login may do with a mailbox whose ACL says nothing of it.
    var standard: MailboxRights
    /// Equal for mailboxes of one store.
    var account: SharedMailbox?

    var isOwn: Bool { account == nil }

    /// The login where it is not the owner's: what is private to each user of the mailbox is then its own.
    var reader: String? { accessor.isOwner ? nil : accessor.login }

    /// What the login may do with mailboxes of this store, in the order of `names`.
    func rights(to names: [MailboxName], _ options: AccessControlOptions) async throws(MailboxFailure)
        -> [MailboxRights]
    {
        guard options.isEnabled, let store = store as? any AccessControlledStore else {
            return names.map { _ in isOwn ? .all : standard }
        }
        let asked = options.defaultsFromInbox ? names + [.inbox] : names
        let lists = try await store.accessLists(of: asked)
        return zip(names, lists).map { _, list in
            let list = options.defaultsFromInbox && list.list.isEmpty ? lists.last ?? list : list
            return list.rights(of: accessor, standard: standard)
        }
    }
}

/// How ACLs are kept and applied.
struct AccessControlOptions: Sendable {
    var isEnabled = true
    /// Dovecot's `acl_defaults_from_inbox`: INBOX's ACL is that of the mailboxes that have none.
    var defaultsFromInbox = false
    /// Dovecot's `acl_shared_dict` in a file: who lets whom see mailboxes.
    var sharedBoxes: SharedBoxesFile?
}
