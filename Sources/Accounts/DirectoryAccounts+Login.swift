package import Directory
import MailModel

extension DirectoryAccounts {
    package func logIn(_ request: LoginRequest) async -> (outcome: LoginOutcome, steps: [TraceStep]) {
        // Before anything is sent: a bind with an empty password succeeds at many servers (RFC 4513 §5.1.2).
        guard !request.password.isEmpty else { return refused(.emptyPassword) }
        guard request.password.bytes.count <= 1024, !request.password.bytes.contains(0) else {
            return refused(.malformedLogin)
        }
        let named: LoginVariables
        switch names(request) {
        case .failure(let reason): return refused(reason.reason)
        case .success(let variables): named = variables
        }
        // Who guesses at a master's password guesses at the master.
        let login = named.user

        // A digest is good for one session: there is nothing in it to remember.
        let isPassword = request.apopTimestamp == nil
        let memory = isPassword ? memory : nil
        let fingerprint =
            cache.isOn && isPassword ? cache.fingerprint(request, login: login + [0] + named.loginUser) : nil
        if let fingerprint, let account = cache.account(fingerprint) {
            return (.accepted(account), [decision("login cache", "the same login was accepted a moment ago")])
        }
        guard
            let attempt = await throttle.admit(
                login: login, password: request.password, remoteAddress: request.remoteAddress)
        else { return refused(.throttled) }
        if throttle.isKnownWrong(attempt) {
            throttle.failed(attempt)
            return (
                .rejected(.wrongPassword),
                [
                    decision(
                        "throttle", "the same wrong password again: not asked about, so that the account is not locked")
                ]
            )
        }

        let ticket = memory?.ticket() ?? 0
        let key = memoryKey(named)
        let result = await logIn(named, password: request.password.bytes)
        switch result.outcome {
        case .accepted(let account):
            throttle.succeeded(attempt)
            if let fingerprint { cache.store(account, fingerprint) }
            if named.loginUser.isEmpty {
                await memory?.store(account, request.password.bytes, key, ticket: ticket)
            }
        case .rejected(let reason):
            throttle.failed(attempt)
            if reason == .wrongPassword || reason == .unknownUser { throttle.refused(attempt) }
            if reason == .wrongPassword {
                await memory?.refused(request.password.bytes, key)
            } else {
                memory?.forget(login: login)
            }
        // Nobody said no: an outage must not make the users wait after it.
        case .unavailable(let reason):
            guard let memory, named.loginUser.isEmpty, reason.kind == .unreachable else { break }
            switch await memory.recall(request.password.bytes, key) {
            case .account(let account):
                throttle.succeeded(attempt)
                let step = decision(
                    "login memory",
                    "no directory answers; the same password was right within the time that logins are remembered")
                return (.accepted(account), result.steps + [step])
            // The memory is no place to guess at: it counts, though the answer stays "try later".
            case .wrongPassword: throttle.failed(attempt)
            case .none: break
            }
        }
        return result
    }

    private func memoryKey(_ variables: LoginVariables) -> LoginMemory.Key {
        LoginMemory.Key(
            login: variables.user, loginUser: variables.loginUser, originalLogin: variables.originalUser,
            databases: options.passwordDatabases.map(\.name) + options.userDatabases.map(\.name),
            service: variables.service, mechanism: variables.mechanism, localAddress: variables.localAddress,
            remoteAddress: variables.remoteAddress, isSecured: variables.isSecured)
    }

    struct Refusal: Error {
        let reason: LoginRejection
    }

    /// Who logs in, and as whom: `user` is the one whose password is checked, `loginUser` whom a master logs in as.
    func names(_ request: LoginRequest) -> Result<LoginVariables, Refusal> {
        var variables = variables(request.login, service: request.service)
        variables.localAddress = request.localAddress
        variables.remoteAddress = request.remoteAddress
        variables.isSecured = request.isSecured
        variables.mechanism = request.mechanism
        variables.apopTimestamp = request.apopTimestamp
        variables.localPort = request.localPort
        variables.remotePort = request.remotePort
        variables.session = request.session
        variables.localName = request.localName
        var login = request.login
        var target = request.authorizationIdentity
        // "bob*admin": the master's name stands behind the separator.
        if let separator = options.masterUserSeparator, let place = login.firstIndex(of: separator) {
            target = Array(login[..<place])
            login = Array(login[(place + 1)...])
        }
        guard let user = options.loginNames.normalize(login, variables) else {
            return .failure(Refusal(reason: .malformedLogin))
        }
        variables.user = user
        variables.originalUser = login
        guard let target else { return .success(variables) }
        guard let loginUser = options.loginNames.normalize(target, variables) else {
            return .failure(Refusal(reason: target.isEmpty ? .malformedLogin : .notAuthorized))
        }
        if loginUser == user { return .success(variables) }
        guard options.passwordDatabases.contains(where: \.rules.isMaster) else {
            return .failure(Refusal(reason: .notAuthorized))
        }
        variables.loginUser = loginUser
        return .success(variables)
    }

