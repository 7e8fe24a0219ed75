package import Directory
import LDAP

/// The user databases in their order, as Dovecot's rules lead through them.
struct UserChain: Sendable {
    let options: AccountsOptions
    let prefetched: Fields?
    private let login: [UInt8]
    private var variables: LoginVariables
    private var unavailable: UnavailableReason?
    private var found: UserDatabase.User?
    /// What Dovecot's rules say the chain has come to; apart from what was found on the way.
    private var success = false
    /// Set in any case where the chain succeeds: those of the database that was asked last.
    private var defaults = Fields()
    private var overrides: AttributeMapping?
    /// Its rules ended the chain at the database that was asked last.
    private var isOver = false

    init(_ options: AccountsOptions, _ variables: LoginVariables, prefetched: Fields?) {
        self.options = options
        self.prefetched = prefetched
        self.variables = variables
        login = variables.user
    }

    /// Accounts of one address that are told apart: more are a filter gone wrong.
    static let maximumAccounts = 10

    /// One that can't answer does not end the search, but then a "no" of the others is no answer either.
    ///
    /// - Returns: one outcome, or that of each account, where a search for deliveries finds several.
    func run() async -> (outcomes: [UserDatabase.Outcome], steps: [TraceStep]) {
        var chain = self
        return await chain.run(from: 0)
    }

    private mutating func run(from first: Int) async -> (outcomes: [UserDatabase.Outcome], steps: [TraceStep]) {
        var steps: [TraceStep] = []
        for (index, database) in options.userDatabases.enumerated().dropFirst(first) {
            let rules = database.rules
            // Dovecot asks the first one whatever its "skip" says.
            guard index == 0 || rules.isAsked(isFound: success) else { continue }
            var fields = found?.fields ?? Fields()
            // A name that is changed stays so, whatever the database says then.
            fields.merge(rules.defaultFields.evaluate(LDAPEntry(name: ""), &variables))
            var outcomes: [UserDatabase.Outcome]
            if let missing = await missing(database, &steps) {
                outcomes = [missing]
            } else {
                let (answers, more) = await database.users(variables, prefetched: prefetched)
                steps += more
                outcomes = answers
            }
            guard outcomes.count > 1 else {
                if let end = take(outcomes.first ?? .none, fields, rules) { return ([end], steps) }
                if isOver { break }
                continue
            }
            // Each account goes its own way through the rest of the chain.
            var ends: [UserDatabase.Outcome] = []
            for outcome in outcomes {
                var branch = self
                if let end = branch.take(outcome, fields, rules) {
                    ends.append(end)
                } else if branch.isOver {
                    ends.append(branch.end())
                } else {
                    let (more, further) = await branch.run(from: index + 1)
                    ends += more
                    steps += further
                }
                guard ends.count <= Self.maximumAccounts else {
                    let reason = UnavailableReason(
                        .incomplete, "more than \(Self.maximumAccounts) accounts have this address")
                    return ([.unavailable(reason)], steps)
                }
            }
            return (ends, steps)
        }
        return ([end()], steps)
    }

