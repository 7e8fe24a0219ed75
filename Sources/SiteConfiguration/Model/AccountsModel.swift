package import Directory

/// Who may log in and where their mail lives: chains of password and user databases, in Dovecot's words.
package struct AccountsModel: Sendable {
    /// How variables are written in templates.
    package enum VariableSyntax: String, CaseIterable, Sendable {
        /// `%Lu`, `%{ldap:uid}`: Dovecot 2.3, and native.
        case percent
        /// `%{user | lower}`: Dovecot 2.4.
        case pipes
    }

    /// passdb, in order: the first that knows the login decides.
    package var passwords: [PasswordDatabaseModel]
    /// userdb, in order.
    package var users: [UserDatabaseModel]
    /// How submission checks passwords when another program does it there; the same as everywhere when nil.
    package var submission: SubmissionLoginModel?
    /// Used when the attributes give no `mail` (mail_location): `maildir:~/Maildir`.
    package var mailLocation: Located<String>?
    /// Used when the attributes give no `home` (mail_home).
    package var home: Located<String>?
    /// Completed to a login that has no `@` (auth_default_realm).
    package var defaultDomain: Located<String>?
    /// auth_username_format; `%Lu` when nil.
    package var loginFormat: Located<String>?
    /// auth_username_chars; empty allows everything that can't harm.
    package var loginCharacters: Located<String>?
    /// auth_username_translation: pairs of characters.
    package var loginTranslation: Located<String>?
    /// auth_mechanisms; PLAIN and LOGIN when empty.
    package var mechanisms: [Located<String>]
    /// auth_master_user_separator.
    package var masterSeparator: Located<String>?
    package var variables: Located<VariableSyntax>
    /// uid and gid of users without their own (mail_uid, mail_gid): names or numbers.
    package var uid: Located<String>?
    package var gid: Located<String>?
    /// first_valid_uid, first_valid_gid; the store's minimum when nil.
    package var minimumUID: Located<Int>?
    package var minimumGID: Located<Int>?
    /// last_valid_uid, last_valid_gid; no bound when nil or 0.
    package var maximumUID: Located<Int>?
    package var maximumGID: Located<Int>?
    /// quota_rule, in Dovecot's notation, for users without their own.
    package var quotaRules: [Located<String>]
    package var quota = QuotaModel()
    package var namespaces: [NamespaceModel]
    package var accessControl = AccessControlModel()
    /// Time after which a login that succeeded is checked anew; zero checks every one.
    package var cacheTime: Duration
    /// How long a password that was right before is taken while no server answers; zero for never.
    package var outageTime: Duration

    /// The one that holds INBOX.
    package var inboxNamespace: NamespaceModel? { namespaces.first { $0.kind.value == .personal && $0.isInbox } }

    package init(
        passwords: [PasswordDatabaseModel] = [], users: [UserDatabaseModel] = [], mailLocation: Located<String>? = nil,
        defaultDomain: Located<String>? = nil, cacheTime: Duration = .zero
    ) {
        self.passwords = passwords
        self.users = users
        self.mailLocation = mailLocation
        self.defaultDomain = defaultDomain
        mechanisms = []
        variables = Located(.percent, at: .builtIn)
        quotaRules = []
        namespaces = []
        self.cacheTime = cacheTime
        outageTime = .zero
    }
}

