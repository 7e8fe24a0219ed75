/// Who may log in and where their mail lives: chains of password and user databases, in Dovecot's words.
package struct AccountsModel: Sendable {
    /// passdb, in order: the first that knows the login decides.
    package var passwords: [PasswordDatabaseModel]
    /// userdb, in order.
    package var users: [UserDatabaseModel]
    /// Used when the attributes give no `mail` (mail_location): `maildir:~/Maildir`.
    package var mailLocation: Located<String>?
    /// Completed to a login that has no `@`.
    package var defaultDomain: Located<String>?
    /// Time after which a login that succeeded is checked anew; zero checks every one.
    package var cacheTime: Duration
}

package struct PasswordDatabaseModel: Sendable {
    package enum Check: String, CaseIterable, Sendable {
        /// Bind with a DN made from the login.
        case bind
        /// Search the entry, then bind as it.
        case searchThenBind = "search-then-bind"
        /// Read the stored hash and compare.
        case hash
    }

    package var check: Located<Check>
    package var directory: Located<String>
    /// `uid=%u,ou=Mail,dc=example,dc=com`
    package var dn: Located<String>?
    package var base: Located<String>?
    package var scope: Located<String>?
    /// `(uid=%u)`
    package var filter: Located<String>?
    /// pass_attrs: `uid=user, userPassword=password`
    package var attributes: Located<String>?
    package var defaultScheme: Located<String>?
    /// Only entries where this attribute has one of these values may log in.
    package var active: ActiveConditionModel?
}

package struct ActiveConditionModel: Sendable {
    package var attribute: Located<String>
    package var values: [Located<String>]
}

package struct UserDatabaseModel: Sendable {
    package var directory: Located<String>
    package var base: Located<String>?
    package var scope: Located<String>?
    /// By login: `(uid=%u)`
    package var filter: Located<String>
    /// By final address, for delivery: `(maildrop=%u)`; the login's filter when there is none.
    package var addressFilter: Located<String>?
    /// user_attrs: `homeDirectory=home, uidNumber=uid, gidNumber=gid, =mail=maildir:~/mailbox`
    package var attributes: Located<String>
    package var active: ActiveConditionModel?
}
