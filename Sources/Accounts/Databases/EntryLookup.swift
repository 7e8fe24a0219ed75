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
        guard let base = base.render(variables), let filter = filter.render(variables) else {
            let step = TraceStep(
                .decision(rule: "\(self.filter)", text: "a variable is empty for this login: nobody is found"),
                location: location)
            return (.none, [step])
        }
        let request = SearchRequest(
            base: base.description, scope: scope, filter: filter, attributes: requested(more), sizeLimit: 10,
            dereference: dereference)
        var result = TraceStep.SearchResult.entries(0)
        let outcome: Outcome
        switch await source.search(request) {
        case .entries(let entries):
            result = .entries(entries.count)
            switch entries.count {
            case 0: outcome = .none
            case 1: outcome = .entry(entries[0])
            default:
                let names = entries.prefix(3).map { "\"\($0.name)\"" }.joined(separator: ", ")
                outcome = .failed(
                    UnavailableReason(
                        .misconfigured,
                        "\(source.name): \(filter) below \"\(base)\" finds \(entries.count) entries (\(names)); it must find one"
                    ))
            }
        case .noSuchObject where self.base.isConstant:
            let reason = UnavailableReason(.misconfigured, "\(source.name): the search base \"\(base)\" does not exist")
            result = .failed(reason)
            outcome = .failed(reason)
        case .noSuchObject: outcome = .none
        case .failed(let reason):
            result = .failed(reason)
            outcome = .failed(reason)
        }
        var steps = [
            TraceStep(
                .search(
                    server: source.name, base: base.description, scope: scope, filter: filter, result: result),
                location: location)
        ]
        if case .entry(let entry) = outcome { steps += shown(entry, more, location) }
        return (outcome, steps)
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