package struct PasswordDatabaseModel: Sendable {
    package enum Check: String, CaseIterable, Sendable {
        /// Bind with a DN made from the login.
        case bind
        /// Search the entry, then bind as it.
        case searchThenBind = "search-then-bind"
        /// Read the stored hash and compare.
        case hash
        /// A file in passwd(5) form with hashes (`file`).
        case passwdFile = "passwd-file"
        /// The same fields for everybody (`attributes`): Dovecot's static.
        case fixed = "static"
        /// saslauthd's LDAP mechanism, with its tokens (`saslauthd`).
        case saslauthd
        /// Another program says (`service`).
        case service
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
    /// Fields that the notation of `attributes` can't hold: values with commas, and all templates of Dovecot 2.4
    /// (`variables`). They come after `attributes`, in order.
    package var fields: [FieldModel] = []
    /// How alias entries are treated: `never` (nil), `searching`, `finding`, `always`.
    package var dereference: Located<String>?
    /// Several entries for one login are nobody, as for Courier; natively and for Dovecot they are a failure.
    package var severalEntriesAreNobody = false
    package var defaultScheme: Located<String>?
    /// Only entries where this attribute has one of these values may log in.
    package var active: ActiveConditionModel?
    package var file: UserFileModel?
    package var saslauthd: SaslauthdLookupModel?
    /// `dovecot:unix:/path`, `dovecot:inet:host:port`, `saslauthd:/run/saslauthd/mux`, `imap:host:port`.
    package var service: Located<String>?
    package var chain: DatabaseChainModel

    package init(
        check: Located<Check>, directory: Located<String> = Located(SiteModel.mainDirectory, at: .builtIn),
        dn: Located<String>? = nil, base: Located<String>? = nil, scope: Located<String>? = nil,
        filter: Located<String>? = nil, attributes: Located<String>? = nil, defaultScheme: Located<String>? = nil,
        active: ActiveConditionModel? = nil
    ) {
        self.check = check
        self.directory = directory
        self.dn = dn
        self.base = base
        self.scope = scope
        self.filter = filter
        self.attributes = attributes
        self.defaultScheme = defaultScheme
        self.active = active
        chain = DatabaseChainModel()
    }
}

/// A field and the template of its value: `allow_nets` and `10.0.0.0/8,::1`.
package struct FieldModel: Sendable {
    package var name: String
    package var template: Located<String>

    package init(name: String, template: Located<String>) {
        self.name = name
        self.template = template
    }
}

/// A file of users in passwd(5) form: on disk, or lines that some program would have written.
package struct UserFileModel: Sendable {
    package var path: Located<String>
    /// Nil when the file itself is read.
    package var lines: [Located<String>]?
    /// How a line's name is made of the login: `%u`.
    package var usernameFormat: Located<String>?

    package init(path: Located<String>, lines: [Located<String>]? = nil, usernameFormat: Located<String>? = nil) {
        self.path = path
        self.lines = lines
        self.usernameFormat = usernameFormat
    }
}

/// How one database of a chain leads to the next, in Dovecot's words.
package struct DatabaseChainModel: Sendable {
    /// result_success: `return-ok`, `continue-ok`, …
    package var success: Located<String>?
    /// result_failure.
    package var failure: Located<String>?
    /// result_internalfail.
    package var internalFailure: Located<String>?
    /// `never`, `authenticated`, `unauthenticated`; for users `never`, `found`, `notfound`.
    package var skip: Located<String>?
    /// deny = yes: who is found here may not log in.
    package var denies = false
    /// master = yes: who is found here may log in as others.
    package var isMaster = false
    /// pass = yes: a master's login goes on to the databases after it.
    package var passes = false
    package var mechanisms: [Located<String>] = []
    package var usernameFilter: [Located<String>] = []
    /// default_fields, override_fields: `name=value name=value`.
    package var defaultFields: Located<String>?
    package var overrideFields: Located<String>?

    package init() {}
}

package struct ActiveConditionModel: Sendable {
    package var attribute: Located<String>
    package var values: [Located<String>]
    /// Whether an entry without the attribute is active.
    package var whenMissing = false

    package init(attribute: Located<String>, values: [Located<String>], whenMissing: Bool = false) {
        self.attribute = attribute
        self.values = values
        self.whenMissing = whenMissing
    }
}

package struct UserDatabaseModel: Sendable {
    package enum Driver: String, CaseIterable, Sendable {
        case ldap
        /// The `userdb_` fields that came with the password.
        case prefetch
        /// The same fields for everybody (`attributes`).
        case fixed = "static"
        case passwdFile = "passwd-file"
    }

    package var driver: Driver
    package var directory: Located<String>
    package var base: Located<String>?
    package var scope: Located<String>?
    /// By login: `(uid=%u)`. An LDAP database has it.
    package var filter: Located<String>?
    /// By final address, for delivery: `(maildrop=%u)`; the login's filter when there is none.
    package var addressFilter: Located<String>?
    /// user_attrs: `homeDirectory=home, uidNumber=uid, gidNumber=gid, =mail=maildir:~/mailbox`
    package var attributes: Located<String>
    /// Fields that the notation of `attributes` can't hold: values with commas, and all templates of Dovecot 2.4
    /// (`variables`). They come after `attributes`, in order.
    package var fields: [FieldModel] = []
    /// How alias entries are treated: `never` (nil), `searching`, `finding`, `always`.
    package var dereference: Located<String>?
    /// Several entries for one login are nobody, as for Courier; natively and for Dovecot they are a failure.
    package var severalEntriesAreNobody = false
    package var active: ActiveConditionModel?
    package var file: UserFileModel?
    /// allow_all_users of a static database.
    package var allowsAllUsers = false
    /// iterate_filter and iterate_attrs: all users there are.
    package var iterateFilter: Located<String>?
    package var iterateAttributes: Located<String>?
    package var chain: DatabaseChainModel

    package init(
        driver: Driver = .ldap, directory: Located<String> = Located(SiteModel.mainDirectory, at: .builtIn),
        base: Located<String>? = nil, scope: Located<String>? = nil, filter: Located<String>?,
        addressFilter: Located<String>? = nil, attributes: Located<String>, active: ActiveConditionModel? = nil
    ) {
        self.driver = driver
        self.directory = directory
        self.base = base
        self.scope = scope
        self.filter = filter
        self.addressFilter = addressFilter
        self.attributes = attributes
        self.active = active
        chain = DatabaseChainModel()
    }

    /// Where the database was configured.
    package var location: SourceLocation { filter?.location ?? file?.path.location ?? attributes.location }
}

/// The password check of submission, where it is not the one of IMAP: Postfix with Cyrus SASL or another Dovecot.
package struct SubmissionLoginModel: Sendable {
    package var passwords: [PasswordDatabaseModel]
    /// libsasl's view of a login: `user@realm` is split at the last `@`, and a name without a realm gets this one
    /// (smtpd_sasl_local_domain). Nil leaves logins whole.
    package var realm: Located<String>?
    package var splitsRealm: Bool
    package var mechanisms: [Located<String>]

    package init(
        passwords: [PasswordDatabaseModel], realm: Located<String>? = nil, splitsRealm: Bool = false,
        mechanisms: [Located<String>] = []
    ) {
        self.passwords = passwords
        self.realm = realm
        self.splitsRealm = splitsRealm
        self.mechanisms = mechanisms
    }
}

/// saslauthd's LDAP mechanism: saslauthd.conf.
package struct SaslauthdLookupModel: Sendable {
    package enum Method: String, CaseIterable, Sendable {
        case bind, custom, fastbind
    }

    package enum GroupMatch: String, CaseIterable, Sendable {
        case attribute = "attr"
        case filter
    }

    package var method: Located<Method>
    package var base: Located<String>?
    package var filter: Located<String>
    package var scope: Located<String>?
    package var passwordAttribute: Located<String>?
    package var defaultRealm: Located<String>?
    /// saslauthd -r: the realm is part of the user.
    package var joinsRealm: Bool
    package var groupDN: Located<String>?
    package var groupAttribute: Located<String>?
    package var groupMatch: Located<GroupMatch>?
    package var groupFilter: Located<String>?
    package var groupBase: Located<String>?
    package var groupScope: Located<String>?

    package init(method: Located<Method>, filter: Located<String>, joinsRealm: Bool = false) {
        self.method = method
        self.filter = filter
        self.joinsRealm = joinsRealm
    }
}

/// A part of what a user sees over IMAP (Dovecot's namespace).
package struct NamespaceModel: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        case personal = "private"
        case shared
        case `public`
    }

    package var name: String
    package var kind: Located<Kind>
    package var prefix: Located<String>?
    package var separator: Located<String>?
    package var mailLocation: Located<String>?
    package var isInbox: Bool
    /// Of a shared or public one: whether each reader has a `\Seen` of his own (`INDEXPVT=`).
    package var hasOwnSeen = false
    package var isHidden: Bool
    /// `yes`, `no`, `children`.
    package var list: Located<String>?
    package var keepsSubscriptions: Bool
    package var mailboxes: [MailboxModel]

    package init(name: String, kind: Located<Kind>) {
        self.name = name
        self.kind = kind
        isInbox = false
        isHidden = false
        keepsSubscriptions = true
        mailboxes = []
    }
}

/// A mailbox that a namespace names: `mailbox Sent { auto = subscribe, special_use = \Sent }`.
package struct MailboxModel: Sendable {
    package enum Creation: String, CaseIterable, Sendable {
        case no, create, subscribe
    }

    package var name: Located<String>
    package var creation: Creation
    package var specialUses: [Located<String>]

    package init(name: Located<String>, creation: Creation = .no, specialUses: [Located<String>] = []) {
        self.name = name
        self.creation = creation
        self.specialUses = specialUses
    }
}
