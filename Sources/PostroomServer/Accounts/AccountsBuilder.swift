import Accounts
import Directory
import MailModel
import Passwords
import SASL
import SiteConfiguration

/// `AccountsModel` → the chains that logins and deliveries ask. Asks the name service and reads files of users, so it
/// blocks.
struct AccountsBuilder {
    /// The same accounts, asked in each of the ways that the server asks.
    struct Built {
        /// Who logs in to read mail.
        var byLogin: DirectoryAccounts
        /// Who logs in to send it.
        var forSubmission: DirectoryAccounts
        /// Where mail for a final address goes.
        var byAddress: DirectoryAccounts
        var namespace: PersonalNamespace
        /// Which mailboxes of others a login is shown.
        var shared: DirectorySharedMailboxes
    }

    let model: SiteModel
    let directories: DirectorySet
    let hashing: PasswordChecker.Run
    let faults: FaultCollector
    let templates: AccountTemplates
    let files = UserFiles()

    init(model: SiteModel, directories: DirectorySet, hashing: @escaping PasswordChecker.Run, faults: FaultCollector) {
        self.model = model
        self.directories = directories
        self.hashing = hashing
        self.faults = faults
        templates = AccountTemplates(syntax: model.accounts.variables.value, faults: faults)
    }

    /// - Parameter throttle: goes on over a reload: guesses must not be forgotten by it.
    func build(throttle: LoginThrottle) -> Built {
        let names = loginNames()
        var byLogin = options(names)
        byLogin.passwordDatabases = passwords(model.accounts.passwords)
        byLogin.userDatabases = users(byAddress: false)
        // Mail for `user+detail@host` may hold what no login holds.
        var addressNames = LoginNameRules()
        if asksAddressesAsLogins { addressNames.format = names.format }
        var byAddress = options(addressNames)
        byAddress.userDatabases = users(byAddress: true)
        // Static databases know whom the password databases know.
        byAddress.passwordDatabases = byLogin.passwordDatabases
        let submission = submission(byLogin)
        checkMechanisms()
        let time = model.accounts.cacheTime
        let memory =
            model.accounts.outageTime > .zero
            ? LoginMemory(timeToLive: model.accounts.outageTime, pool: Hashing.pool) : nil
        return Built(
            byLogin: DirectoryAccounts(
                byLogin, throttle: throttle, cache: LoginCache(timeToLive: time), memory: memory),
            forSubmission: DirectoryAccounts(
                submission, throttle: throttle, cache: LoginCache(timeToLive: time), memory: memory),
            byAddress: DirectoryAccounts(byAddress, throttle: throttle),
            namespace: PersonalNamespace(model.accounts.namespaces, faults), shared: shared(byLogin))
    }

    /// Dovecot asks for the address of a delivery as for a login. Natively there is a filter for each.
    private var asksAddressesAsLogins: Bool {
        model.routing.meaning == .postfix || model.accounts.users.allSatisfy { $0.addressFilter == nil }
    }

    private func options(_ names: LoginNameRules) -> AccountsOptions {
        AccountsOptions(
            loginNames: names, userDatabases: [], rules: rules(),
            findsRenamedLogin: !model.keepsOriginal(.renamedLogins),
            asksUnreadablePasswordByBind: !model.keepsOriginal(.unreadablePasswords),
            masterUserSeparator: masterSeparator(), ownerNames: NameService.owners, hostName: model.hostname.value)
    }

    /// Postfix asks for the password alone: who may send need not have a mailbox here. So it is where nobody has one.
    private func submission(_ byLogin: AccountsOptions) -> AccountsOptions {
        guard
            model.accounts.submission != nil || model.routing.meaning == .postfix || model.accounts.users.isEmpty
        else { return byLogin }
        var options = byLogin
        if let submission = model.accounts.submission {
            options.passwordDatabases = passwords(submission.passwords, submission)
            // What libsasl and saslauthd are told is what the client sent.
            options.loginNames = LoginNameRules(format: PasswdFileLookup.wholeUser)
            if submission.splitsRealm, let realm = submission.realm {
                options.loginNames.defaultDomain = Domain(realm.value)
            }
        }
        options.userDatabases = [Self.senders]
        options.rules = AccountRules(
            mailLocation: nil, owner: OwnerRules(minimumUID: 1, fixed: Owner(uid: 65534, gid: 65534)))
        return options
    }

    /// Nobody's mailbox is opened for a message that is handed in: the fields only make an account of a login.
    private static let senders = UserDatabase(
        name: "submission",
        method: .fixed(
            (try? AttributeMapping(assignments: "mail=maildir:/")) ?? AttributeMapping(), allowsAllUsers: true))

    // MARK: Logins