    /// A database that gives fields for everybody is asked only for users that the password databases know: the answer
    /// for others.
    private mutating func missing(
        _ database: UserDatabase, _ steps: inout [TraceStep]
    ) async -> UserDatabase.Outcome? {
        // A login has been found by a password database already.
        guard prefetched == nil, database.mustAskForUser else { return nil }
        let (known, name, more) = await PasswordChain(
            databases: options.passwordDatabases, asksUnreadableByBind: false
        ).user(variables)
        steps += more
        variables.user = name
        switch known {
        case .found: return nil
        case .absent: return UserDatabase.Outcome.none
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    /// What a database's outcome makes of the chain; the end of it all for an inactive account.
    private mutating func take(
        _ outcome: UserDatabase.Outcome, _ gathered: Fields, _ rules: UserDatabaseRules
    ) -> UserDatabase.Outcome? {
        var fields = gathered
        defaults = fields
        let rule: DatabaseRule
        switch outcome {
        case .inactive: return .inactive
        case .found(var user):
            variables.user = user.name ?? variables.user
            fields.merge(user.fields)
            fields.merge(rules.overrideFields.evaluate(LDAPEntry(name: ""), &variables))
            user.fields = fields
            user.identity = user.identity ?? found?.identity
            found = user
            variables.userFields = fields
            overrides = nil
            rule = rules.success
        case .none:
            overrides = rules.overrideFields
            rule = rules.failure
        case .unavailable(let reason):
            overrides = rules.overrideFields
            unavailable = unavailable ?? reason
            rule = rules.internalFailure
        }
        if let value = rule.success { success = value }
        isOver = !rule.continues
        return nil
    }

    private mutating func end() -> UserDatabase.Outcome {
        guard success else { return unavailable.map { .unavailable($0) } ?? .none }
        // Rules may call a user found whom no database has found: then these fields are all there is.
        var user = found ?? UserDatabase.User(name: nil, fields: Fields(), identity: nil, origin: "userdb")
        if let overrides {
            user.fields.merge(defaults)
            user.fields.merge(overrides.evaluate(LDAPEntry(name: ""), &variables))
        }
        if variables.user != login {
            user.fields.set("user", to: variables.user)
            user.name = variables.user
        }
        return .found(user)
    }
}

extension DirectoryAccounts {
    /// The one user behind a login.
    func user(
        _ variables: LoginVariables, prefetched: Fields?
    ) async -> (outcome: UserDatabase.Outcome, steps: [TraceStep]) {
        let (outcomes, steps) = await UserChain(options, variables, prefetched: prefetched).run()
        return (outcomes.first ?? .none, steps)
    }

    /// All users that the user databases can list, in their order, each once; `doveadm user '*'`. One database that can't
    /// be listed makes the list unavailable. At most `most` users, else it is unavailable too.
    package func users(most: Int = 1_000_000) async -> Answer<[[UInt8]]> {
        var steps: [TraceStep] = []
        var seen: Set<[UInt8]> = []
        var users: [[UInt8]] = []
        for database in options.userDatabases {
            let (outcome, more) = await database.users()
            steps += more
            switch outcome {
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .absent: continue
            case .found(let found): users += found.filter { seen.insert($0).inserted }
            }
            guard users.count <= most else {
                return Answer(.unavailable(UnavailableReason(.incomplete, "more than \(most) users")), steps: steps)
            }
        }
        return Answer(.found(users), steps: steps)
    }
}

extension UserDatabase {
    /// `absent` when it has no list to give.
    func users() async -> (outcome: Directory.Outcome<[[UInt8]]>, steps: [TraceStep]) {
        if case .passwdFile(let lookup) = method {
            let outcome = await lookup.users()
            return (outcome, [decision("\(lookup.path): \(PasswordDatabase.word(outcome))")])
        }
        guard let iteration else { return (.absent, [decision("can't list its users")]) }
        let nobody = LoginVariables(user: [], service: "")
        guard let base = iteration.base.render(nobody), let filter = iteration.filter.render(nobody) else {
            let reason = UnavailableReason(
                .misconfigured, "\(iteration.filter): a list of all users can't depend on the login")
            return (.unavailable(reason), [decision(reason.text)])
        }
        // Servers that give no more than a thousand at once are asked page by page.
        let request = SearchRequest(
            base: base.description, scope: iteration.scope, filter: filter,
            attributes: iteration.mapping.attributes ?? ["*"], dereference: iteration.dereference)
        let outcome: Directory.Outcome<[[UInt8]]>
        let result: TraceStep.SearchResult
        switch await iteration.source.search(request) {
        case .failed(let reason):
            outcome = .unavailable(reason)
            result = .failed(reason)
        case .noSuchObject:
            let reason = UnavailableReason(
                .misconfigured, "\(iteration.source.name): the search base \"\(base)\" does not exist")
            outcome = .unavailable(reason)
            result = .failed(reason)
        case .entries(let entries):
            // Every value is a user: an entry with two addresses is listed by both.
            outcome = .found(
                entries.flatMap { entry in
                    var variables = nobody
                    return iteration.mapping.listed(entry, &variables)
                })
            result = .entries(entries.count)
        }
        let step = TraceStep(
            .search(
                server: iteration.source.name, base: base.description, scope: iteration.scope, filter: filter,
                result: result),
            location: location)
        return (outcome, [step])
    }
}
