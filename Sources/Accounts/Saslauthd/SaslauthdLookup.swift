package import Directory
package import LDAP
package import Passwords

/// saslauthd's LDAP mechanism (`saslauthd -a ldap`), as its configuration describes it.
package struct SaslauthdLookup: Sendable {
    /// `ldap_auth_method`
    package enum Method: Sendable {
        /// Find the entry, bind as it.
        case bind(SaslauthdFilter)
        /// Find the entry, compare with this attribute's values.
        case custom(SaslauthdFilter, attribute: String, PasswordChecker)
        /// The filter is the name to bind as.
        case fastbind(SaslauthdName)
    }

    /// `ldap_group_match_method`: who is accepted must be in a group too.
    package enum Group: Sendable {
        /// The group holds the user's name in this attribute.
        case attribute(SaslauthdName, attribute: String)
        /// A search finds something; `%D` is the user's name.
        case filter(SaslauthdFilter, base: SaslauthdName, scope: SearchScope)
    }

    /// How a login arrives: libsasl parts it at the last `@` into user and realm.
    package enum Arrival: Hashable, Sendable {
        case parted
        /// `saslauthd -r` puts it together again.
        case glued
    }

    package var source: any DirectorySource
    package var method: Method
    package var base: SaslauthdName
    package var scope: SearchScope
    package var dereference: DereferencePolicy
    package var group: Group?
    /// `ldap_default_realm`
    package var defaultRealm: [UInt8]
    /// The realm of a login without `@`: Postfix's `smtpd_sasl_local_domain`.
    package var localRealm: [UInt8]
    package var arrival: Arrival

    package init(
        source: any DirectorySource, method: Method, base: SaslauthdName, scope: SearchScope = .sub,
        dereference: DereferencePolicy = .never, group: Group? = nil, defaultRealm: [UInt8] = [],
        localRealm: [UInt8] = [], arrival: Arrival = .parted
    ) {
        self.source = source
        self.method = method
        self.base = base
        self.scope = scope
        self.dereference = dereference
        self.group = group
        self.defaultRealm = defaultRealm
        self.localRealm = localRealm
        self.arrival = arrival
    }

    /// What a login becomes on its way.
    package func names(of login: [UInt8], service: String) -> SaslauthdNames {
        let at = login.lastIndex(of: UInt8(ascii: "@"))
        let user = at.map { Array(login[..<$0]) } ?? login
        let realm = at.map { Array(login[($0 + 1)...]) } ?? localRealm
        return names(user: user, realm: realm, service: service)
    }

    /// A request's strings, as they are used.
    package func names(user: [UInt8], realm: [UInt8], service: String) -> SaslauthdNames {
        let isGlued = arrival == .glued && !realm.isEmpty
        return SaslauthdNames(
            user: isGlued ? user + [UInt8(ascii: "@")] + realm : user, realm: realm.isEmpty ? defaultRealm : realm,
            service: service)
    }

    enum Found: Sendable {
        case entry(LDAPEntry)
        case none
        case failed(UnavailableReason)
    }

    /// One entry: of several nobody can say whose login it is, and saslauthd refuses.
    func find(_ filter: SaslauthdFilter, _ names: SaslauthdNames, attributes: [String]) async -> (Found, [TraceStep]) {
        guard let base = base.render(names), let filter = filter.render(names) else {
            return (.none, [decision("a token of the filter or the base is empty for this login: nobody is found")])
        }
        let (entries, step) = await search(
            base.description, scope, filter, attributes: attributes, isFixed: self.base.isConstant)
        switch entries {
        case .unavailable(let reason): return (.failed(reason), [step])
        case .absent: return (.none, [step])
        case .found(let entries):
            if entries.count == 1, let entry = entries.first { return (.entry(entry), [step]) }
            return (.none, [step, decision("\(entries.count) entries: it must be one")])
        }
    }

    /// Whether the user of that entry is in the group, if there is one.
    func isMember(_ name: String, _ names: SaslauthdNames) async -> (Outcome<Bool>, [TraceStep]) {
        guard let group else { return (.found(true), []) }
        var names = names
        names.userDN = Array(name.utf8)
        let outcome: Outcome<[LDAPEntry]>
        let step: TraceStep
        switch group {
        case .attribute(let groupName, let attribute):
            guard let groupName = groupName.render(names) else { return (.found(false), []) }
            (outcome, step) = await search(
                groupName.description, .base, .equality(AttributeDescription(attribute), names.userDN),
                attributes: ["1.1"], isFixed: false)
        case .filter(let filter, let base, let scope):
            guard let filter = filter.render(names), let base = base.render(names) else { return (.found(false), []) }
            (outcome, step) = await search(
                base.description, scope, filter, attributes: ["1.1"], isFixed: false)
        }
        switch outcome {
        case .found(let entries): return (.found(!entries.isEmpty), [step])
        case .absent: return (.found(false), [step])
        case .unavailable(let reason): return (.unavailable(reason), [step])
        }
    }

    private func search(
        _ base: String, _ scope: SearchScope, _ filter: LDAPFilter, attributes: [String], isFixed: Bool
    ) async -> (Outcome<[LDAPEntry]>, TraceStep) {
        let outcome: Outcome<[LDAPEntry]>
        let result: TraceStep.SearchResult
        let found = await source.search(
            SearchRequest(
                base: base, scope: scope, filter: filter, attributes: attributes, sizeLimit: 10,
                dereference: dereference))
        switch found {
        case .entries(let entries):
            outcome = entries.isEmpty ? .absent : .found(entries)
            result = .entries(entries.count)
        case .noSuchObject where isFixed:
            let reason = UnavailableReason(.misconfigured, "\(source.name): the search base \"\(base)\" does not exist")
            outcome = .unavailable(reason)
            result = .failed(reason)
        case .noSuchObject:
            outcome = .absent
            result = .entries(0)
        case .failed(let reason):
            outcome = .unavailable(reason)
            result = .failed(reason)
        }
        let step = TraceStep(
            .search(server: source.name, base: base, scope: scope, filter: filter, result: result))
        return (outcome, step)
    }

    private func decision(_ text: String) -> TraceStep {
        TraceStep(.decision(rule: "saslauthd", text: text))
    }
}
