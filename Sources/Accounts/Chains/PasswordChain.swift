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
        /// Nil when only whether the user is known is asked.
        let password: [UInt8]?
        var variables: LoginVariables
        var fields = Fields()
        /// What the rules say; a database's own "yes" opens nothing without it.
        var success = false
        /// The password needs no further check: the databases that follow only know the user or not.
        var isVerified = false
        var isAsked = false
        var steps: [TraceStep] = []
        var rejection = LoginRejection.unknownUser
        var unavailable: UnavailableReason?
        /// Found in a deny database: the others are asked only so that it takes as long as a wrong password.
        var isDenied = false
        /// Whether the database that was asked last has said yes.
        var lastAccepted = false
    }

    /// `variables.loginUser` is set when a master logs in as that user; `variables.user` is the master then.
    func check(
        _ password: [UInt8], _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var state = State(password: password, variables: variables)
        let ordinary = databases.filter { !$0.rules.isMaster }
        guard !variables.loginUser.isEmpty else {
            let outcome = await run(ordinary, &state)
            return (outcome ?? end(state), state.steps)
        }
        let masters = databases.filter(\.rules.isMaster)
        guard !masters.isEmpty else {
            return (
                .rejected(.notAuthorized), [Self.decision("nobody may log in as another: no database is a master's")]
            )
        }
        if let outcome = await run(masters, &state) { return (outcome, state.steps) }
        // A master was accepted and the chain goes on: with the user that the master logs in as.
        guard !state.variables.masterUser.isEmpty else { return (end(state), state.steps) }
        let outcome = await run(ordinary, &state)
        return (outcome ?? end(state), state.steps)
    }

    /// Whether a password database knows the user, and by what name. A name that is changed stays so for a user whom none
    /// knows, too.
    func user(
        _ variables: LoginVariables
    ) async -> (outcome: Outcome<[UInt8]>, name: [UInt8], steps: [TraceStep]) {
        var variables = variables
        variables.mechanism = "none"
        var state = State(password: nil, variables: variables)
        let outcome = await run(databases.filter { !$0.rules.isMaster }, &state) ?? end(state)
        return switch outcome {
        case .accepted(_, let user): (.found(user), user, state.steps)
        case .rejected: (.absent, state.variables.user, state.steps)
        case .unavailable(let reason): (.unavailable(reason), state.variables.user, state.steps)
        }
    }

    private func end(_ state: State) -> Check {
        guard !state.isDenied else { return .rejected(.inactive) }
        guard state.isAsked || databases.isEmpty else {
            return .unavailable(
                UnavailableReason(
                    .misconfigured,
                    "no password database is asked for this login: see their mechanisms, username_filter and skip"))
        }
        // A master whom no database has accepted, but a rule, logs in as nobody but himself.
        if state.success { return .accepted(state.fields, user: state.variables.user) }
        // One that couldn't answer might have accepted.
        if let reason = state.unavailable { return .unavailable(reason) }
        guard !state.lastAccepted else {
            // Dovecot lets nobody in by a database whose rule does not say "ok", but knows the user by it.
            return state.password == nil
                ? .accepted(state.fields, user: state.variables.user) : .rejected(.wrongPassword)
        }
        return .rejected(state.rejection)
    }

    /// Nil when all were asked, or a master's login goes on with other databases.
    private func run(_ databases: [PasswordDatabase], _ state: inout State) async -> Check? {
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
            state.isAsked = true
            var fields = state.fields
            // A name that is changed stays so, whatever the database says then.
            fields.merge(rules.defaultFields.evaluate(LDAPEntry(name: ""), &state.variables))
            if rules.isDeny {
                if let outcome = await deny(database, &state) {
                    guard case .rejected = outcome, state.password != nil else { return outcome }
                    state.isDenied = true
                    continue
                }
                state.lastAccepted = false
                if let success = rules.failure.success { state.success = success }
                if rules.failure == .continueOK { state.isVerified = true }
                guard rules.failure.continues else { return end(state) }
                continue
            }
            let outcome = await ask(database, fields, &state)
            // The password was right and the account is not to be used: no other database may open it.
            if case .rejected(.inactive, _) = outcome { return outcome }
            if state.isDenied, case .unavailable = outcome { return end(state) }
            let rule: DatabaseRule
            switch outcome {
            case .accepted(let fields, _):
                state.lastAccepted = true
                state.fields = fields
                // They speak of the password of this one database.
                state.fields.remove("nopassword")
                state.fields.remove("password")
                state.variables.passwordFields = state.fields
                rule = rules.successRule
            case .rejected(let reason, _):
                state.lastAccepted = false
                if reason != .unknownUser { state.rejection = reason }
                rule = rules.failure
            case .unavailable(let reason):
                state.lastAccepted = false
                state.unavailable = state.unavailable ?? reason
                rule = rules.internalFailure
            }
            if let success = rule.success { state.success = success }
            if rule == .continueOK || rule == .continue && state.lastAccepted { state.isVerified = true }
            if state.lastAccepted, !state.variables.loginUser.isEmpty, state.variables.masterUser.isEmpty {
                state.variables.masterUser = state.variables.user
                state.variables.user = state.variables.loginUser
                state.steps.append(
                    Self.decision(
                        "\(Self.text(state.variables.masterUser)) logs in as \(Self.text(state.variables.loginUser))"))
                if rule.continues { return nil }
            }
            guard rule.continues else { return end(state) }
        }
        return nil
    }

    /// One database's answer, with the fields that its rules add. The login in `state` follows it.
    private func ask(_ database: PasswordDatabase, _ defaults: Fields, _ state: inout State) async -> Check {
        var fields = defaults
        let outcome: Check
        let more: [TraceStep]
        if let password = state.password {
            let question = PasswordDatabase.Question(
                password: password, apopTimestamp: state.variables.apopTimestamp, isVerified: state.isVerified,
                takesAnyPassword: defaults["nopassword"] != nil,
                asksUnreadableByBind: asksUnreadableByBind, isForesight: isForesight)
            (outcome, more) = await database.check(question, state.variables)
        } else {
            let known: Outcome<[UInt8]>
            (known, more) = await database.user(state.variables)
            outcome =
                switch known {
                case .found(let user): .accepted(Fields(), user: user)
                case .absent: .rejected(.unknownUser)
                case .unavailable(let reason): .unavailable(reason)
                }
        }
        state.steps += more
        switch outcome {
        case .accepted(let found, let user):
            fields.merge(found)
            state.variables.user = user
        case .rejected(_, let user): state.variables.user = user ?? state.variables.user
        case .unavailable: break
        }
        fields.merge(database.rules.overrideFields.evaluate(LDAPEntry(name: ""), &state.variables))
        guard case .accepted = outcome, state.password != nil else { return outcome }
        return Self.allowed(fields, state.variables, &state.steps)
    }

    /// Nil when the user is not there, and the chain goes on.
    private func deny(_ database: PasswordDatabase, _ state: inout State) async -> Check? {
        let known: Outcome<[UInt8]>
        switch database.method {
        case .bind, .service:
            if isForesight {
                state.steps.append(Self.decision("\(database.name): whom it denies only a password tells"))
                return nil
            }
            // These know nobody but by a password: whoever isn't certainly unknown is denied, as by Dovecot.
            guard let password = state.password else { return nil }
            let (outcome, more) = await database.check(
                .init(password: password, apopTimestamp: state.variables.apopTimestamp), state.variables)
            state.steps += more
            switch outcome {
            case .rejected(.unknownUser, _): known = .absent
            case .accepted, .rejected: known = .found(state.variables.user)
            case .unavailable(let reason): known = .unavailable(reason)
            }
        case .searchThenBind, .compare, .passwdFile, .fixed, .saslauthd:
            let (outcome, more) = await database.user(state.variables)
            state.steps += more
            known = outcome
        }
        switch known {
        case .absent: return nil
        case .found(let user):
            state.variables.user = user
            state.steps.append(Self.decision("\(database.name): whoever is found here is denied"))
            return .rejected(.inactive)
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    /// Fields that keep a login out though its password was right.
    private static func allowed(_ fields: Fields, _ variables: LoginVariables, _ steps: inout [TraceStep]) -> Check {
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
        return .accepted(fields, user: variables.user)
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