    private func loginNames() -> LoginNameRules {
        let accounts = model.accounts
        var names = LoginNameRules()
        if let text = accounts.defaultDomain {
            names.defaultDomain = Domain(text.value)
            if names.defaultDomain == nil {
                faults.error(at: text.location, "\(text.value) is not a domain", remedy: "for example example.org")
            }
        }
        if let format = accounts.loginFormat, let template = templates.text(format, for: .beforeLookup) {
            names.format = template
        }
        if let characters = accounts.loginCharacters, !characters.value.isEmpty {
            names.characters = .only(Set(characters.value.utf8))
        }
        if let text = accounts.loginTranslation {
            let bytes = Array(text.value.utf8)
            if bytes.count.isMultiple(of: 2) {
                for index in stride(from: 0, to: bytes.count, by: 2) {
                    names.translation[bytes[index]] = bytes[index + 1]
                }
            } else {
                faults.error(
                    at: text.location, "the translation of logins has an odd number of octets",
                    remedy: "pairs: what is typed, then what is meant")
            }
        }
        return names
    }

    private func masterSeparator() -> UInt8? {
        guard let text = model.accounts.masterSeparator, let separator = text.value.utf8.first else { return nil }
        guard text.value.utf8.count == 1 else {
            faults.error(
                at: text.location, "\(text.value): user and master are parted by one character", remedy: "for example *"
            )
            return nil
        }
        return separator
    }

    // MARK: Accounts

    private func rules() -> AccountRules {
        let accounts = model.accounts
        var rules = AccountRules(
            mailLocation: (accounts.inboxNamespace?.mailLocation ?? accounts.mailLocation)
                .flatMap(templates.mailLocation),
            home: accounts.home.flatMap { templates.text($0, for: .fields) }, owner: owners())
        rules.quota.terms = quotaTerms()
        for rule in accounts.quotaRules {
            let bytes = Array(rule.value.utf8)
            if let folder = templates.attempt(at: rule.location, { try QuotaFolderRule(rule: bytes) }) ?? nil {
                rules.quota.folderRules.append(folder)
            } else if let quota = templates.attempt(at: rule.location, { try Quota(rule: bytes) }) ?? nil {
                rules.quota.storage = quota.storage ?? rules.quota.storage
                rules.quota.messages = quota.messages ?? rules.quota.messages
                rules.quota.yieldsToMailbox = quota.yieldsToMailbox
            }
        }
        return rules
    }

    private func quotaTerms() -> QuotaTerms {
        let quota = model.accounts.quota
        var terms = QuotaTerms(
            sizes: quota.sizes?.value ?? .file,
            warningSender: model.postmaster.map { "\($0.value)" } ?? "postmaster@\(model.hostname.value)")
        terms.countsDeleted = quota.countsDeleted?.value ?? true
        if let grace = quota.grace {
            terms.grace =
                templates.attempt(at: grace.location) { try QuotaTerms.Grace(setting: grace.value) } ?? .none
        }
        terms.warnings = quota.warnings.compactMap { warning in
            templates.attempt(at: warning.location) { try QuotaWarning(setting: warning.value) }
        }
        return terms
    }

    private func owners() -> OwnerRules {
        let accounts = model.accounts
        func bound(_ text: Located<Int>?, else standard: UInt32) -> UInt32 {
            guard let text, text.value > 0 else { return standard }
            return UInt32(clamping: text.value)
        }
        return OwnerRules(
            minimumUID: bound(accounts.minimumUID, else: model.store.minimumUID),
            maximumUID: bound(accounts.maximumUID, else: .max), minimumGID: bound(accounts.minimumGID, else: 1),
            maximumGID: bound(accounts.maximumGID, else: .max), fixed: model.store.owner?.value,
            fallbackUID: accounts.uid.flatMap { number($0, "user", NameService.user) },
            fallbackGID: accounts.gid.flatMap { number($0, "group", NameService.group) })
    }

    private func number(_ text: Located<String>, _ kind: String, _ ask: (String) -> Outcome<UInt32>) -> UInt32? {
        if let number = OwnerRules.number(Array(text.value.utf8)) { return number }
        switch ask(text.value) {
        case .found(let number): return number
        case .absent:
            faults.error(
                at: text.location, "there is no \(kind) called \(text.value) on this machine",
                remedy: "create it, or give a number")
        case .unavailable(let reason):
            faults.error(at: text.location, reason.text, remedy: "give a number, which needs nobody's answer")
        }
        return nil
    }

    /// A list that names none of ours must not become the usual one by itself.
    private func checkMechanisms() {
        let named = model.accounts.mechanisms.filter { $0.value.uppercased() != AccountsModel.apop }
        for mechanism in named + (model.accounts.submission?.mechanisms ?? [])
        where SASLMechanism(name: mechanism.value) == nil {
            faults.error(
                at: mechanism.location, "\(mechanism.value) is not offered here",
                remedy:
                    "mechanisms are \(SASLMechanism.allCases.map(\.rawValue).joined(separator: " and ")), and APOP for POP3"
            )
        }
    }
}

extension AccountsModel {
    /// What clients of IMAP, or those of submission, may log in with.
    func offeredMechanisms(forSubmission isSubmission: Bool) -> [SASLMechanism] {
        let names = isSubmission ? submission?.mechanisms ?? mechanisms : mechanisms
        return names.isEmpty ? SASLMechanism.allCases : names.compactMap { SASLMechanism(name: $0.value) }
    }
}
