package import Directory
import LDAP

/// The user databases in their order, as Dovecot's rules lead through them.
extension DirectoryAccounts {
    /// One that can't answer does not end the search, but then a "no" of the others is no answer either.
    func user(
        _ variables: LoginVariables, prefetched: Fields?
    ) async -> (outcome: UserDatabase.Outcome, steps: [TraceStep]) {
        var steps: [TraceStep] = []
        var unavailable: UnavailableReason?
        var variables = variables
        var found: UserDatabase.User?
        // What Dovecot's rules say the chain has come to; apart from what was found on the way.
        var success = false
        chain: for (index, database) in options.userDatabases.enumerated() {
            let rules = database.rules
            // Dovecot asks the first one whatever its "skip" says.
            guard index == 0 || rules.isAsked(isFound: success) else { continue }
            var asked = variables
            var fields = found?.fields ?? Fields()
            fields.merge(rules.defaultFields.evaluate(LDAPEntry(name: ""), &asked))
            var outcome = UserDatabase.Outcome.none
            var isKnown = true
            // A login has been found by a password database already.
            if prefetched == nil, database.mustAskForUser {
                let (known, more) = await PasswordChain(
                    databases: options.passwordDatabases, asksUnreadableByBind: false
                ).user(asked)
                steps += more
                switch known {
                case .found(let user): asked.user = user
                case .absent: isKnown = false
                case .unavailable(let reason):
                    isKnown = false
                    outcome = .unavailable(reason)
                }
            }
            if isKnown {
                let (answer, more) = await database.user(asked, prefetched: prefetched)
                steps += more
                outcome = answer
            }
            let rule: DatabaseRule
            switch outcome {
            case .inactive: return (.inactive, steps)
            case .found(var user):
                asked.user = user.name ?? asked.user
                fields.merge(user.fields)
                fields.merge(rules.overrideFields.evaluate(LDAPEntry(name: ""), &asked))
                user.fields = fields
                user.name = fields["user"] ?? user.name
                user.identity = user.identity ?? found?.identity
                found = user
                variables.user = asked.user
                variables.userFields = fields
                rule = rules.success
            case .none: rule = rules.failure
            case .unavailable(let reason):
                unavailable = unavailable ?? reason
                rule = rules.internalFailure
            }
            if let value = rule.success { success = value }
            if rule.continues { continue chain }
            if rule == .return, case .found(var user) = outcome {
                user.fields = fields
                return (.found(user), steps)
            }
            break chain
        }
        if success, let found { return (.found(found), steps) }
        if success {
            let reason = UnavailableReason(
                .misconfigured,
                "the user databases call a user found whom none of them has found: see their result_ rules")
            return (.unavailable(reason), steps)
        }
        return (unavailable.map { .unavailable($0) } ?? .none, steps)
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
