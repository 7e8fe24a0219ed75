/// `accounts.acl`: who else may see a mailbox (RFC 4314).
package struct AccessControlModel: Sendable {
    /// Whether ACLs count.
    package var isEnabled = true
    /// Whether clients may see and change them.
    package var hasCommands = true
    /// A file or a folder with entries for mailboxes of all accounts, which say more than the mailboxes' own
    /// (`acl = vfile:/path`).
    package var siteLists: Located<String>?
    /// Where it is kept who lets whom see mailboxes, in the form of Dovecot's `acl_shared_dict = file:…`.
    package var sharedFile: Located<String>?
    /// INBOX's ACL is that of the account's mailboxes that have none (`acl_defaults_from_inbox`).
    package var defaultsFromInbox = false

    package init() {}
}
