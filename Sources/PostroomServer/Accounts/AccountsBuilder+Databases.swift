import Accounts
import Directory
import LDAP
import Passwords
import SiteConfiguration

/// The databases of the chains.
extension AccountsBuilder {
    func passwords(_ models: [PasswordDatabaseModel], _ submission: SubmissionLoginModel? = nil) -> [PasswordDatabase] {
        models.enumerated().compactMap { index, model in
            guard let method = method(model, submission) else { return nil }
            return PasswordDatabase(
                name: Self.name("accounts.password", index, models.count), method: method, active: active(model.active),
                location: model.check.location, rules: rules(model.chain))
        }
    }

    /// - Parameter byAddress: for deliveries, which may have a filter of their own.
    func users(byAddress: Bool) -> [UserDatabase] {
        let models = model.accounts.users
        return models.enumerated().compactMap { index, model in
            guard let method = method(model, byAddress: byAddress) else { return nil }
            return UserDatabase(
                name: Self.name("accounts.user", index, models.count), method: method, active: active(model.active),
                location: model.location, rules: userRules(model.chain), iteration: iteration(model))
        }
    }

    private static func name(_ name: String, _ index: Int, _ count: Int) -> String {
        count > 1 ? "\(name)[\(index + 1)]" : name
    }

    // MARK: Passwords

    private func method(
        _ model: PasswordDatabaseModel, _ submission: SubmissionLoginModel?
    ) -> PasswordDatabase.Method? {
        switch model.check.value {
        case .bind:
            guard let text = needed(model.dn, "dn", model.check),
                let source = directories.live(model.directory, faults),
                let name = templates.bindName(text)
            else { return nil }
            return .bind(name, source)
        case .searchThenBind: return lookup(model, model.attributes).map { .searchThenBind($0) }
        case .hash:
            let attributes =
                model.attributes ?? (model.fields.isEmpty ? Located("userPassword=password", at: .builtIn) : nil)
            // As Dovecot, the first of several values; natively as a directory server itself does it.
            return lookup(model, attributes).map {
                .compare(
                    $0, checker(model.defaultScheme, else: .crypt),
                    self.model.routing.meaning == .postfix ? .first : .any)
            }
        case .passwdFile:
            guard let file = needed(model.file, "file", model.check) else { return nil }
            return userFile(file, checker(model.defaultScheme, else: .crypt)).map { .passwdFile($0) }
        case .fixed:
            return .fixed(
                templates.mapping(model.attributes, model.fields), checker(model.defaultScheme, else: .plain))
        case .saslauthd:
            guard let lookup = needed(model.saslauthd, "saslauthd", model.check) else { return nil }
            return saslauthd(model, lookup, submission).map { .saslauthd($0) }
        case .service:
            guard let text = needed(model.service, "service", model.check), let service = service(text) else {
                return nil
            }
            guard let submission else { return .service(service) }
            let splits = submission.splitsRealm && !text.value.hasPrefix("dovecot:")
            return .service(
                SubmissionService(
                    service: service, splitsRealm: splits, localRealm: Array((submission.realm?.value ?? "").utf8)))
        }
    }

    private func needed<Value>(
        _ value: Value?, _ name: String, _ check: Located<PasswordDatabaseModel.Check>
    ) -> Value? {
        if value == nil {
            faults.error(
                at: check.location, "a password check of the kind \(check.value.rawValue) needs \(name)",
                remedy: "see docs/configuration.md, accounts")
        }
        return value
    }

