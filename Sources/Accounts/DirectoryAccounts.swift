package import Directory
package import MailModel

/// The accounts of a site: chains of password and user databases in front of directories.
///
/// Whatever can't be answered is `unavailable`; `rejected` and `absent` only when every database that could know has said no.
package struct DirectoryAccounts: Sendable {
    package let options: AccountsOptions
    let throttle: LoginThrottle
    let cache: LoginCache
    let memory: LoginMemory?

    /// `throttle`, `cache` and `memory` hold state; the throttle and the memory are meant to outlive a reload, the cache is
    /// not. Without a `memory` nobody logs in while no directory answers.
    package init(
        _ options: AccountsOptions, throttle: LoginThrottle = LoginThrottle(), cache: LoginCache = LoginCache(),
        memory: LoginMemory? = nil
    ) {
        self.memory = memory
        self.options = options
        self.throttle = throttle
        self.cache = cache
    }
}

extension DirectoryAccounts: AccountService {
    func variables(_ login: [UInt8], service: String) -> LoginVariables {
        var variables = LoginVariables(user: login, service: service)
        variables.environment = options.environment
        variables.hostName = options.hostName
        return variables
    }

    package func account(for login: [UInt8], service: String) async -> Answer<Account> {
        let variables = variables(login, service: service)
        guard let name = options.loginNames.normalize(login, variables) else {
            return Answer(.absent, steps: [TraceStep(.decision(rule: "login", text: "no possible login"))])
        }
        var named = variables
        named.user = name
        let (outcome, steps) = await user(named, prefetched: nil)
        switch outcome {
        case .found(let user):
            let (account, more) = await self.account(user, login: user.name ?? name, named)
            return Answer(account, steps: steps + more)
        case .none, .inactive:
            memory?.forget(login: name)
            return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
    }

    /// The mailboxes of an address, the address being the login: what routing asks for. An address that several entries
    /// claim has the mailbox of each, where the search may find several (`EntryLookup.severalEntries`); one of them that
    /// can't be told makes all of them unavailable.
    package func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let variables = variables(address.unquoted, service: "lmtp")
        guard let name = options.loginNames.normalize(address.unquoted, variables) else {
            return Answer(.absent, steps: [TraceStep(.decision(rule: "login", text: "no possible login"))])
        }
        var named = variables
        named.user = name
        var (outcomes, steps) = await UserChain(options, named, prefetched: nil).run()
        var mailboxes: [LocalMailbox] = []
        for outcome in outcomes {
            switch outcome {
            case .none, .inactive: continue
            case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
            case .found(let user):
                let (account, more) = await account(user, login: user.name ?? name, named)
                steps += more
                switch Self.mailbox(account, of: address, beside: mailboxes) {
                case .found(let mailbox): mailboxes.append(mailbox)
                case .absent: continue
                case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
                }
            }
        }
        return Answer(mailboxes.isEmpty ? .absent : .found(mailboxes), steps: steps)
    }

    /// `absent` when one of the others is the same mailbox.
    private static func mailbox(
        _ account: Outcome<Account>, of address: EmailAddress, beside others: [LocalMailbox]
    ) -> Outcome<LocalMailbox> {
        switch account {
        case .absent: return .absent
        case .unavailable(let reason): return .unavailable(reason)
        case .found(let account):
            switch account.location {
            case .here(let location):
                let mailbox = LocalMailbox(
                    address: address, location: location, owner: account.owner, quota: account.quota)
                guard let other = others.first(where: { $0.location == location }) else { return .found(mailbox) }
                guard other.owner == account.owner else {
                    return .unavailable(
                        UnavailableReason(
                            .misconfigured,
                            "\(address): \(location) has two owners, \(other.owner) and \(account.owner)"))
                }
                return .absent
            case .elsewhere(let host):
                return .unavailable(
                    UnavailableReason(
                        .misconfigured, "the mail of \(address) is on \(host): route the address there with a transport"
                    ))
            }
        }
    }

    /// What the user databases say of a login, before it becomes an account: `doveadm user`.
    package func fields(for login: [UInt8], service: String) async -> Answer<Fields> {
        let variables = variables(login, service: service)
        guard let name = options.loginNames.normalize(login, variables) else { return Answer(.absent) }
        var named = variables
        named.user = name
        let (outcome, steps) = await user(named, prefetched: nil)
        switch outcome {
        case .found(let user): return Answer(.found(user.fields), steps: steps)
        case .none, .inactive: return Answer(.absent, steps: steps)
        case .unavailable(let reason): return Answer(.unavailable(reason), steps: steps)
        }
    }
}

extension DirectoryAccounts {
    func account(
        _ user: UserDatabase.User, login: [UInt8], _ variables: LoginVariables
    ) async -> (outcome: Outcome<Account>, steps: [TraceStep]) {
        let name = String(decoding: login, as: UTF8.self)
        var user = user
        if let names = options.ownerNames {
            switch await names.resolved(user.fields) {
            case .found(let fields): user.fields = fields
            case .absent: break
            case .unavailable(let reason):
                return (.unavailable(reason), [TraceStep(.decision(rule: "account", text: reason.text))])
            }
        }
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
