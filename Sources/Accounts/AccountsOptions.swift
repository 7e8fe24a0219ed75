/// What a site's configuration says about accounts.
package struct AccountsOptions: Sendable {
    package var loginNames: LoginNameRules
    /// Asked in this order until one accepts the password.
    package var passwordDatabases: [PasswordDatabase]
    /// Asked in this order until one knows the user.
    package var userDatabases: [UserDatabase]
    package var rules: AccountRules

    package init(
        loginNames: LoginNameRules = LoginNameRules(), passwordDatabases: [PasswordDatabase] = [],
        userDatabases: [UserDatabase], rules: AccountRules = AccountRules()
    ) {
        self.loginNames = loginNames
        self.passwordDatabases = passwordDatabases
        self.userDatabases = userDatabases
        self.rules = rules
    }
}
