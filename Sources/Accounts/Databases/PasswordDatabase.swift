package import Directory
import LDAP
package import Passwords

/// Who says whether a password is right: Dovecot's passdb.
package struct PasswordDatabase: Sendable {
    package enum Method: Sendable {
        /// Bind as a name made from the login, without a search (`auth_bind_userdn`).
        case bind(BindNameTemplate, any DirectorySource)
        /// Find the entry, then bind as it (`auth_bind`).
        case searchThenBind(EntryLookup)
        /// Read the hash, field `password` of the mapping, and compare here.
        case compare(EntryLookup, PasswordChecker, HashChoice)
        /// A line of a file in the form of passwd(5).
        case passwdFile(PasswdFileLookup)
        /// The same fields for everybody (Dovecot's `static`): `nopassword` takes any password, `password` is compared.
        case fixed(AttributeMapping, PasswordChecker)
        /// Another program is asked.
        case service(any PasswordService)
        /// As saslauthd's LDAP mechanism does.
        case saslauthd(SaslauthdLookup)
    }

    /// Which of several values of the password attribute may match.
    package enum HashChoice: Hashable, Sendable {
        /// As Dovecot: the first in the server's order.
        case first
        /// As a directory server itself does at a bind; of more than eight the first eight.
        case any
    }

    package var name: String
    package var method: Method
    package var active: ActiveCondition?
    package var location: SourceLocation?
    /// How it stands in its chain.
    package var rules: PasswordDatabaseRules

    package init(
        name: String = "passdb", method: Method, active: ActiveCondition? = nil, location: SourceLocation? = nil,
        rules: PasswordDatabaseRules = PasswordDatabaseRules()
    ) {
        self.rules = rules
        self.name = name
        self.method = method
        self.active = active
        self.location = location
    }

    enum Check: Sendable {
        /// The fields that the database has for the user, and the login as they changed it.
        case accepted(Fields, user: [UInt8])
        /// The login too may be changed by a database that then refuses it.
        case rejected(LoginRejection, user: [UInt8]? = nil)
        case unavailable(UnavailableReason)
    }

    /// A password to check, and what is known of it already.
    struct Question: Sendable {
        var password: [UInt8]
        /// What `password`, a digest of APOP then, was made with.
        var apopTimestamp: [UInt8]?
        /// A database before has accepted the password: whether the user is known is all that is asked.
        var isVerified = false
        /// `nopassword` among the default fields: of a user that is known any password is right.
        var takesAnyPassword = false
        /// An entry without a readable password is asked by a bind.
        var asksUnreadableByBind = false
        /// There is no password: what becomes of the right one is asked.
        var isForesight = false
    }

    /// The password is not empty. Whatever the outcome, the work is that of a wrong password: a search, then a bind or a
    /// hash.
    func check(
        _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        if question.isForesight { return await foresee(question, variables) }
        if let refusal = refusedDigest(question) { return refusal }
        return switch method {
        case .bind(let template, let source): await bind(template, source, question.password, variables)
        case .searchThenBind(let lookup): await searchThenBind(lookup, question, variables)
        case .compare(let lookup, let checker, let choice):
            await compare(lookup, checker, choice, question, variables)
        case .passwdFile(let lookup): await passwdFile(lookup, question, variables)
        case .fixed(let mapping, let checker): await fixed(mapping, checker, question, variables)
        case .service(let service): await ask(service, question, variables)
        case .saslauthd(let lookup): await saslauthd(lookup, question, variables)
        }
    }

    /// Whether there is such a user, and what the login becomes; no password is involved.
    func user(_ variables: LoginVariables) async -> (outcome: Outcome<[UInt8]>, steps: [TraceStep]) {
        var mapped = variables
        switch method {
        case .bind(let template, let source):
            let reason = UnavailableReason(
                .misconfigured,
                "\(source.name): who can bind as \(template) is only known with a password; give the users a search, or let all users be known"
            )
            return (.unavailable(reason), [decision(reason.text)])
        case .service(let service):
            let reason = UnavailableReason(
                .misconfigured,
                "\(service.name): whom it knows is only known with a password; let all users be known")
            return (.unavailable(reason), [decision(reason.text)])
        case .saslauthd(let lookup): return await saslauthdUser(lookup, variables)
        case .fixed(let mapping, _):
            _ = mapping.evaluate(LDAPEntry(name: ""), &mapped)
            return (.found(mapped.user), [decision("knows everybody")])
        case .passwdFile(let lookup):
            let found = await lookup.find(variables)
            let outcome = found.map { found in
                _ = found.entry.passwordFields(&mapped)
                return mapped.user
            }
            return (outcome, [decision("\(lookup.path): \(Self.word(outcome))")])
        case .searchThenBind(var lookup), .compare(var lookup, _, _):
            lookup.mapping = lookup.mapping.withoutSecrets
            let (found, steps) = await lookup.find(variables, alsoReading: [], location: location)
            switch found {
            case .none: return (.absent, steps)
            case .failed(let reason): return (.unavailable(reason), steps)
            case .entry(let entry):
                _ = lookup.mapping.evaluate(entry, &mapped)
                return (.found(mapped.user), steps)
            }
        }
    }

    static func word(_ outcome: Outcome<some Sendable>) -> String {
        switch outcome {
        case .found: "found"
        case .absent: "not found"
        case .unavailable(let reason): reason.text
        }
    }

    private func bind(
        _ template: BindNameTemplate, _ source: any DirectorySource, _ password: [UInt8], _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        guard let name = template.render(variables) else {
            return (.rejected(.unknownUser), [decision("the login makes no name for \(template)")])
        }
        let verdict = await source.checkPassword(name: name, password: password)
        var steps = [bindStep(source, name, verdict)]
        switch verdict {
        case .rejected: return (.rejected(.wrongPassword), steps)
        case .unavailable(let reason): return (.unavailable(reason), steps)
        case .accepted:
            guard let active else { return (.accepted(Fields(), user: variables.user), steps) }
            let everything = LDAPFilter.present("objectClass")
            let request = SearchRequest(base: name, scope: .base, filter: everything, attributes: active.attributes)
            let answer = await source.answer(request)
            steps.append(
                TraceStep.search(request, at: source.name, answer.outcome.traced, answer, location: location))
            switch answer.outcome {
            case .entries(let entries) where entries.count == 1:
                let (outcome, more) = await active.check(entries[0], source, variables, location: location)
                steps += more
                switch outcome {
                case .active: return (.accepted(Fields(), user: variables.user), steps)
                case .inactive: return (.rejected(.inactive), steps)
                case .failed(let reason): return (.unavailable(reason), steps)
                }
            case .entries, .noSuchObject:
                let reason = UnavailableReason(
                    .misconfigured,
                    "\(source.name): \"\(name)\" took the password but can't be read to see whether it is active: let the service's own bind read it"
                )
                return (.unavailable(reason), steps)
            case .failed(let reason): return (.unavailable(reason), steps)
            }
        }
    }

    private func searchThenBind(
        _ lookup: EntryLookup, _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        // The server compares: its hash need not leave it.
        var lookup = lookup
        lookup.mapping = lookup.mapping.withoutSecrets
        var (found, steps) = await lookup.find(
            variables, alsoReading: active?.attributes ?? [], location: location)
        switch found {
        case .failed(let reason): return (.unavailable(reason), steps)
        case .none:
            // The name is of nobody: the bind only takes its time.
            let nobody = (lookup.base.render(variables) ?? DistinguishedName())
                .appending("cn", "postroom-nobody".utf8).description
            let verdict = await lookup.source.checkPassword(name: nobody, password: question.password)
            steps.append(decision("no entry; a bind as nobody was tried, to take as long as a wrong password"))
            if case .unavailable(let reason) = verdict { return (.unavailable(reason), steps) }
            return (.rejected(.unknownUser), steps)
        case .entry(let entry) where question.isVerified:
            let (outcome, more) = await accept(entry, lookup, variables)
            return (outcome, steps + more)
        case .entry(let entry):
            let (outcome, more) = await bind(as: entry, lookup, question, variables)
            return (outcome, steps + more)
        }
    }

    private func bind(
        as entry: LDAPEntry, _ lookup: EntryLookup, _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        let verdict = await lookup.source.checkPassword(name: entry.name, password: question.password)
        let steps = [bindStep(lookup.source, entry.name, verdict)]
        switch verdict {
        case .rejected:
            var mapped = variables
            _ = lookup.mapping.evaluate(entry, &mapped)
            return (.rejected(.wrongPassword, user: mapped.user), steps)
        case .unavailable(let reason): return (.unavailable(reason), steps)
        case .accepted:
            let (outcome, more) = await accept(entry, lookup, variables)
            return (outcome, steps + more)
        }
    }

    private func compare(
        _ lookup: EntryLookup, _ checker: PasswordChecker, _ choice: HashChoice, _ question: Question,
        _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var (found, steps) = await lookup.find(
            variables, alsoReading: active?.attributes ?? [], location: location)
        switch found {
        case .failed(let reason): return (.unavailable(reason), steps)
        case .none:
            let check = await checker.checkForNobody(question.password)
            steps.append(decision("no entry; a hash was made for nobody, to take as long as a wrong password"))
            if case .unsupported(let text) = check {
                return (.unavailable(UnavailableReason(.misconfigured, text)), steps)
            }
            return (.rejected(.unknownUser), steps)
        case .entry(let entry):
            var mapped = variables
            let fields = lookup.mapping.evaluate(entry, &mapped)
            let hashes = fields.values("password")
            if question.isVerified {
                let (outcome, more) = await accept(entry, lookup, variables)
                return (outcome, steps + more)
            }
            let isEmpty = hashes.first?.isEmpty ?? true
            if Self.takesAnyPassword(fields, hashes.first ?? [], question) {
                steps.append(decision("nopassword is set: any password is taken"))
                let (outcome, more) = await accept(entry, lookup, variables)
                return (outcome, steps + more)
            }
            guard let first = hashes.first, !isEmpty else {
                if question.asksUnreadableByBind, question.apopTimestamp == nil {
                    steps.append(decision("\"\(entry.name)\" has no password that can be read: asking by a bind"))
                    let (outcome, more) = await bind(as: entry, lookup, question, variables)
                    return (outcome, steps + more)
                }
                _ = await checker.checkForNobody(question.password)
                steps.append(decision("\"\(entry.name)\" has no password that can be read"))
                return (.rejected(.wrongPassword, user: mapped.user), steps)
            }
            var check = await checker.check(question, against: first, login: variables.originalUser)
            if choice == .any {
                for hash in hashes.dropFirst().prefix(7) where check != .matches {
                    let next = await checker.check(question, against: hash, login: variables.originalUser)
                    // A value that can't be checked might have matched: only a match outweighs it.
                    if next == .matches || check == .differs { check = next }
                }
            } else if hashes.count > 1 {
                steps.append(decision("\"\(entry.name)\" has \(hashes.count) passwords: only the first is tried"))
            }
            switch check {
            case .differs:
                steps.append(decision("the password of \"\(entry.name)\" differs"))
                return (.rejected(.wrongPassword, user: mapped.user), steps)
            case .unsupported(let text):
                let reason = UnavailableReason(
                    .misconfigured, "\(lookup.source.name): password of \"\(entry.name)\": \(text)")
                steps.append(decision(reason.text))
                return (.unavailable(reason), steps)
            case .matches:
                steps.append(decision("the password of \"\(entry.name)\" matches"))
                let (outcome, more) = await accept(entry, lookup, variables)
                return (outcome, steps + more)
            }
        }
    }

    /// The password was right: is the account in use, and what do its fields say?
    func accept(
        _ entry: LDAPEntry, _ lookup: EntryLookup, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var steps: [TraceStep] = []
        if let active {
            let (outcome, more) = await active.check(entry, lookup.source, variables, location: location)
            steps += more
            switch outcome {
            case .active: break
            case .inactive: return (.rejected(.inactive), steps)
            case .failed(let reason): return (.unavailable(reason), steps)
            }
        }
        var mapped = variables
        let fields = lookup.mapping.evaluate(entry, &mapped)
        if mapped.user != variables.user {
            steps.append(decision("the login becomes \(String(decoding: mapped.user, as: UTF8.self))"))
        }
        return (.accepted(fields, user: mapped.user), steps)
    }

    /// `nopassword` of the database counts only beside no password, but for its scheme; among the default fields always.
    static func takesAnyPassword(_ fields: Fields, _ stored: [UInt8], _ question: Question) -> Bool {
        let isBare = stored.first == UInt8(ascii: "{") && stored.firstIndex(of: UInt8(ascii: "}")) == stored.count - 1
        return question.takesAnyPassword || fields["nopassword"] != nil && (stored.isEmpty || isBare)
    }

    func decision(_ text: String) -> TraceStep {
        TraceStep(.decision(rule: name, text: text), location: location)
    }

    func bindStep(_ source: any DirectorySource, _ name: String, _ verdict: PasswordVerdict) -> TraceStep {
        TraceStep(.bind(server: source.name, name: name, verdict: verdict), location: location)
    }
}
