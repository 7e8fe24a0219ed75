package import Directory
import LDAP
import Passwords

extension PasswordDatabase {
    func saslauthd(
        _ lookup: SaslauthdLookup, _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        let names = lookup.names(of: variables.user, service: variables.service)
        let (verdict, steps) = await lookup.check(names, password: question.password)
        return switch verdict {
        case .accepted: (.accepted(Fields(), user: variables.user), steps)
        case .rejected: (.rejected(.wrongPassword), steps)
        case .unavailable(let reason): (.unavailable(reason), steps)
        }
    }

    func saslauthdUser(
        _ lookup: SaslauthdLookup, _ variables: LoginVariables
    ) async -> (outcome: Outcome<[UInt8]>, steps: [TraceStep]) {
        let filter: SaslauthdFilter
        switch lookup.method {
        case .bind(let found), .custom(let found, _, _): filter = found
        case .fastbind(let name):
            let reason = UnavailableReason(
                .misconfigured,
                "\(lookup.source.name): who can bind as \(name) is only known with a password; let all users be known")
            return (.unavailable(reason), [decision(reason.text)])
        }
        let names = lookup.names(of: variables.user, service: variables.service)
        let (found, steps) = await lookup.find(filter, names, attributes: ["1.1"])
        return switch found {
        case .entry: (.found(variables.user), steps)
        case .none: (.absent, steps)
        case .failed(let reason): (.unavailable(reason), steps)
        }
    }
}

extension SaslauthdLookup {
    /// What saslauthd answers to a request with these strings; an empty password is refused unasked.
    package func check(
        _ names: SaslauthdNames, password: [UInt8]
    ) async -> (verdict: PasswordVerdict, steps: [TraceStep]) {
        guard !password.isEmpty, !names.user.isEmpty else { return (.rejected, []) }
        var steps: [TraceStep] = []
        let name: String
        switch method {
        case .fastbind(let template):
            guard let rendered = template.render(names), !rendered.isRoot else { return (.rejected, []) }
            name = rendered.description
            let verdict = await source.checkPassword(name: name, password: password)
            steps.append(TraceStep(.bind(server: source.name, name: name, verdict: verdict)))
            guard verdict == .accepted else { return (verdict, steps) }
        case .bind(let filter):
            let (found, more) = await find(filter, names, attributes: ["1.1"])
            steps += more
            switch found {
            case .failed(let reason): return (.unavailable(reason), steps)
            case .none:
                // A bind as nobody takes the time of a wrong password.
                let nobody = (base.render(names) ?? DistinguishedName())
                    .appending("cn", "postroom-nobody".utf8).description
                let verdict = await source.checkPassword(name: nobody, password: password)
                if case .unavailable = verdict { return (verdict, steps) }
                return (.rejected, steps)
            case .entry(let entry): name = entry.name
            }
            let verdict = await source.checkPassword(name: name, password: password)
            steps.append(TraceStep(.bind(server: source.name, name: name, verdict: verdict)))
            guard verdict == .accepted else { return (verdict, steps) }
        case .custom(let filter, let attribute, let checker):
            let (found, more) = await find(filter, names, attributes: [attribute])
            steps += more
            switch found {
            case .failed(let reason): return (.unavailable(reason), steps)
            case .none:
                _ = await checker.checkForNobody(password)
                return (.rejected, steps)
            case .entry(let entry):
                name = entry.name
                guard let stored = entry[AttributeDescription(attribute)].first, !stored.isEmpty else {
                    _ = await checker.checkForNobody(password)
                    return (.rejected, steps)
                }
                switch await checker.check(password, against: stored) {
                case .matches: break
                case .differs: return (.rejected, steps)
                case .unsupported(let text):
                    return (
                        .unavailable(
                            UnavailableReason(.misconfigured, "\(source.name): password of \"\(name)\": \(text)")),
                        steps
                    )
                }
            }
        }
        let (member, more) = await isMember(name, names)
        steps += more
        return switch member {
        case .found(true): (.accepted, steps)
        case .found(false), .absent: (.rejected, steps)
        case .unavailable(let reason): (.unavailable(reason), steps)
        }
    }
}
