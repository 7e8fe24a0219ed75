package import Directory
import MailModel

extension DirectoryAccounts {
    package func logIn(_ request: LoginRequest) async -> (outcome: LoginOutcome, steps: [TraceStep]) {
        // Before anything is sent: a bind with an empty password succeeds at many servers (RFC 4513 §5.1.2).
        guard !request.password.isEmpty else { return refused(.emptyPassword) }
        let variables = LoginVariables(
            user: request.login, service: request.service, localAddress: request.localAddress,
            remoteAddress: request.remoteAddress, isSecured: request.isSecured)
        guard request.password.bytes.count <= 1024, !request.password.bytes.contains(0),
            let login = options.loginNames.normalize(request.login, variables)
        else { return refused(.malformedLogin) }
        if let identity = request.authorizationIdentity,
            options.loginNames.normalize(identity, variables) != login
        {
            return refused(.notAuthorized)
        }

        let fingerprint = cache.isOn ? cache.fingerprint(request, login: login) : nil
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

        var named = variables
        named.user = login
        named.originalUser = login
        let result = await logIn(named, password: request.password.bytes)
        switch result.outcome {
        case .accepted(let account):
            throttle.succeeded(attempt)
            if let fingerprint { cache.store(account, fingerprint) }
        case .rejected(let reason):
            throttle.failed(attempt)
            if reason == .wrongPassword || reason == .unknownUser { throttle.refused(attempt) }
        // Nobody said no: an outage must not make the users wait after it.
        case .unavailable: break
        }
        return result
    }

    private func logIn(
        _ variables: LoginVariables, password: [UInt8]
    ) async -> (outcome: LoginOutcome, steps: [TraceStep]) {
        let (check, steps) = await check(password, variables)
        switch check {
        case .rejected(let reason): return (.rejected(reason), steps)
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
        let variables = LoginVariables(
            user: request.login, service: request.service, localAddress: request.localAddress,
            remoteAddress: request.remoteAddress, isSecured: request.isSecured)
        guard !request.password.isEmpty, let login = options.loginNames.normalize(request.login, variables) else {
            return (.rejected, nil, [])
        }
        var named = variables
        named.user = login
        named.originalUser = login
        let (outcome, steps) = await check(request.password.bytes, named)
        switch outcome {
        case .accepted(_, let user): return (.accepted, user, steps)
        case .rejected: return (.rejected, nil, steps)
        case .unavailable(let reason): return (.unavailable(reason), nil, steps)
        }
    }

    /// Asks the password databases in their order. A "no" of one leaves the next to say yes; one that can't answer does
    /// so too, but then the whole is no "no".
    private func check(
        _ password: [UInt8], _ variables: LoginVariables
    ) async -> (outcome: PasswordDatabase.Check, steps: [TraceStep]) {
        var steps: [TraceStep] = []
        var rejection = LoginRejection.unknownUser
        var unavailable: UnavailableReason?
        for database in options.passwordDatabases {
            let (outcome, more) = await database.check(password, variables)
            steps += more
            switch outcome {
            case .accepted: return (outcome, steps)
            // The password was right and the account is not to be used: no other database may open it.
            case .rejected(.inactive), .rejected(.addressNotAllowed): return (outcome, steps)
            case .rejected(let reason): if reason == .wrongPassword { rejection = reason }
            case .unavailable(let reason): unavailable = unavailable ?? reason
            }
        }
        return (unavailable.map { .unavailable($0) } ?? .rejected(rejection), steps)
    }

    private func account(
        afterLoginOf variables: LoginVariables, as user: [UInt8], _ fields: Fields
    ) async -> (outcome: LoginOutcome, steps: [TraceStep]) {
        var named = variables
        named.user = user
        var (found, steps) = await self.user(named, prefetched: fields)
        if case .none = found, user != variables.user {
            // A password database that gives `uid=user` before a user database that asks for `mail=%u`.
            steps.append(
                decision(
                    "userdb",
                    "\(String(decoding: user, as: UTF8.self)), the name that the password database gave, is not known: asking for \(String(decoding: variables.user, as: UTF8.self))"
                ))
            let (again, more) = await self.user(variables, prefetched: fields)
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
            let (account, more) = self.account(known, login: known.name ?? user, named)
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
