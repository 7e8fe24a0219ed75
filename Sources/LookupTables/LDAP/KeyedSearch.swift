import Directory
import LDAP

/// The search that a key stands for: templates of base and filter, and which keys are looked up at all (ldap-tables §3).
struct KeyedSearch: Sendable {
    /// What a key finds.
    enum Finding: Sendable {
        /// What the directory answered; the step of the search is left to be added.
        case entries([LDAPEntry], key: KeyParts, request: SearchRequest, DirectoryAnswer)
        case absent
        case unavailable(UnavailableReason)
    }

    /// What becomes of a key.
    private enum Question: Sendable {
        case search(key: KeyParts, base: String, filter: LDAPFilter)
        /// No such key is looked up.
        case absent
        case unavailable(UnavailableReason)
    }

    private let table: String
    private let locations: [String: SourceLocation]
    private let domain: MatchList?
    let base: BaseTemplate
    /// Nil for an empty filter, with which every search fails.
    let filter: FilterTemplate?
    private let requirements: KeyRequirements

    /// Nil when a template is at fault; the faults are added to the others of the table.
    init?(
        table: String, searchBase: [UInt8], queryFilter: [UInt8], domain: MatchList?, result: TableTemplate?,
        locations: [String: SourceLocation], location: SourceLocation?, faults: inout [TableFault]
    ) {
        self.table = table
        self.locations = locations
        self.domain = domain
        let base = TableFault.collecting(&faults, at: locations["search_base"] ?? location) {
            () throws(TableFault) in try BaseTemplate(searchBase)
        }
        var filter: FilterTemplate?
        if !ASCIIText.trimmed(queryFilter).isEmpty {
            filter = TableFault.collecting(&faults, at: locations["query_filter"] ?? location) {
                () throws(TableFault) in try FilterTemplate(queryFilter)
            }
        }
        guard let base, let result else { return nil }
        self.base = base
        self.filter = filter
        requirements = KeyRequirements(query: [base.template] + (filter.map { [$0.template] } ?? []), result: result)
    }

    /// Whether the search is the same for every key.
    var isFixed: Bool { base.isFixed && filter.map { $0.template.fields.isEmpty } ?? true && domain == nil }

    /// Asks the directory for what the key stands for.
    ///
    /// - Parameter request: the search at a base with a filter.
    func find(
        _ key: [UInt8], at source: any DirectorySource, _ steps: inout [TraceStep],
        request: (_ base: String, _ filter: LDAPFilter) -> SearchRequest
    ) async -> Finding {
        switch await question(for: key, &steps) {
        case .absent: return .absent
        case .unavailable(let reason): return .unavailable(reason)
        case .search(let key, let base, let filter):
            let request = request(base, filter)
            let answer = await source.answer(request)
            let failure: UnavailableReason?
            switch answer.outcome {
            case .entries(let entries): return .entries(entries, key: key, request: request, answer)
            case .noSuchObject: failure = missingBase(base, at: source)
            case .failed(let reason): failure = reason
            }
            let result = failure.map { TraceStep.SearchResult.failed($0) } ?? .entries(0)
            steps.append(TraceStep(request, result, source: source, answer))
            return failure.map { .unavailable($0) } ?? .absent
        }
    }

    private func question(for key: [UInt8], _ steps: inout [TraceStep]) async -> Question {
        // A NUL ends a value at some servers, so `a\0b` could find `a`.
        guard !key.contains(0), LookupKey.isText(key) else {
            steps.append(decision("key", "it is no UTF-8 text: not looked up"))
            return .absent
        }
        if let domain {
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
        return .search(key: parts, base: base.filled(parts), filter: filter.filled(parts))
    }

    /// The base does not exist: an answer when the key made it, the setting's fault otherwise.
    private func missingBase(_ base: String, at source: any DirectorySource) -> UnavailableReason? {
        guard self.base.isFixed else { return nil }
        return UnavailableReason(
            .misconfigured,
            "\(place("search_base")): the search base \"\(base)\" does not exist at \(source.name)")
    }

    func decision(_ rule: String, _ text: String) -> TraceStep {
        TraceStep(.decision(rule: rule, text: text), location: locations[rule])
    }

    /// Where a parameter was set, or the table's name: what an operator is to look at.
    func place(_ parameter: String) -> String {
        locations[parameter].map { "\(table), \($0)" } ?? table
    }
}

extension TableFault {
    /// What `make` gives, or nil with its fault added to the others and placed.
    static func collecting<Value>(
        _ faults: inout [TableFault], at location: SourceLocation?, _ make: () throws(TableFault) -> Value
    ) -> Value? {
        do throws(TableFault) {
            return try make()
        } catch {
            faults.append(TableFault(error.text, at: error.location ?? location))
            return nil
        }
    }
}

extension TraceStep {
    /// A search of a table.
    init(
        _ request: SearchRequest, _ result: SearchResult, source: any DirectorySource, _ answer: DirectoryAnswer,
        children: [TraceStep] = []
    ) {
        self = .search(request, at: source.name, result, answer, children: children)
    }
}
