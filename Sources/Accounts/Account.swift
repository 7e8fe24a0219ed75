package import MailModel

/// The whole truth about a user for every protocol, computed once per login or delivery.
package struct Account: Hashable, Sendable {
    /// The login as the databases rewrote it: what sender rights, logs and `who` use.
    package var login: String
    /// The mailbox's identity: the entry's entryUUID, else its DN, else the login. Never a path.
    package var identity: String
    package var location: AccountLocation
    package var owner: Owner
    package var quota: Quota

    package init(
        login: String, identity: String, location: AccountLocation, owner: Owner, quota: Quota = .unlimited
    ) {
        self.login = login
        self.identity = identity
        self.location = location
        self.owner = owner
        self.quota = quota
    }
}

package enum AccountLocation: Hashable, Sendable {
    case here(MailboxLocation)
    /// Another machine serves this account.
    case elsewhere(host: String)
}
