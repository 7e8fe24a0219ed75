package import Directory
package import LDAP

/// How a database finds a user's entry, and what it reads of it.
package struct EntryLookup: Sendable {
    package var source: any DirectorySource
    package var base: NameTemplate
    package var scope: SearchScope
    package var filter: FilterTemplate
    package var dereference: DereferencePolicy
    package var mapping: AttributeMapping
    package var severalEntries = SeveralEntries.failure

    /// What becomes of a login or an address for which the search finds more than one entry.
    package enum SeveralEntries: Hashable, Sendable {
        /// As for Dovecot: nobody can say whose login it is.
        case failure
        /// As for Courier.
        case nobody
        /// Each of them is meant: only for deliveries, where each account gets a copy.
        case each
    }

    package init(
        source: any DirectorySource, base: NameTemplate, scope: SearchScope = .sub, filter: FilterTemplate,
        dereference: DereferencePolicy = .never, mapping: AttributeMapping = AttributeMapping()
    ) {
        self.source = source
        self.base = base
        self.scope = scope
        self.filter = filter
        self.dereference = dereference
        self.mapping = mapping
    }

    enum Outcome: Sendable {
        case entry(LDAPEntry)
        case none
        case failed(UnavailableReason)
    }

    /// The one entry of a user. Several are a fault of the directory or of the filter: nobody can say whose login it is.
    func find(
        _ variables: LoginVariables, alsoReading more: [String], location: SourceLocation?
    ) async -> (outcome: Outcome, steps: [TraceStep]) {
        let (outcomes, steps) = await findEach(variables, alsoReading: more, location: location)
        return (outcomes.first ?? .none, steps)
    }

    /// One outcome; or that of each entry, where `severalEntries` is `each` and the search finds several.
    func findEach(
        _ variables: LoginVariables, alsoReading more: [String], location: SourceLocation?
    ) async -> (outcomes: [Outcome], steps: [TraceStep]) {
        guard let base = base.render(variables), let filter = filter.render(variables) else {
            let step = TraceStep(
                .decision(rule: "\(self.filter)", text: "a variable is empty for this login: nobody is found"),
                location: location)
            return ([.none], [step])
        }
        let request = SearchRequest(
            base: base.description, scope: scope, filter: filter, attributes: requested(more), sizeLimit: 10,
            dereference: dereference)
        var result = TraceStep.SearchResult.entries(0)
        let outcomes: [Outcome]
        let answer = await source.answer(request)
        switch answer.outcome {
        case .entries(let entries):
            result = .entries(entries.count)
            switch (entries.count, severalEntries) {
            case (0, _), (2..., .nobody): outcomes = [.none]
            case (1, _), (_, .each): outcomes = entries.map { .entry($0) }
            default:
                let names = entries.prefix(3).map { "\"\($0.name)\"" }.joined(separator: ", ")
                outcomes = [
                    .failed(
                        UnavailableReason(
                            .misconfigured,
                            "\(source.name): \(filter) below \"\(base)\" finds \(entries.count) entries (\(names)); it must find one"
                        ))
                ]
            }
        case .noSuchObject where self.base.isConstant:
            let reason = UnavailableReason(.misconfigured, "\(source.name): the search base \"\(base)\" does not exist")
            result = .failed(reason)
            outcomes = [.failed(reason)]
        case .noSuchObject: outcomes = [.none]
        case .failed(let reason):
            result = .failed(reason)
            outcomes = [.failed(reason)]
        }
        var steps = [TraceStep.search(request, at: source.name, result, answer, location: location)]
        var followed: [Outcome] = []
        for outcome in outcomes {
            guard case .entry(let entry) = outcome else {
                followed.append(outcome)
                continue
            }
            let (whole, further) = await follow(entry)
            if case .entry(let whole) = whole { steps += shown(whole, more, location) }
            steps += further
            followed.append(whole)
        }
        return (followed, steps)
    }

    /// Reads the entries that the mapping's references name, and adds their attributes as `attribute@name`. A reference
    /// that leads nowhere leaves those attributes missing.
    private func follow(_ entry: LDAPEntry) async -> (outcome: Outcome, steps: [TraceStep]) {
        var whole = entry
        var steps: [TraceStep] = []
        for case .reference(let name, let attribute) in mapping.items {
            let wanted = mapping.attributes(ofReference: name)
            guard !wanted.isEmpty, let value = whole[AttributeDescription(attribute)].first,
                let target = String(validating: value, as: UTF8.self)
            else { continue }
            let everything = LDAPFilter.present("objectClass")
            let request = SearchRequest(base: target, scope: .base, filter: everything, attributes: wanted)
            let answer = await source.answer(request)
            var result = TraceStep.SearchResult.entries(0)
            switch answer.outcome {
            case .entries(let entries):
                result = .entries(entries.count)
                whole.attributes += (entries.first?.attributes ?? []).map { attribute in
                    LDAPAttribute(
                        AttributeDescription("\(attribute.description.spelling)@\(name)"), attribute.values)
                }
            case .noSuchObject: break
            case .failed(let reason): result = .failed(reason)
            }
            steps.append(TraceStep.search(request, at: source.name, result, answer))
            if case .failed(let reason) = result { return (.failed(reason), steps) }
        }
        return (.entry(whole), steps)
    }

    /// The attributes of the mapping as steps of a trace; of secrets only that they are there.
    private func shown(_ entry: LDAPEntry, _ more: [String], _ location: SourceLocation?) -> [TraceStep] {
        let secrets = mapping.secretAttributes
        let interesting = Set(((mapping.attributes ?? []) + more).map { AttributeDescription($0) })
        return entry.attributes.filter { interesting.contains($0.description) }.map { attribute in
            let values =
                secrets.contains(attribute.description)
                ? attribute.values.map { _ in Array("(hidden)".utf8) } : attribute.values
            return TraceStep(
                .entry(name: entry.name, attribute: attribute.description.spelling, values: values), location: location)
        }
    }

    private func requested(_ more: [String]) -> [String] {
        guard let mapped = mapping.attributes else { return ["*"] + more }
        let names = mapped + more
        // RFC 4511 §4.5.1.8: "1.1" asks for none; an empty list would ask for all.
        return names.isEmpty ? ["1.1"] : names
    }
}

extension LDAPEntry {
    /// What stays the same when an entry is renamed, as text: entryUUID of RFC 4530, else Active Directory's objectGUID,
    /// else the name.
    var identity: String {
        if let uuid = self["entryUUID"].first.flatMap({ String(validating: $0, as: UTF8.self) }), !uuid.isEmpty {
            return uuid
        }
        if let guid = self["objectGUID"].first, guid.count == 16 {
            let digits = Array("0123456789abcdef")
            return String(guid.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 0x0F)]] })
        }
        return name
    }

    static let identityAttributes = ["entryUUID", "objectGUID"]
}
