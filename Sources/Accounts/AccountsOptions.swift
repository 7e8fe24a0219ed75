/// What a site's configuration says about accounts.
package struct AccountsOptions: Sendable {
    package var loginNames: LoginNameRules
    /// Asked in this order until one accepts the password.
    package var passwordDatabases: [PasswordDatabase]
    /// Asked in this order until one knows the user.
    package var userDatabases: [UserDatabase]
    package var rules: AccountRules
    /// When a password database gives a login another name (`uid=user`) that the user databases don't know, they are
    /// asked for the name as it was. Dovecot fails such a login.
    package var findsRenamedLogin: Bool
    /// An entry whose password can't be read (Active Directory shows none) is asked by a bind. Dovecot fails such a login.
    package var asksUnreadablePasswordByBind: Bool
    /// Between the login and a master's name, `bob*admin`: Dovecot's `auth_master_user_separator`. Nil: nobody logs in as
    /// another by it.
    package var masterUserSeparator: UInt8?
    /// Names in `uid` and `gid` fields; nil leaves numbers only.
    package var ownerNames: OwnerNames?
    /// What `%{env:NAME}` may read, and `%{hostname}`.
    package var environment: [String: String]
    package var hostName: String

    package init(
        loginNames: LoginNameRules = LoginNameRules(), passwordDatabases: [PasswordDatabase] = [],
        userDatabases: [UserDatabase], rules: AccountRules = AccountRules(), findsRenamedLogin: Bool = true,
        asksUnreadablePasswordByBind: Bool = true, masterUserSeparator: UInt8? = nil, ownerNames: OwnerNames? = nil,
        environment: [String: String] = [:], hostName: String = ""
    ) {
        self.findsRenamedLogin = findsRenamedLogin
        self.asksUnreadablePasswordByBind = asksUnreadablePasswordByBind
        self.masterUserSeparator = masterUserSeparator
        self.ownerNames = ownerNames
        self.environment = environment
        self.hostName = hostName
        self.loginNames = loginNames
        self.passwordDatabases = passwordDatabases
        self.userDatabases = userDatabases
        self.rules = rules
    }
}
