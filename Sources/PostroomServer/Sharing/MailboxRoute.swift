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

    /// Parts before the store's names as clients see them; of a single folder its whole name.
    var prefix: [[UInt8]] = []
    var separator = UInt8(ascii: ".")
    /// A Maildir of the site's own, whose root is no mailbox: an ACL there is that of the mailboxes below that say nothing.
    var hasStandardAtRoot = false

    var isOwn: Bool { account == nil }

    /// The login where it is not the owner's: what is private to each user of the mailbox is then its own.
    var reader: String? { accessor.isOwner ? nil : accessor.login }

    /// A mailbox of this store as clients see it, in UTF-8: what the site's ACLs know it by.
    private func shown(_ name: MailboxName) -> [UInt8] {
        let own = account.map { $0.isWhole && !name.isInbox } ?? true
        let parts = isOwn && name.isInbox ? name.parts : prefix + (own ? name.parts : [])
        return Array(parts.joined(separator: [separator]))
    }

    /// What the login may do with mailboxes of this store, in the order of `names`.
    func rights(to names: [MailboxName], _ options: AccessControlOptions) async throws(MailboxFailure)
        -> [MailboxRights]
    {
        guard options.isEnabled, let store = store as? any AccessControlledStore else {
            return names.map { _ in isOwn ? .all : standard }
        }
        // Owners have all rights to what speaks of nobody: for Dovecot, too, only others ask INBOX's ACL.
        let isInboxAsked = hasStandardAtRoot || (options.defaultsFromInbox && !accessor.isOwner)
        var lists = try await store.accessLists(of: isInboxAsked ? names + [.inbox] : names)
        let inbox = isInboxAsked ? lists.popLast() : nil
        let site = try await options.siteLists?.answer((names + [.inbox]).map(shown))
        let nothing = AccessControlList()
        let siteStandard =
            (options.defaultsFromInbox && !hasStandardAtRoot ? site?.lists.last : site?.standard) ?? nothing
        let unmatched = (inbox ?? StoredAccessList()).rights(
            of: accessor, standard: standard, global: siteStandard)
        return lists.indices.map { index in
            lists[index].rights(
                of: accessor, standard: standard, unmatched: unmatched,
                global: site.map { index < $0.lists.count ? $0.lists[index] : nothing } ?? nothing)
        }
    }

    /// What the site says of one of them.
    func siteList(of name: MailboxName, _ options: AccessControlOptions) async throws(MailboxFailure)
        -> AccessControlList
    {
        try await options.siteLists?.answer([shown(name)]).lists.first ?? AccessControlList()
    }
}

/// How ACLs are kept and applied.
struct AccessControlOptions: Sendable {
    var isEnabled = true
    /// Whether clients may see and change them.
    var hasCommands = true
    /// Entries of the site for mailboxes of all accounts.
    var siteLists: SiteAccessLists?
    /// Dovecot's `acl_defaults_from_inbox`: INBOX's ACL is that of the mailboxes that have none.
    var defaultsFromInbox = false
    /// Dovecot's `acl_shared_dict` in a file: who lets whom see mailboxes.
    var sharedBoxes: SharedBoxesFile?
}
