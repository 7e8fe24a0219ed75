import Directory
import LDAP

/// The password databases in their order, as Dovecot's rules lead through them.
struct PasswordChain {
    let databases: [PasswordDatabase]
    let asksUnreadableByBind: Bool
    /// Asked what becomes of the right password; there is none.
    var isForesight = false

    typealias Check = PasswordDatabase.Check

    /// What the chain has come to.
    private struct State {
        var variables: LoginVariables
        var fields = Fields()
        var success = false
        /// The password needs no further check: the databases that follow only know the user or not.
        var isVerified = false
        var steps: [TraceStep] = []
        var rejection = LoginRejection.unknownUser
        var unavailable: UnavailableReason?
    }

    /// `variables.loginUser` is set when a master logs in as that user; `variables.user` is the master then.
    func check(
        _ password: [UInt8], _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var state = State(variables: variables)
        let ordinary = databases.filter { !$0.rules.isMaster }
        guard !variables.loginUser.isEmpty else {
            let outcome = await run(ordinary, password, &state)
            return (outcome ?? end(state), state.steps)
        }
        let masters = databases.filter(\.rules.isMaster)
        guard !masters.isEmpty else {
            return (
                .rejected(.notAuthorized), [Self.decision("nobody may log in as another: no database is a master's")]
            )
        }
        if let outcome = await run(masters, password, &state) { return (outcome, state.steps) }
        // A master was accepted and the chain goes on: with the user that the master logs in as.
        guard state.isVerified, !state.variables.masterUser.isEmpty else { return (end(state), state.steps) }
        let outcome = await run(ordinary, password, &state)
        return (outcome ?? end(state), state.steps)
    }

    private func end(_ state: State) -> Check {
        if state.success { return .accepted(state.fields, user: state.variables.user) }
        // One that couldn't answer might have accepted.
        if let reason = state.unavailable { return .unavailable(reason) }
        return .rejected(state.rejection)
    }

    /// Nil when all were asked, or a master's login goes on with other databases.
    private func run(
        _ databases: [PasswordDatabase], _ password: [UInt8], _ state: inout State
    ) async -> Check? {
        for database in databases {
            let rules = database.rules
            guard
                rules.isAsked(
                    mechanism: state.variables.mechanism.isEmpty ? "PLAIN" : state.variables.mechanism,
                    user: state.variables.user, isVerified: state.isVerified)
            else {
                state.steps.append(Self.decision("\(database.name): not asked for this login"))
                continue
            }
            if rules.isDeny {
                if let outcome = await deny(database, password, &state) { return outcome }
                continue
            }
            var asked = state.variables
            var fields = state.fields
            fields.merge(rules.defaultFields.evaluate(LDAPEntry(name: ""), &asked))
            let question = PasswordDatabase.Question(
                password: password, isVerified: state.isVerified, asksUnreadableByBind: asksUnreadableByBind,
                isForesight: isForesight)
            var (outcome, more) = await database.check(question, asked)
            state.steps += more
            if case .accepted(let found, let user) = outcome {
                asked.user = user
                fields.merge(found)
                fields.merge(rules.overrideFields.evaluate(LDAPEntry(name: ""), &asked))
                outcome = Self.allowed(fields, user: asked.user, asked, &state.steps)
            }
            let rule: DatabaseRule
            switch outcome {
            case .accepted(let fields, let user):
                state.fields = fields
                // They speak of the password of this one database.
                state.fields.remove("nopassword")
                state.fields.remove("password")
                state.variables.user = user
                state.variables.passwordFields = state.fields
                rule = rules.successRule
            // The password was right and the account is not to be used: no other database may open it.
            case .rejected(.inactive): return outcome
            case .rejected(let reason):
                if reason != .unknownUser { state.rejection = reason }
                rule = rules.failure
            case .unavailable(let reason):
                state.unavailable = state.unavailable ?? reason
                rule = rules.internalFailure
            }
            if let success = rule.success { state.success = success }
            if case .accepted = outcome {
                if rule.continues { state.isVerified = true }
                if !state.variables.loginUser.isEmpty, state.variables.masterUser.isEmpty {
                    state.variables.masterUser = state.variables.user
                    state.variables.user = state.variables.loginUser
                    state.steps.append(
                        Self.decision(
                            "\(Self.text(state.variables.masterUser)) logs in as \(Self.text(state.variables.loginUser))"
                        ))
                    if rule.continues { return nil }
                }
            } else if rule == .continueOK || rule == .continueFail {
                state.isVerified = true
            }
            guard rule.continues else {
                // What this one said itself counts where its rule says nothing.
                if rule == .return, case .accepted = outcome {
                    return .accepted(state.fields, user: state.variables.user)
                }
                return end(state)
            }
        }
        return nil
    }

    /// Nil when the user is not there, and the chain goes on.
    private func deny(_ database: PasswordDatabase, _ password: [UInt8], _ state: inout State) async -> Check? {
        let known: Outcome<[UInt8]>
        switch database.method {
        case .bind, .service:
            if isForesight {
                state.steps.append(Self.decision("\(database.name): whom it denies only a password tells"))
                return nil
            }
            let (outcome, more) = await database.check(.init(password: password), state.variables)
            state.steps += more
            switch outcome {
            case .accepted: known = .found(state.variables.user)
            case .rejected: known = .absent
            case .unavailable(let reason): known = .unavailable(reason)
            }
        case .searchThenBind, .compare, .passwdFile, .fixed, .saslauthd:
            let (outcome, more) = await database.user(state.variables)
            state.steps += more
            known = outcome
        }
        switch known {
        case .absent: return nil
        case .found:
            state.steps.append(Self.decision("\(database.name): whoever is found here is denied"))
            return .rejected(.inactive)
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    /// Fields that keep a login out though its password was right.
    private static func allowed(
        _ fields: Fields, user: [UInt8], _ variables: LoginVariables, _ steps: inout [TraceStep]
    ) -> Check {
        if fields["nologin"] != nil {
            steps.append(decision("nologin is set"))
            return .rejected(.inactive)
        }
        for name in ["allow_nets", "allow_real_nets"] {
            if let networks = fields[name], !allows(networks, variables) {
                steps.append(decision("\(name) does not hold the client's address"))
                return .rejected(.addressNotAllowed)
            }
        }
        return .accepted(fields, user: user)
    }

    /// allow_nets = network *( "," network ); `local` is a client without an address.
    private static func allows(_ networks: [UInt8], _ variables: LoginVariables) -> Bool {
        networks.split(separator: UInt8(ascii: ",")).contains { part in
            let text = String(decoding: part.filter { $0 != 0x20 }, as: UTF8.self)
            guard let address = variables.remoteAddress else { return text == "local" }
            return AddressBlock(text)?.contains(address) ?? false
        }
    }

    private static func decision(_ text: String) -> TraceStep {
        TraceStep(.decision(rule: "passdb", text: text))
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
