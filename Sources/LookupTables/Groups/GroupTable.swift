package import Directory
import LDAP

/// A group's address → the addresses of its members, whatever way the directory names them: by DN, by login name, by
/// address, by search URL or filter, and through groups within groups.
///
/// Every entry is read once, so that groups may contain each other. A member that is missing or has no address is passed
/// over with a note in the trace; a search that fails, or a limit that is hit, makes the whole answer unavailable. The
/// addresses come without duplicates in the order of the directory's values, those of nested groups behind those of the
/// groups that name them.
package struct GroupTable: LookupTable {
    package let name: String
    package let location: SourceLocation?
    package var isPattern: Bool { false }

    package let options: GroupTableOptions
    let source: any DirectorySource
    let attributes: MemberAttributes
    let format: ResultFormat
    let uidFilter: FilterTemplate
    let uidRequirements: KeyRequirements
    private let search: KeyedSearch

    /// - Parameters:
    ///   - name: as traces and `postroom lookup` call it.
    ///   - location: where the configuration names the table.
    package init(
        name: String, options: GroupTableOptions, source: any DirectorySource, location: SourceLocation? = nil
    ) throws(TableFaults) {
        self.name = name
        self.location = location
        self.options = options
        self.source = source
        attributes = MemberAttributes(options)
        var faults: [TableFault] = []
        let locations = options.locations
        let format = TableFault.collecting(&faults, at: locations["result_format"] ?? location) {
            () throws(TableFault) in try TableTemplate(options.resultFormat, parameter: "result_format")
        }
        let search = KeyedSearch(
            table: name, searchBase: options.searchBase, queryFilter: options.queryFilter, domain: options.domain,
            result: format, locations: locations, location: location, faults: &faults)
        let uidFilter = TableFault.collecting(&faults, at: locations["uid_filter"] ?? location) {
            () throws(TableFault) in try FilterTemplate(options.uidFilter)
        }
        if let base = options.memberSearchBase, (try? DistinguishedName(parsing: base)) == nil {
            faults.append(TableFault("\"\(base)\" is no DN", at: locations["member_search_base"] ?? location))
        }
        if let uidFilter, uidFilter.template.fields.isEmpty {
            faults.append(
                TableFault(
                    "the filter for login names holds no % expansion: write (uid=%s)",
                    at: locations["uid_filter"] ?? location))
        }
        if options.memberAddressAttributes.isEmpty {
            faults.append(TableFault("\(name): no attribute is named that holds members' addresses", at: location))
        }
        guard faults.isEmpty, let search, let format, let uidFilter else { throw TableFaults(faults) }
        self.search = search
        self.format = ResultFormat(format)
        self.uidFilter = uidFilter
        uidRequirements = KeyRequirements(query: [uidFilter.template], result: uidFilter.template)
    }

    package func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        var children: [TraceStep] = []
        let outcome = await find(key, &children)
        return answer(outcome, to: key, children: children)
    }

    private func find(_ key: [UInt8], _ steps: inout [TraceStep]) async -> Outcome<[UInt8]> {
        let finding = await search.find(key, at: source, &steps) { base, filter in
            request(base: base, scope: options.scope, filter: filter)
        }
        switch finding {
        case .absent: return .absent
        case .unavailable(let reason): return .unavailable(reason)
        case .entries(let entries, let parts, let request, let answer):
            var expansion = GroupExpansion(table: self, key: parts, groupBase: request.base)
            await expansion.expand(entries, of: request, answer)
            steps += expansion.trace.steps
            if let failure = expansion.failure { return .unavailable(failure) }
            let addresses = expansion.addresses
            return addresses.isEmpty ? .absent : .found(Array(addresses.joined(separator: [UInt8(ascii: ",")])))
        }
    }

    /// - Parameter addresses: the attributes that are to give a member's addresses; nil for all.
    func request(base: String, scope: SearchScope, filter: LDAPFilter, addresses: [String]? = nil) -> SearchRequest {
        SearchRequest(
            base: base, scope: scope, filter: filter,
            attributes: attributes.requested(addresses: addresses ?? options.memberAddressAttributes),
            timeLimit: options.timeout, dereference: options.dereference)
    }

    func decision(_ rule: String, _ text: String) -> TraceStep { search.decision(rule, text) }

    func place(_ parameter: String) -> String { search.place(parameter) }
}
