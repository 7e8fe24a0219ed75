package import MailModel

/// `shared:`: which mailboxes of others a login is shown, as the directory has it.
package struct SharedModel: Sendable {
    /// Each is one question to the directory; what they find is joined.
    package var rules: [SharedRuleModel] = []
    /// How long what a login sees is kept before the directory is asked again; 30 s when nil.
    package var cacheTime: Located<Duration>?
    /// How long it is still used while the directory doesn't answer; an hour when nil.
    package var outageTime: Located<Duration>?
    /// Whether the sharable Maildirs are shown that the `shared-maildirs` in a login's own Maildir names, as Courier does.
    package var readsSharedMaildirs = false

    package init() {}
}

package struct SharedRuleModel: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// Accounts that are nobody's: shown among the shared mailboxes.
        case account
        /// Groups that have a mailbox: their members see it among the shared mailboxes.
        case group
        /// Accounts of people who let others open them: shown among other users' mailboxes.
        case delegation
    }

    package var kind: Located<Kind>
    package var directory: Located<String>
    package var base: Located<String>?
    package var scope: Located<String>?
    /// Which entries have such a mailbox; the same for every login.
    package var filter: Located<String>
    /// An attribute of the reader's own entry, with the DNs of what is shown to him.
    package var listedIn: Located<String>?
    /// An attribute of the entry that has the mailbox, with the DNs of those who see it.
    package var members: Located<String>?
    /// The same with logins.
    package var memberLogins: Located<String>?
    /// Whether members of groups within groups count: asked by Active Directory's own rule for it.
    package var isNested: Bool
    /// What clients call it: a template over the entry. `%{ldap:cn}` when nil.
    package var display: Located<String>?
    /// What the entry says of its mailbox, as in `accounts.user`; that of the first database of users when nil.
    package var attributes: Located<String>?
    /// The attribute with the names of folders that are there besides, their levels parted by dots.
    package var folders: Located<String>?
    /// The attribute with the folder that mail goes to, where the mailbox is a link to a folder of a sharable Maildir.
    package var deliveryFolder: Located<String>?
    /// What of the link's path is replaced to have the path of the sharable Maildir: `/shared/` by `/shared.maildirs/`.
    package var linkPath: Located<String>?
    package var maildirPath: Located<String>?
    /// RFC 4314's letters; the mailbox's own ACL alone says it when nil.
    package var rights: Located<MailboxRights>?
    /// Whether each reader has a `\Seen` of his own.
    package var hasOwnSeen: Bool

    package init(
        kind: Located<Kind>, directory: Located<String> = Located(SiteModel.mainDirectory, at: .builtIn),
        filter: Located<String>
    ) {
        self.kind = kind
        self.directory = directory
        self.filter = filter
        isNested = false
        hasOwnSeen = false
    }
}
