import Accounts
import Directory
import MailModel
import Passwords
import PostroomTesting

/// The Dovecot configurations behind the recorded answers, as options of ours.
struct DovecotConfiguration: Sendable, CustomStringConvertible {
    let name: String
    let directory: SampleDirectory
    let base: String
    var bindName: String?
    /// auth_bind
    var bindsAsUser = false
    /// default_pass_scheme
    var scheme = PasswordScheme.crypt
    var passAttributes = "uid=user,userPassword=password"
    var passFilter = "(&(objectClass=posixAccount)(uid=%u))"
    let userAttributes: String
    let userFilter: String
    let mailLocation: String

    var description: String { name }

    static let all = [defaults, basic, vennedey, pragyan, ad]

    static let defaults = DovecotConfiguration(
        name: "defaults", directory: .dmsLDAP, base: "dc=example,dc=org", scheme: .ssha,
        passAttributes: "uniqueIdentifier=user,userPassword=password",
        passFilter: "(&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))",
        userAttributes: "mailHomeDirectory=home,mailUidNumber=uid,mailGidNumber=gid,mailStorageDirectory=mail",
        userFilter: "(&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))", mailLocation: "maildir:~/Maildir")

    static let basic = DovecotConfiguration(
        name: "basic", directory: .dmsLDAP, base: "dc=example,dc=org", scheme: .ssha,
        passFilter: "(&(objectClass=inetOrgPerson)(mail=%u))",
        userAttributes: "=home=/var/mail/%{ldap:uid},=mail=maildir:~/Maildir,uidNumber=uid,gidNumber=gid",
        userFilter: "(&(objectClass=inetOrgPerson)(mail=%u))", mailLocation: "maildir:~/Maildir")

    static let vennedey = DovecotConfiguration(
        name: "vennedey", directory: .vennedey, base: "ou=Mail,dc=example,dc=com",
        bindName: "uid=%u,ou=Mail,dc=example,dc=com", bindsAsUser: true,
        userAttributes: "homeDirectory=home,uidNumber=uid,gidNumber=gid",
        userFilter: "(&(objectClass=posixAccount)(uid=%u))", mailLocation: "maildir:~/mailbox")

    static let pragyan = DovecotConfiguration(
        name: "pragyan", directory: .pragyan, base: "ou=People,ou=Pragyan,dc=delta,dc=nitt.edu",
        passFilter: "(&(objectClass=evolutionPerson)(uid=%n))",
        userAttributes: "=uid=700,=gid=700,=home=/var/spool/mail/virtual/PragyanMail/%u",
        userFilter: "(&(objectClass=evolutionPerson)(uid=%n))",
        mailLocation: "mbox:/var/spool/mail/virtual/PragyanMail/%u:INBOX=/var/spool/mail/virtual/%u")

    static let ad = DovecotConfiguration(
        name: "ad", directory: .activeDirectory, base: "dc=ad,dc=example,dc=com", bindsAsUser: true,
        passAttributes: "sAMAccountName=user,userPassword=password",
        passFilter: "(&(objectclass=person)(sAMAccountName=%n))",
        userAttributes: "=uid=%{ldap:uidNumber},=gid=5000,=home=/var/mail/%Ln,=mail=maildir:~/Maildir",
        userFilter: "(&(objectclass=person)(sAMAccountName=%n))", mailLocation: "maildir:~/Maildir")

    /// dovecot-ldap.conf.ext
    func dovecotText(_ slapd: Slapd) -> String {
        """
        uris = \(slapd.url)
        dn = \(slapd.bindDN)
        dnpass = \(slapd.bindPassword)
        base = \(base)
        ldap_version = 3
        auth_bind = \(bindsAsUser ? "yes" : "no")
        \(bindName.map { "auth_bind_userdn = \($0)" } ?? "")
        \(scheme == .ssha ? "default_pass_scheme = SSHA" : "")
        pass_attrs = \(passAttributes)
        pass_filter = \(passFilter)
        user_attrs = \(userAttributes)
        user_filter = \(userFilter)

        """
    }

    func accounts(_ source: any DirectorySource) throws -> DirectoryAccounts {
        let pass = EntryLookup(
            source: source, base: try NameTemplate(base), filter: try FilterTemplate(passFilter),
            mapping: try AttributeMapping(passAttributes))
        let user = EntryLookup(
            source: source, base: try NameTemplate(base), filter: try FilterTemplate(userFilter),
            mapping: try AttributeMapping(userAttributes))
        let method: PasswordDatabase.Method =
            if let bindName {
                .bind(try BindNameTemplate(bindName), source)
            } else if bindsAsUser {
                .searchThenBind(pass)
            } else {
                .compare(pass, Site.checker(scheme), .first)
            }
        return DirectoryAccounts(
            AccountsOptions(
                loginNames: LoginNameRules(characters: LoginNameRules.dovecotCharacters),
                passwordDatabases: [PasswordDatabase(method: method)],
                userDatabases: [UserDatabase(method: .search(user))],
                rules: AccountRules(mailLocation: try MailLocationTemplate(setting: mailLocation))),
            throttle: LoginThrottle(clock: ManualClock().clock))
    }
}
