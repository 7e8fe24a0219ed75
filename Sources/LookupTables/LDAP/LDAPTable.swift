package import Directory
import LDAP

/// `ldap:` with Postfix's exact meaning (ldap_table(5)).
package struct LDAPTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    /// What Postfix would warn of when it opens the table.
    package let warnings: [TableFault]
    package var isPattern: Bool { false }

    let options: LDAPTableOptions
    let source: any DirectorySource
    let attributes: ResultAttributes
    let format: ResultFormat
    private let base: BaseTemplate
    /// Nil for an empty filter, with which every search fails.
    private let filter: FilterTemplate?
    private let requirements: KeyRequirements

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
        func template<Template>(_ parameter: String, _ make: () throws(TableFault) -> Template) -> Template? {
            do throws(TableFault) {
                return try make()
            } catch {
                faults.append(TableFault(error.text, at: error.location ?? options.locations[parameter] ?? location))
                return nil
            }
        }
        let base = template("search_base") { () throws(TableFault) in try BaseTemplate(options.searchBase) }
        var filter: FilterTemplate?
        if !ASCIIText.trimmed(options.queryFilter).isEmpty {
            filter = template("query_filter") { () throws(TableFault) in try FilterTemplate(options.queryFilter) }
        }
        let format = template("result_format") { () throws(TableFault) in
            try TableTemplate(options.resultFormat, parameter: "result_format")
        }
        guard faults.isEmpty, let base, let format else { throw TableFaults(faults) }
        self.base = base
        self.filter = filter
        self.format = ResultFormat(format)
        requirements = KeyRequirements(query: [base.template] + (filter.map { [$0.template] } ?? []), result: format)
        var warnings = options.warnings
        if let filter, filter.template.fields.isEmpty {
            warnings.append(
                TableFault(
                    "query_filter holds no % expansion: every key gives the same answer",
                    at: options.locations["query_filter"] ?? location))
        }
        self.warnings = warnings
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        var children: [TraceStep] = []
        let outcome = await find(key, &children)
        let result: TraceStep.LookupResult =
            switch outcome {
            case .found(let value): .found(value)
            case .absent: .absent
            case .unavailable(let reason): .unavailable(reason)
            }
        let step = TraceStep(.lookup(table: name, key: key, result: result), location: location, children: children)
        return Answer(outcome, steps: [step])
    }

    private func find(_ key: [UInt8], _ steps: inout [TraceStep]) async -> Outcome<[UInt8]> {
        // A NUL ends a value at some servers, so `a\0b` could find `a`.
        guard !key.contains(0), String(validating: key, as: UTF8.self) != nil else {
            steps.append(decision("key", "it is no UTF-8 text: not looked up"))
            return .absent
        }
        if let domain = options.domain {
            guard let at = key.lastIndex(of: UInt8(ascii: "@")), at > 0, at + 1 < key.count else {
                steps.append(decision("domain", "the key is no user@domain: not looked up"))
                return .absent
            }
            let answer = await domain.contains(Array(key[(at + 1)...]))
            steps += answer.steps
            switch answer.outcome {
            case .found(true): break
            case .found(false), .absent:
                steps.append(decision("domain", "the key's domain is not in the list: not looked up"))
                return .absent
            case .unavailable(let reason): return .unavailable(reason)
            }
        }
        guard let parts = KeyParts(key, requirements) else {
            steps.append(decision("query_filter", "the key lacks a part that the % expansions need: not looked up"))
            return .absent
        }
        guard let filter else {
            return .unavailable(
                UnavailableReason(.misconfigured, "\(place("query_filter")): query_filter is empty: set it"))
        }
        let request = request(base: base.filled(parts), scope: options.scope, filter: filter.filled(parts))
        let answer = await source.answer(request)
        var expansion = ResultExpansion(table: self, key: parts)
        switch answer.outcome {
        case .noSuchObject where base.isFixed:
            let reason = UnavailableReason(
                .misconfigured,
                "\(place("search_base")): the search base \"\(request.base)\" does not exist at \(source.name)")
            steps.append(TraceStep.search(request, at: source.name, .failed(reason), answer))
            return .unavailable(reason)
        case .noSuchObject:
            steps.append(TraceStep.search(request, at: source.name, .entries(0), answer))
            return .absent
        case .failed(let reason):
            steps.append(TraceStep.search(request, at: source.name, .failed(reason), answer))
            return .unavailable(reason)
        case .entries(let entries):
            let children = await expansion.add(entries, depth: 1)
            steps.append(
                TraceStep.search(request, at: source.name, .entries(entries.count), answer, children: children))
        }
        if let failure = expansion.failure { return .unavailable(failure) }
        return expansion.result.isEmpty ? .absent : .found(expansion.result)
    }

    func request(base: String, scope: SearchScope, filter: LDAPFilter, attributes: [String]? = nil) -> SearchRequest {
        SearchRequest(
            base: base, scope: scope, filter: filter, attributes: attributes ?? self.attributes.requested,
            sizeLimit: options.sizeLimit, timeLimit: options.timeout, dereference: options.dereference)
    }

    func decision(_ rule: String, _ text: String) -> TraceStep {
        TraceStep(.decision(rule: rule, text: text), location: options.locations[rule])
    }

    /// Where a parameter was set, or the table's name: what an operator is to look at.
    func place(_ parameter: String) -> String {
        options.locations[parameter].map { "\(name), \($0)" } ?? name
    }
}
