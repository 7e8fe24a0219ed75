package import Directory
import LDAP

/// `ldap:` with Postfix's exact meaning (ldap_table(5)), apart from the named options of `LDAPTableOptions`.
package struct LDAPTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    /// What Postfix would warn of when it opens the table.
    package let warnings: [TableFault]
    package var isPattern: Bool { false }

    package let options: LDAPTableOptions
    let source: any DirectorySource
    let attributes: ResultAttributes
    let format: ResultFormat
    private let search: KeyedSearch

    /// - Parameters:
    ///   - name: as the configuration has it: `ldap:/etc/postfix/users.cf`.
    ///   - location: where the configuration names the table.
    package init(
        name: String, options: LDAPTableOptions, source: any DirectorySource, location: SourceLocation? = nil
    ) throws(TableFaults) {
        self.name = name
        self.location = location
        self.options = options
        self.source = source
        attributes = ResultAttributes(options)
        var faults: [TableFault] = []
        let format = TableFault.collecting(&faults, at: options.locations["result_format"] ?? location) {
            () throws(TableFault) in try TableTemplate(options.resultFormat, parameter: "result_format")
        }
        let search = KeyedSearch(
            table: name, searchBase: options.searchBase, queryFilter: options.queryFilter, domain: options.domain,
            result: format, locations: options.locations, location: location, faults: &faults)
        guard faults.isEmpty, let search, let format else { throw TableFaults(faults) }
        self.search = search
        self.format = ResultFormat(format)
        var warnings = options.warnings
        if let filter = search.filter, filter.template.fields.isEmpty {
            warnings.append(
                TableFault(
                    "query_filter holds no % expansion: every key gives the same answer",
                    at: options.locations["query_filter"] ?? location))
        }
        self.warnings = warnings
    }

    /// Whether base, filter and result are the same for every key, as with `(associatedDomain=*)`: in a list of domains
    /// such a table fits every domain there is, unless `ListedValuesTable` stands before it.
    package var isKeyless: Bool {
        search.isFixed
            && format.template.fields.allSatisfy { field in
                switch field {
                case .whole, .user, .domain: true
                case .keyWhole, .keyUser, .keyDomain, .keyLabel: false
                }
            }
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let answer = await lookupValues(key)
        return Answer(answer.outcome.map(\.joined), steps: answer.steps)
    }

    package func lookupValues(_ key: [UInt8]) async -> Answer<[EntryValues]> {
        var children: [TraceStep] = []
        let outcome = await find(key, &children)
        let result: TraceStep.LookupResult =
            switch outcome {
            case .found(let entries): .found(entries.joined)
            case .absent: .absent
            case .unavailable(let reason): .unavailable(reason)
            }
        let step = TraceStep(.lookup(table: name, key: key, result: result), location: location, children: children)
        return Answer(outcome, steps: [step])
    }

    private func find(_ key: [UInt8], _ steps: inout [TraceStep]) async -> Outcome<[EntryValues]> {
        let finding = await search.find(key, at: source, &steps) { base, filter in
            request(base: base, scope: options.scope, filter: filter)
        }
        switch finding {
        case .absent: return .absent
        case .unavailable(let reason): return .unavailable(reason)
        case .entries(let entries, let parts, let request, let answer):
            var expansion = ResultExpansion(table: self, key: parts)
            let children = await expansion.add(entries, of: request, depth: 1)
            steps.append(TraceStep(request, .entries(entries.count), source: source, answer, children: children))
            if let failure = expansion.failure { return .unavailable(failure) }
            return expansion.result.isEmpty ? .absent : .found(expansion.result)
        }
    }

    func request(base: String, scope: SearchScope, filter: LDAPFilter, attributes: [String]? = nil) -> SearchRequest {
        SearchRequest(
            base: base, scope: scope, filter: filter, attributes: attributes ?? self.attributes.requested,
            sizeLimit: options.sizeLimit, timeLimit: options.timeout, dereference: options.dereference)
    }

    func decision(_ rule: String, _ text: String) -> TraceStep { search.decision(rule, text) }

    func place(_ parameter: String) -> String { search.place(parameter) }
}
