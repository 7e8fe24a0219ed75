package import Directory
package import MailModel

/// The accounts of a site: chains of password and user databases in front of directories.
///
/// Whatever can't be answered is `unavailable`; `rejected` and `absent` only when every database that could know has said no.
package struct DirectoryAccounts: Sendable {
    package let options: AccountsOptions
    let throttle: LoginThrottle
    let cache: LoginCache

    /// `throttle` and `cache` hold state; the throttle is meant to outlive a reload, the cache is not.
    package init(
        _ options: AccountsOptions, throttle: LoginThrottle = LoginThrottle(), cache: LoginCache = LoginCache()
    ) {
        self.options = options
        self.throttle = throttle
        self.cache = cache
    }
}

extension DirectoryAccounts: AccountService {
    package func account(for login: [UInt8], service: String) async -> Answer<Account> {
        let variables = LoginVariables(user: login, service: service)
        guard let name = options.loginNames.normalize(login, variables) else {
            return Answer(.absent, steps: [TraceStep(.decision(rule: "login", text: "no possible login"))])
        }
        var named = variables
        named.user = name
        named.originalUser = name
        let (outcome, steps) = await user(named, prefetched: nil)
        switch outcome {
        case .found(let user):
            let (account, more) = self.account(user, login: user.name ?? name, named)
            return Answer(account, steps: steps + more)
        case .none, .inactive: return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
    }

    /// The mailbox of an address, the address being the login: what routing asks for.
    package func mailbox(for address: EmailAddress) async -> Answer<LocalMailbox> {
        let answer = await account(for: address.unquoted, service: "lmtp")
        let outcome: Outcome<LocalMailbox>
        switch answer.outcome {
        case .absent: outcome = .absent
        case .unavailable(let reason): outcome = .unavailable(reason)
        case .found(let account):
            switch account.location {
            case .here(let location):
                outcome = .found(
                    LocalMailbox(address: address, location: location, owner: account.owner, quota: account.quota))
            case .elsewhere(let host):
                outcome = .unavailable(
                    UnavailableReason(
                        .misconfigured, "the mail of \(address) is on \(host): route the address there with a transport"
                    ))
            }
        }
        return Answer(outcome, steps: answer.steps)
    }

    /// What the user databases say of a login, before it becomes an account: `doveadm user`.
    package func fields(for login: [UInt8], service: String) async -> Answer<Fields> {
        let variables = LoginVariables(user: login, service: service)
        guard let name = options.loginNames.normalize(login, variables) else { return Answer(.absent) }
        var named = variables
        named.user = name
        named.originalUser = name
        let (outcome, steps) = await user(named, prefetched: nil)
        switch outcome {
        case .found(let user): return Answer(.found(user.fields), steps: steps)
        case .none, .inactive: return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
    }
}

extension DirectoryAccounts {
    /// Asks the user databases in their order. One that can't answer does not end the search, but then a "no" of the others
    /// is no answer either.
    func user(
        _ variables: LoginVariables, prefetched: Fields?
    ) async -> (outcome: UserDatabase.Outcome, steps: [TraceStep]) {
        var steps: [TraceStep] = []
        var unavailable: UnavailableReason?
        for database in options.userDatabases {
            var variables = variables
            // A login has been found by a password database already.
            if prefetched == nil, database.mustAskForUser {
                let (known, more) = await knownUser(variables)
                steps += more
                switch known {
                case .found(let user): variables.user = user
                case .absent: continue
                case .unavailable(let reason):
                    unavailable = unavailable ?? reason
                    continue
                }
            }
            let (outcome, more) = await database.user(variables, prefetched: prefetched)
            steps += more
            switch outcome {
            case .found, .inactive: return (outcome, steps)
            case .none: continue
            case .unavailable(let reason): unavailable = unavailable ?? reason
            }
        }
        return (unavailable.map { .unavailable($0) } ?? .none, steps)
    }

    /// Whether a password database knows the user, and by what name.
    private func knownUser(_ variables: LoginVariables) async -> (outcome: Outcome<[UInt8]>, steps: [TraceStep]) {
        var steps: [TraceStep] = []
        var unavailable: UnavailableReason?
        for database in options.passwordDatabases {
            let (outcome, more) = await database.user(variables)
            steps += more
            switch outcome {
            case .found: return (outcome, steps)
            case .absent: continue
            case .unavailable(let reason): unavailable = unavailable ?? reason
            }
        }
        return (unavailable.map { .unavailable($0) } ?? .absent, steps)
    }

    func account(
        _ user: UserDatabase.User, login: [UInt8], _ variables: LoginVariables
    ) -> (outcome: Outcome<Account>, steps: [TraceStep]) {
        let name = String(decoding: login, as: UTF8.self)
        do {
            let account = try options.rules.account(
                login: login, identity: user.identity ?? name, fields: user.fields, variables)
            let place =
                switch account.location {
                case .here(let location): "\(location)"
                case .elsewhere(let host): "on \(host)"
                }
            let step = TraceStep(.decision(rule: "account", text: "\(name): \(place), owner \(account.owner)"))
            return (.found(account), [step])
        } catch {
            let reason = UnavailableReason(.misconfigured, "account \(name) (\(user.origin)): \(error)")
            return (.unavailable(reason), [TraceStep(.decision(rule: "account", text: reason.text))])
        }
    }
}
