import Accounts
import Directory
import LDAP
import MailModel
import Passwords
import SiteConfiguration

/// `AccountsModel` → the chains that logins and deliveries ask.
struct AccountsBuilder {
    let model: SiteModel
    let directories: DirectorySet
    let hashing: PasswordChecker.Run
    let faults: FaultCollector

    /// Accounts by login, and the same databases asked by final address.
    func build(throttle: LoginThrottle) -> (byLogin: DirectoryAccounts, byAddress: DirectoryAccounts) {
        let accounts = model.accounts
        let rules = AccountRules(
            mailLocation: accounts.mailLocation.flatMap { text in
                attempt(at: text.location) { try MailLocationTemplate(setting: text.value) }
            },
            owner: OwnerRules(minimumUID: model.store.minimumUID, fixed: model.store.owner?.value))
        var names = LoginNameRules()
        if let text = accounts.defaultDomain {
            names.defaultDomain = Domain(text.value)
            if names.defaultDomain == nil {
                faults.error(at: text.location, "\(text.value) is not a domain", remedy: "for example example.org")
            }
        }
        let passwords = accounts.passwords.compactMap(password)
        let byLogin = AccountsOptions(
            loginNames: names, passwordDatabases: passwords,
            userDatabases: accounts.users.compactMap { user($0, filter: $0.filter) }, rules: rules)
        let byAddress = AccountsOptions(
            loginNames: LoginNameRules(),
            userDatabases: accounts.users.compactMap { user($0, filter: $0.addressFilter ?? $0.filter) }, rules: rules)
        let cache = LoginCache(timeToLive: accounts.cacheTime)
        return (
            DirectoryAccounts(byLogin, throttle: throttle, cache: cache),
            DirectoryAccounts(byAddress, throttle: throttle)
        )
    }

    private func password(_ model: PasswordDatabaseModel) -> PasswordDatabase? {
        let place = model.check.location
        let method: PasswordDatabase.Method?
        switch model.check.value {
        case .bind:
            guard let text = model.dn, let source = directories.source(model.directory, faults) else { return nil }
            method = attempt(at: text.location) { .bind(try BindNameTemplate(text.value), source) }
        case .searchThenBind:
            method = lookup(
                model.directory, base: model.base, scope: model.scope, filter: model.filter,
                attributes: model.attributes
            ).map { .searchThenBind($0) }
        case .hash:
            let attributes = model.attributes ?? Located("userPassword=password", at: .builtIn)
            let scheme = model.defaultScheme.map { text in
                let scheme = PasswordScheme(name: text.value)
                if scheme == nil {
                    faults.error(
                        at: text.location, "there is no password scheme called \(text.value)",
                        remedy: PasswordScheme.allCases.map(\.rawValue).joined(separator: ", "))
                }
                return scheme ?? .crypt
            }
            let checker = PasswordChecker(defaultScheme: scheme ?? .crypt, run: hashing)
            method = lookup(
                model.directory, base: model.base, scope: model.scope, filter: model.filter, attributes: attributes
            ).map { .compare($0, checker, .any) }
        case .passwdFile, .fixed, .saslauthd, .service:
            faults.error(at: place, "\(model.check.value.rawValue): this check can't be made")
            method = nil
        }
        guard let method else { return nil }
        return PasswordDatabase(
            name: "accounts.password", method: method, active: active(model.active), location: place)
    }

    private func user(_ model: UserDatabaseModel, filter: Located<String>?) -> UserDatabase? {
        lookup(
            model.directory, base: model.base, scope: model.scope, filter: filter, attributes: model.attributes
        ).map {
            UserDatabase(
                name: "accounts.user", method: .search($0), active: active(model.active), location: model.location)
        }
    }

    private func active(_ model: ActiveConditionModel?) -> ActiveCondition? {
        model.map { .attribute($0.attribute.value, values: $0.values.map { Array($0.value.utf8) }, whenMissing: false) }
    }

    private func lookup(
        _ directory: Located<String>, base: Located<String>?, scope: Located<String>?, filter: Located<String>?,
        attributes: Located<String>?
    ) -> EntryLookup? {
        guard let source = directories.source(directory, faults), let filter,
            let base = base ?? directories.base(directory, for: filter, faults)
        else { return nil }
        guard let name = attempt(at: base.location, { try NameTemplate(base.value) }),
            let template = attempt(at: filter.location, { try FilterTemplate(filter.value) })
        else { return nil }
        let mapping = attributes.map { text in
            attempt(at: text.location) { try AttributeMapping(text.value) } ?? AttributeMapping()
        }
        return EntryLookup(
            source: source, base: name, scope: DirectorySet.scope(scope, faults), filter: template,
            mapping: mapping ?? AttributeMapping())
    }

    private func attempt<Value>(at location: SourceLocation, _ body: () throws -> Value) -> Value? {
        do {
            return try body()
        } catch {
            faults.error(at: location, "\(error)", remedy: "see docs/configuration.md, accounts")
            return nil
        }
    }
}
