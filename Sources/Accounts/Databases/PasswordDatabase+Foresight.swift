import Directory
import LDAP
import Passwords

/// What a database would make of the right password: everything of a login but the password itself. Nothing is sent that
/// a server could count as an attempt.
extension PasswordDatabase {
    func foresee(
        _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var verified = Question(password: [], isVerified: true)
        verified.asksUnreadableByBind = question.asksUnreadableByBind
        switch method {
        case .bind(let template, let source): return await foreseeBind(template, source, variables)
        case .searchThenBind(var lookup):
            lookup.mapping = lookup.mapping.withoutSecrets
            return await foresee(lookup, variables) { entry, _ in
                .goesOn("the password is checked by a bind as \"\(entry.name)\"")
            }
        case .compare(let lookup, let checker, _):
            return await foresee(lookup, variables) { entry, fields in
                Self.stored(in: entry, fields, checker, question)
            }
        case .passwdFile(let lookup): return await passwdFile(lookup, verified, variables)
        case .fixed(let mapping, let checker): return await fixed(mapping, checker, verified, variables)
        case .service(let service):
            return (
                .accepted(Fields(), user: variables.user),
                [decision("\(service.name): whether it knows the login, only a password tells")]
            )
        case .saslauthd(let lookup):
            if case .fastbind(let name) = lookup.method {
                return (
                    .accepted(Fields(), user: variables.user),
                    [decision("the password is checked by a bind as \(name): whether there is one, only that tells")]
                )
            }
            let (found, steps) = await saslauthdUser(lookup, variables)
            return switch found {
            case .found(let user): (.accepted(Fields(), user: user), steps)
            case .absent: (.rejected(.unknownUser), steps)
            case .unavailable(let reason): (.unavailable(reason), steps)
            }
        }
    }

    /// How the password of a found entry would be checked.
    private enum Prospect {
        case goesOn(String)
        /// No password can be right.
        case fails(Check, String)
    }

    private func foresee(
        _ lookup: EntryLookup, _ variables: LoginVariables, _ prospect: (LDAPEntry, Fields) -> Prospect
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var (found, steps) = await lookup.find(variables, alsoReading: active?.attributes ?? [], location: location)
        switch found {
        case .failed(let reason): return (.unavailable(reason), steps)
        case .none: return (.rejected(.unknownUser), steps)
        case .entry(let entry):
            var mapped = variables
            let fields = lookup.mapping.evaluate(entry, &mapped)
            switch prospect(entry, fields) {
            case .fails(let outcome, let text):
                steps.append(decision(text))
                return (outcome, steps)
            case .goesOn(let text):
                steps.append(decision(text))
                let (outcome, more) = await accept(entry, lookup, variables)
                return (outcome, steps + more)
            }
        }
    }

    private static func stored(
        in entry: LDAPEntry, _ fields: Fields, _ checker: PasswordChecker, _ question: Question
    ) -> Prospect {
        guard let first = fields.values("password").first, !first.isEmpty else {
            if fields["nopassword"] != nil { return .goesOn("nopassword is set: any password is taken") }
            if question.asksUnreadableByBind {
                return .goesOn(
                    "\"\(entry.name)\" has no password that can be read: it is checked by a bind as that name")
            }
            return .fails(
                .rejected(.wrongPassword), "\"\(entry.name)\" has no password that can be read: every one is refused")
        }
        let stored = StoredPassword(first, defaultScheme: checker.defaultScheme)
        guard stored.scheme != nil else {
            let text = "password of \"\(entry.name)\": the scheme {\(stored.schemeName)} can't be checked"
            return .fails(.unavailable(UnavailableReason(.misconfigured, text)), text)
        }
        return .goesOn("the password is compared with the stored {\(stored.schemeName)} of \"\(entry.name)\"")
    }

    /// The name is known without a search; whether somebody has it, a bind alone tells.
    private func foreseeBind(
        _ template: BindNameTemplate, _ source: any DirectorySource, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        guard let name = template.render(variables) else {
            return (.rejected(.unknownUser), [decision("the login makes no name for \(template)")])
        }
        var steps = [decision("the password is checked by a bind as \"\(name)\" at \(source.name)")]
        guard case .distinguishedName = template else {
            return (.accepted(Fields(), user: variables.user), steps)
        }
        // With the service's own rights: an entry that they don't show may be there all the same.
        let request = SearchRequest(
            base: name, scope: .base, filter: .present("objectClass"), attributes: active?.attributes ?? ["1.1"])
        let answer = await source.answer(request)
        steps.append(TraceStep.search(request, at: source.name, answer.outcome.traced, answer, location: location))
        switch answer.outcome {
        case .failed(let reason): return (.unavailable(reason), steps)
        case .entries(let entries):
            if let entry = entries.first, let active {
                let (outcome, more) = await active.check(entry, source, variables, location: location)
                steps += more
                switch outcome {
                case .active: break
                case .inactive: return (.rejected(.inactive), steps)
                case .failed(let reason): return (.unavailable(reason), steps)
                }
            }
            if !entries.isEmpty { return (.accepted(Fields(), user: variables.user), steps) }
        case .noSuchObject: break
        }
        steps.append(decision("no entry is seen there: only a bind tells whether it is hidden or nobody's"))
        return (.rejected(.unknownUser), steps)
    }
}