    private func logIn(
        _ variables: LoginVariables, password: [UInt8]
    ) async -> (outcome: LoginOutcome, steps: [TraceStep]) {
        let (check, steps) = await check(password, variables)
        switch check {
        case .rejected(let reason, _): return (.rejected(reason), steps)
        case .unavailable(let reason): return (.unavailable(reason), steps)
        case .accepted(let fields, let user):
            let (outcome, more) = await account(afterLoginOf: variables, as: user, fields)
            return (outcome, steps + more)
        }
    }

    /// The first half of a login, with neither throttle nor cache: whether the password is right, and what the login
    /// becomes (`postroom auth`, Dovecot's `doveadm auth test`).
    package func verdict(_ request: LoginRequest) async -> (
        verdict: PasswordVerdict, user: [UInt8]?, steps: [TraceStep]
    ) {
        guard !request.password.isEmpty, case .success(let named) = names(request) else {
            return (.rejected, nil, [])
        }
        let (outcome, steps) = await check(request.password.bytes, named)
        switch outcome {
        case .accepted(_, let user): return (.accepted, user, steps)
        case .rejected: return (.rejected, nil, steps)
        case .unavailable(let reason): return (.unavailable(reason), nil, steps)
        }
    }

    private func check(
        _ password: [UInt8], _ variables: LoginVariables
    ) async -> (outcome: PasswordDatabase.Check, steps: [TraceStep]) {
        await PasswordChain(
            databases: options.passwordDatabases, asksUnreadableByBind: options.asksUnreadablePasswordByBind
        ).check(password, variables)
    }

    func account(
        afterLoginOf variables: LoginVariables, as user: [UInt8], _ fields: Fields
    ) async -> (outcome: LoginOutcome, steps: [TraceStep]) {
        var named = variables
        named.user = user
        named.passwordFields = fields
        // A master's login is its user's from here on.
        let before = variables.loginUser.isEmpty ? variables.user : variables.loginUser
        if !variables.loginUser.isEmpty { named.masterUser = variables.user }
        var (found, steps) = await self.user(named, prefetched: fields)
        if case .none = found, user != before, options.findsRenamedLogin {
            // A password database that gives `uid=user` before a user database that asks for `mail=%u`.
            steps.append(
                decision(
                    "userdb",
                    "\(String(decoding: user, as: UTF8.self)), the name that the password database gave, is not known: asking for \(String(decoding: before, as: UTF8.self))"
                ))
            var original = named
            original.user = before
            let (again, more) = await self.user(original, prefetched: fields)
            found = again
            steps += more
        }
        switch found {
        case .inactive: return (.rejected(.inactive), steps)
        case .unavailable(let reason): return (.unavailable(reason), steps)
        case .none:
            let reason = UnavailableReason(
                .misconfigured,
                "\(String(decoding: user, as: UTF8.self)): the password is right, but no user database knows the user")
            return (.unavailable(reason), steps)
        case .found(let known):
            // Where another machine serves the user is for the password database to say.
            var known = known
            for name in ["proxy", "proxy_maybe", "host"] where known.fields[name] == nil {
                known.fields.set(name, to: fields.values(name))
            }
            let (account, more) = await self.account(known, login: known.name ?? user, named)
            steps += more
            switch account {
            case .found(let account): return (.accepted(account), steps)
            case .unavailable(let reason): return (.unavailable(reason), steps)
            case .absent: return (.rejected(.unknownUser), steps)
            }
        }
    }

    private func refused(_ reason: LoginRejection) -> (outcome: LoginOutcome, steps: [TraceStep]) {
        (.rejected(reason), [decision("login", reason.rawValue)])
    }

    private func decision(_ rule: String, _ text: String) -> TraceStep {
        TraceStep(.decision(rule: rule, text: text))
    }
}