    private func checker(_ name: Located<String>?, else standard: PasswordScheme) -> PasswordChecker {
        guard let name else { return PasswordChecker(defaultScheme: standard, run: hashing) }
        // A suffix names the encoding, as in a value's own braces: SHA256.HEX.
        let scheme = PasswordScheme(name: String(name.value.prefix { $0 != "." }))
        if scheme == nil {
            faults.error(
                at: name.location, "there is no password scheme called \(name.value)",
                remedy: PasswordScheme.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return PasswordChecker(defaultScheme: scheme ?? standard, run: hashing)
    }

    /// `dovecot:unix:/path`, `dovecot:inet:host:port`, `saslauthd:/run/saslauthd/mux`, `imap:host:port`.
    private func service(_ text: Located<String>) -> (any PasswordService)? {
        let parts = text.value.split(separator: ":", maxSplits: 1).map(String.init)
        let rest = parts.count == 2 ? parts[1] : ""
        switch parts.first {
        case "dovecot":
            if let address = ServiceAddress(smtpdSASLPath: rest, queueDirectory: "/var/spool/postfix") {
                return DovecotAuthClient(address)
            }
        case "saslauthd" where rest.hasPrefix("/"): return SaslauthdClient(path: rest)
        case "imap":
            if case .tcp(let host, let port)? = ServiceAddress(
                smtpdSASLPath: "inet:\(rest.contains(":") ? rest : rest + ":143")", queueDirectory: "/")
            {
                return IMAPLoginClient(host: host, port: port)
            }
        default: break
        }
        faults.error(
            at: text.location, "\(text.value) is no service that checks passwords",
            remedy: "dovecot:unix:/path, dovecot:inet:host:port, saslauthd:/run/saslauthd/mux or imap:host:port")
        return nil
    }

    private func saslauthd(
        _ model: PasswordDatabaseModel, _ lookup: SaslauthdLookupModel, _ submission: SubmissionLoginModel?
    ) -> SaslauthdLookup? {
        guard let source = directories.live(model.directory, faults) else { return nil }
        let base = lookup.base ?? model.base ?? directories.members[model.directory.value]?.base
        let method: SaslauthdLookup.Method? = templates.attempt(at: lookup.filter.location) {
            switch lookup.method.value {
            case .bind: return .bind(try SaslauthdFilter(lookup.filter.value))
            case .custom:
                return .custom(
                    try SaslauthdFilter(lookup.filter.value),
                    attribute: lookup.passwordAttribute?.value ?? "userPassword",
                    checker(model.defaultScheme, else: .plain))
            case .fastbind: return .fastbind(try SaslauthdName(lookup.filter.value))
            }
        }
        guard let method,
            let baseName = templates.attempt(
                at: base?.location ?? lookup.filter.location, { try SaslauthdName(base?.value ?? "") })
        else { return nil }
        var result = SaslauthdLookup(
            source: source, method: method, base: baseName, scope: DirectorySet.scope(lookup.scope, faults),
            dereference: DirectorySet.dereference(model.dereference, faults),
            defaultRealm: Array((lookup.defaultRealm?.value ?? "").utf8),
            localRealm: Array((submission?.realm?.value ?? "").utf8), arrival: lookup.joinsRealm ? .glued : .parted)
        result.group = group(lookup, baseName)
        return result
    }

    private func group(_ lookup: SaslauthdLookupModel, _ base: SaslauthdName) -> SaslauthdLookup.Group? {
        switch lookup.groupMatch?.value {
        case .filter?:
            guard let filter = lookup.groupFilter else { return nil }
            return templates.attempt(at: filter.location) {
                .filter(
                    try SaslauthdFilter(filter.value),
                    base: try lookup.groupBase.map { try SaslauthdName($0.value) } ?? base,
                    scope: DirectorySet.scope(lookup.groupScope, faults))
            }
        case .attribute?, nil:
            guard let name = lookup.groupDN else { return nil }
            return templates.attempt(at: name.location) {
                .attribute(try SaslauthdName(name.value), attribute: lookup.groupAttribute?.value ?? "uniqueMember")
            }
        }
    }

    // MARK: Users

    private func method(_ model: UserDatabaseModel, byAddress: Bool) -> UserDatabase.Method? {
        switch model.driver {
        case .prefetch: return .prefetch
        case .fixed:
            return .fixed(
                templates.mapping(model.attributes, model.fields), allowsAllUsers: model.allowsAllUsers)
        case .passwdFile:
            guard let file = model.file else {
                faults.error(
                    at: model.location, "a user database of the kind passwd-file needs a file",
                    remedy: "see docs/configuration.md, accounts")
                return nil
            }
            return userFile(file, checker(nil, else: .crypt)).map { .passwdFile($0) }
        case .ldap:
            let filter = byAddress ? model.addressFilter ?? model.filter : model.filter
            guard let filter else {
                faults.error(
                    at: model.location, "a user database over a directory needs a filter",
                    remedy: "for example (uid=%u)")
                return nil
            }
            // Whether an account is in use is asked of the servers when its user logs in.
            let isLive = model.active != nil && !byAddress
            return lookup(
                isLive ? directories.live(model.directory, faults) : directories.source(model.directory, faults),
                model.directory, base: model.base, scope: model.scope, filter: filter,
                dereference: model.dereference, mapping: templates.mapping(model.attributes, model.fields),
                several: byAddress && !self.model.keepsOriginal(.severalMailboxes)
                    ? .each : Self.several(model.severalEntriesAreNobody)
            ).map { .search($0) }
        }
    }

    private func iteration(_ model: UserDatabaseModel) -> EntryLookup? {
        guard model.driver == .ldap, let filter = model.iterateFilter else { return nil }
        return lookup(
            directories.source(model.directory, faults), model.directory, base: model.base, scope: model.scope,
            filter: filter, dereference: model.dereference,
            mapping: templates.mapping(model.iterateAttributes ?? Located("uid=user", at: .builtIn), []),
            several: .failure)
    }

    // MARK: Parts

    private static func several(_ areNobody: Bool) -> EntryLookup.SeveralEntries { areNobody ? .nobody : .failure }

    private func active(_ model: ActiveConditionModel?) -> ActiveCondition? {
        model.map {
            .attribute($0.attribute.value, values: $0.values.map { Array($0.value.utf8) }, whenMissing: $0.whenMissing)
        }
    }

    private func lookup(_ model: PasswordDatabaseModel, _ attributes: Located<String>?) -> EntryLookup? {
        guard let filter = needed(model.filter, "filter", model.check) else { return nil }
        return lookup(
            directories.live(model.directory, faults), model.directory, base: model.base, scope: model.scope,
            filter: filter, dereference: model.dereference, mapping: templates.mapping(attributes, model.fields),
            several: Self.several(model.severalEntriesAreNobody))
    }

    private func lookup(
        _ source: (any DirectorySource)?, _ directory: Located<String>, base: Located<String>?,
        scope: Located<String>?, filter: Located<String>, dereference: Located<String>?, mapping: AttributeMapping,
        several: EntryLookup.SeveralEntries
    ) -> EntryLookup? {
        guard let source, let base = base ?? directories.base(directory, for: filter, faults),
            let name = templates.name(base), let template = templates.filter(filter)
        else { return nil }
        var lookup = EntryLookup(
            source: source, base: name, scope: DirectorySet.scope(scope, faults), filter: template,
            dereference: DirectorySet.dereference(dereference, faults), mapping: mapping)
        lookup.severalEntries = several
        return lookup
    }

    private func userFile(_ model: UserFileModel, _ checker: PasswordChecker) -> PasswdFileLookup? {
        let format = model.usernameFormat.map { templates.text($0, for: .beforeLookup) }
        if case .some(.none) = format { return nil }
        let username = (format ?? nil) ?? PasswdFileLookup.wholeUser
        if let lines = model.lines {
            let file = PasswdFile(contents: Array(lines.map { Array($0.value.utf8) }.joined(separator: [0x0A])))
            tell(file, model) { lines.indices.contains($0 - 1) ? lines[$0 - 1].location : model.path.location }
            guard let name = templates.text(model.path.map { $0.replacing("%", with: "%%") }, for: .beforeLookup) else {
                return nil
            }
            return PasswdFileLookup(path: name, usernameFormat: username, checker: checker) { _ in .found(file) }
        }
        guard let path = templates.text(model.path, for: .beforeLookup) else { return nil }
        if !model.path.value.contains("%") {
            switch files.load(model.path.value) {
            case .found(let file): tell(file, model) { SourceLocation(file: model.path.value, line: $0) }
            case .absent:
                faults.error(
                    at: model.path.location, "there is no file \(model.path.value)", remedy: "name the file of users")
            case .unavailable(let reason):
                faults.error(at: model.path.location, reason.text, remedy: "make it readable for the service's user")
            }
        }
        let files = files
        return PasswdFileLookup(path: path, usernameFormat: username, checker: checker) { await files.read($0) }
    }

    private func tell(_ file: PasswdFile, _ model: UserFileModel, _ place: (Int) -> SourceLocation) {
        for fault in file.faults.prefix(100) {
            faults.warning(at: place(fault.line), fault.reason, remedy: "the line is left out")
        }
    }

    // MARK: Chains

    private func rules(_ model: DatabaseChainModel) -> PasswordDatabaseRules {
        var rules = PasswordDatabaseRules(
            isDeny: model.denies, isMaster: model.isMaster, passes: model.passes,
            mechanisms: model.mechanisms.map(\.value), usernameFilter: model.usernameFilter.map(\.value),
            defaultFields: templates.assignments(model.defaultFields),
            overrideFields: templates.assignments(model.overrideFields))
        rules.success = word(model.success, DatabaseRule.self)
        if let rule = word(model.failure, DatabaseRule.self) { rules.failure = rule }
        if let rule = word(model.internalFailure, DatabaseRule.self) { rules.internalFailure = rule }
        if let skip = word(model.skip, PasswordDatabaseRules.Passing.self) { rules.skip = skip }
        return rules
    }

    private func userRules(_ model: DatabaseChainModel) -> UserDatabaseRules {
        var rules = UserDatabaseRules(
            defaultFields: templates.assignments(model.defaultFields),
            overrideFields: templates.assignments(model.overrideFields))
        if let rule = word(model.success, DatabaseRule.self) { rules.success = rule }
        if let rule = word(model.failure, DatabaseRule.self) { rules.failure = rule }
        if let rule = word(model.internalFailure, DatabaseRule.self) { rules.internalFailure = rule }
        if let skip = word(model.skip, UserDatabaseRules.Passing.self) { rules.skip = skip }
        return rules
    }

    private func word<Word: RawRepresentable & CaseIterable>(_ text: Located<String>?, _: Word.Type) -> Word?
    where Word.RawValue == String {
        guard let text else { return nil }
        if let word = Word(rawValue: text.value) { return word }
        faults.error(
            at: text.location, "\(text.value) is not known",
            remedy: Word.allCases.map(\.rawValue).joined(separator: ", "))
        return nil
    }
}
