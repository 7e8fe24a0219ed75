package import Directory

/// What a login would come to, found without its password.
package struct LoginForesight: Sendable {
    /// `accepted`: with the right password.
    package var outcome: LoginOutcome
    package var steps: [TraceStep]
    /// Whether some database knows its users by their passwords alone, so that `accepted` may also be nobody.
    package var dependsOnPassword: Bool
}

extension DirectoryAccounts {
    /// Goes the way of a login as if its password were right. `request.password` is not used; neither throttle, cache nor
    /// memory is asked or told, and no bind is tried.
    package func foresee(_ request: LoginRequest) async -> LoginForesight {
        let dependsOnPassword = options.passwordDatabases.contains(where: \.isKnownByPasswordAlone)
        func foresight(_ outcome: LoginOutcome, _ steps: [TraceStep]) -> LoginForesight {
            LoginForesight(outcome: outcome, steps: steps, dependsOnPassword: dependsOnPassword)
        }
        let named: LoginVariables
        switch names(request) {
        case .success(let variables): named = variables
        case .failure(let refusal):
            let step = TraceStep(.decision(rule: "login", text: refusal.reason.rawValue))
            return foresight(.rejected(refusal.reason), [step])
        }
        let chain = PasswordChain(
            databases: options.passwordDatabases, asksUnreadableByBind: options.asksUnreadablePasswordByBind,
            isForesight: true)
        let (check, steps) = await chain.check([], named)
        switch check {
        case .rejected(let reason, _): return foresight(.rejected(reason), steps)
        case .unavailable(let reason): return foresight(.unavailable(reason), steps)
        case .accepted(let fields, let user):
            let (outcome, more) = await account(afterLoginOf: named, as: user, fields)
            return foresight(outcome, steps + more)
        }
    }
}

extension PasswordDatabase {
    var isKnownByPasswordAlone: Bool {
        switch method {
        case .service, .bind: true
        case .saslauthd(let lookup): if case .fastbind = lookup.method { true } else { false }
        case .searchThenBind, .compare, .passwdFile, .fixed: false
        }
    }
}
