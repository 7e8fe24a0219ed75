import Directory
import LDAP

/// Gathers the values of one lookup from the entries of its search and from what these point to (ldap-tables §§4, 5).
struct ResultExpansion {
    private let table: LDAPTable
    private let key: KeyParts
    /// The values so far, by the entries of the first search.
    private var found: [EntryValues] = []
    /// Octets of the values so far, joined.
    private var size = 0
    /// Entries whose values are in already, with the attributes that they were asked for, and what was searched: not gone
    /// through again. Names are compared as the server writes them: it writes an entry's name in one way only.
    private var seen: Set<SeenEntry> = []
    private var asked: Set<SearchRequest> = []
    /// Ends the lookup: no answer that isn't whole.
    private(set) var failure: UnavailableReason?
    private var values = 0
    private var searches = 1

    init(table: LDAPTable, key: KeyParts) {
        self.table = table
        self.key = key
    }

    /// Of the entries that gave any.
    var result: [EntryValues] { found.filter { !$0.values.isEmpty } }

    private struct SeenEntry: Hashable {
        var name: String
        var attributes: [String]
    }

    /// Searches of one lookup. Postfix has no such bound; groups that share their members on many levels could otherwise
    /// keep a server busy for ever without being nested deep.
    private static let maximumSearches = 20_000
    /// Octets of a result, far beyond any list of addresses.
    private static let maximumResultSize = 16 << 20

    /// Adds what the entries of one search hold; gives the steps below that search.
    mutating func add(_ entries: [LDAPEntry], of request: SearchRequest, depth: Int) async -> [TraceStep] {
        var steps: [TraceStep] = []
        if table.options.sizeLimit > 0, entries.count > table.options.sizeLimit {
            fail("size_limit", "a search gave more than \(table.options.sizeLimit) entries")
        }
        // Postfix sets these once per search, not per entry: what one entry was, the later ones are taken for. Sites have
        // come to rely on the answers this gives.
        var isTerminal = false
        var isLeaf = true
        for entry in entries {
            guard failure == nil else { break }
            if table.options.selfContainingGroups == .members,
                !seen.insert(SeenEntry(name: entry.name, attributes: request.attributes)).inserted
            {
                steps.append(decision("\(entry.name) has been read already: not followed again"))
                continue
            }
            if depth == 1 { found.append(EntryValues(entry: entry.name, values: [])) }
            if table.attributes.has(.terminal, entry) { isTerminal = true }
            if !isTerminal, table.attributes.hasLeaves, table.attributes.has(.special, entry) { isLeaf = false }
            for attribute in entry.attributes {
                guard failure == nil else { break }
                guard let kind = table.attributes.kind(of: attribute.description), !attribute.values.isEmpty else {
                    continue
                }
                if isTerminal, kind != .terminal { continue }
                if !isLeaf, kind == .leaf || kind == .terminal { continue }
                if kind == .special {
                    steps.append(
                        TraceStep(
                            .entry(
                                name: entry.name, attribute: attribute.description.spelling, values: attribute.values)))
                    steps += await follow(attribute, depth: depth)
                } else {
                    let cleaned =
                        table.options.valueCleaning?.cleaned(attribute.values, of: attribute.description)
                        ?? attribute.values
                    let used = cleaned.filter { append($0) }
                    steps.append(
                        TraceStep(.entry(name: entry.name, attribute: attribute.description.spelling, values: used)))
                }
            }
        }
        return steps
    }

    /// False for a value that is passed over.
    private mutating func append(_ value: [UInt8]) -> Bool {
        guard failure == nil, let formatted = table.format.format(value, key: key) else { return false }
        values += 1
        if table.options.expansionLimit > 0, values > table.options.expansionLimit {
            fail("expansion_limit", "more than \(table.options.expansionLimit) values")
            return false
        }
        size += formatted.count + 1
        if size > Self.maximumResultSize {
            fail("result_attribute", "the values are longer than \(Self.maximumResultSize) bytes together")
            return false
        }
        guard !found.isEmpty, !formatted.isEmpty else { return false }
        found[found.count - 1].values.append(formatted)
        return true
    }

    /// Follows the DNs and URLs of a special attribute.
    private mutating func follow(_ attribute: LDAPAttribute, depth: Int) async -> [TraceStep] {
        guard depth < table.options.recursionLimit else {
            fail(
                "recursion_limit",
                "\(attribute.description) leads deeper than \(table.options.recursionLimit) searches: does a group"
                    + " contain itself?")
            return []
        }
        var steps: [TraceStep] = []
        for value in attribute.values {
            guard failure == nil else { break }
            let request: SearchRequest
            switch target(value) {
            case .search(let target): request = target
            case .nothing:
                steps.append(table.decision("special_result_attribute", "the URL asks for none of our attributes"))
                continue
            case .malformed(let why):
                fail("special_result_attribute", "\(attribute.description): \(why)")
                continue
            }
            if table.options.selfContainingGroups == .members, !asked.insert(request).inserted {
                steps.append(decision("\"\(request.base)\" has been asked already: not followed again"))
                continue
            }
            searches += 1
            guard searches <= Self.maximumSearches else {
                fail("special_result_attribute", "the lookup took more than \(Self.maximumSearches) searches")
                break
            }
            let answer = await table.source.answer(request)
            switch answer.outcome {
            case .entries(let entries):
                let children = await add(entries, of: request, depth: depth + 1)
                steps.append(
                    TraceStep(request, .entries(entries.count), source: table.source, answer, children: children))
            case .noSuchObject:
                steps.append(TraceStep(request, .entries(0), source: table.source, answer))
                steps.append(
                    table.decision("special_result_attribute", "\"\(request.base)\" does not exist: passed over"))
            case .failed(let reason):
                steps.append(TraceStep(request, .failed(reason), source: table.source, answer))
                failure = reason
            }
        }
        return steps
    }

    private enum Target {
        case search(SearchRequest)
        case nothing
        case malformed(String)
    }

    private func target(_ value: [UInt8]) -> Target {
        guard let text = String(validating: value, as: UTF8.self) else { return .malformed("a value is no UTF-8") }
        let folded = text.prefix(8).lowercased()
        guard ["ldap://", "ldaps://", "ldapi://"].contains(where: folded.hasPrefix) else {
            // Not the table's own base, filter and scope: the name is the search.
            return .search(table.request(base: text, scope: .base, filter: .present("objectClass")))
        }
        guard let url = try? LDAPURL(parsing: text) else { return .malformed("\"\(text)\" is no LDAP URL") }
        guard let attributes = table.attributes.requested(by: url.attributes) else { return .nothing }
        // The host is not looked at: a directory value must not choose where we connect to.
        return .search(
            table.request(
                base: url.base, scope: url.scope ?? .base, filter: url.filter ?? .present("objectClass"),
                attributes: attributes))
    }

    private mutating func fail(_ parameter: String, _ text: String) {
        failure = failure ?? UnavailableReason(.misconfigured, "\(table.place(parameter)): \(parameter): \(text)")
    }

    private func decision(_ text: String) -> TraceStep { table.decision("special_result_attribute", text) }
}
