package import Directory
import LDAP

/// Who says where a user's mail lives: Dovecot's userdb.
package struct UserDatabase: Sendable {
    package enum Method: Sendable {
        case search(EntryLookup)
        /// The `userdb_` fields that the password database gave with the login; for deliveries it knows nobody.
        case prefetch
        /// The same templates for everybody. Whether there is such a user is for the password databases to say, unless
        /// `allowsAllUsers` (Dovecot's `allow_all_users`): then no address is unknown.
        case fixed(AttributeMapping, allowsAllUsers: Bool = false)
        /// A line of a file in the form of passwd(5).
        case passwdFile(PasswdFileLookup)
    }

    package var name: String
    package var method: Method
    package var active: ActiveCondition?
    package var location: SourceLocation?
    /// How it stands in its chain.
    package var rules: UserDatabaseRules
    /// How all users are listed: Dovecot's `iterate_filter`, with `iterate_attrs` as its mapping, which sets `user`.
    package var iteration: EntryLookup?

    package init(
        name: String = "userdb", method: Method, active: ActiveCondition? = nil, location: SourceLocation? = nil,
        rules: UserDatabaseRules = UserDatabaseRules(), iteration: EntryLookup? = nil
    ) {
        self.rules = rules
        self.iteration = iteration
        self.name = name
        self.method = method
        self.active = active
        self.location = location
    }

    struct User: Hashable, Sendable {
        /// The database's own name for the user; nil when it has none.
        var name: [UInt8]?
        var fields: Fields
        /// Nil when there is no entry behind it.
        var identity: String?
        /// The entry's DN or the database's name: for messages.
        var origin: String
    }

    enum Outcome: Sendable {
        case found(User)
        case none
        case inactive
        case unavailable(UnavailableReason)
    }

    /// Whether it gives fields for users that nobody has looked for.
    var mustAskForUser: Bool {
        if case .fixed(_, allowsAllUsers: false) = method { true } else { false }
    }

    /// One outcome; or that of each entry, where a search for deliveries finds several.
    func users(
        _ variables: LoginVariables, prefetched: Fields?
    ) async -> (outcomes: [Outcome], steps: [TraceStep]) {
        if case .search(let lookup) = method { return await search(lookup, variables) }
        let (outcome, steps) = await user(variables, prefetched: prefetched)
        return ([outcome], steps)
    }

    private func user(
        _ variables: LoginVariables, prefetched: Fields?
    ) async -> (outcome: Outcome, steps: [TraceStep]) {
        switch method {
        case .prefetch:
            guard let fields = prefetched?.removingPrefix("userdb_"), !fields.all.isEmpty else { return (.none, []) }
            return (
                .found(User(name: fields["user"], fields: fields, identity: nil, origin: name)),
                [decision("fields of the password database: \(fields)")]
            )
        case .fixed(let mapping, _):
            var mapped = variables
            let fields = mapping.evaluate(LDAPEntry(name: ""), &mapped)
            return (
                .found(User(name: fields["user"] ?? variables.user, fields: fields, identity: nil, origin: name)),
                [decision("the same for every user: \(fields)")]
            )
        case .search(let lookup):
            let (outcomes, steps) = await search(lookup, variables)
            return (outcomes.first ?? .none, steps)
        case .passwdFile(let lookup):
            switch await lookup.find(variables) {
            case .absent: return (.none, [decision("\(lookup.path): not found")])
            case .unavailable(let reason): return (.unavailable(reason), [decision(reason.text)])
            case .found(let found) where !found.entry.isAccount:
                return (.none, [decision("\(lookup.path): the user's line has a password only")])
            case .found(let found):
                var mapped = variables
                let fields = found.entry.userFields(&mapped)
                let origin = String(decoding: found.file, as: UTF8.self)
                return (
                    .found(User(name: fields["user"], fields: fields, identity: nil, origin: origin)),
                    [decision("\(origin): \(fields)")]
                )
            }
        }
    }

    private func search(
        _ lookup: EntryLookup, _ variables: LoginVariables
    ) async -> (outcomes: [Outcome], steps: [TraceStep]) {
        var (found, steps) = await lookup.findEach(
            variables, alsoReading: LDAPEntry.identityAttributes + (active?.attributes ?? []), location: location)
        var outcomes: [Outcome] = []
        for found in found {
            switch found {
            case .none: outcomes.append(.none)
            case .failed(let reason): outcomes.append(.unavailable(reason))
            case .entry(let entry):
                let (outcome, more) = await user(entry, lookup, variables)
                steps += more
                outcomes.append(outcome)
            }
        }
        return (outcomes, steps)
    }

    private func user(
        _ entry: LDAPEntry, _ lookup: EntryLookup, _ variables: LoginVariables
    ) async -> (outcome: Outcome, steps: [TraceStep]) {
        var steps: [TraceStep] = []
        if let active {
            let (outcome, more) = await active.check(entry, lookup.source, variables, location: location)
            steps += more
            switch outcome {
            case .active: break
            case .inactive: return (.inactive, steps)
            case .failed(let reason): return (.unavailable(reason), steps)
            }
        }
        var mapped = variables
        let fields = lookup.mapping.evaluate(entry, &mapped)
        steps.append(decision("fields: \(fields)"))
        return (.found(User(name: fields["user"], fields: fields, identity: entry.identity, origin: entry.name)), steps)
    }

    func decision(_ text: String) -> TraceStep {
        TraceStep(.decision(rule: name, text: text), location: location)
    }
}
