package import Directory
package import LDAP

/// What an LDAP table asks and what it makes of the answers; the parameters of ldap_table(5) apart from those of the
/// connection, which are the source's.
package struct LDAPTableOptions: Sendable {
    /// A DN with % expansions.
    package var searchBase: [UInt8] = []
    /// An RFC 4515 filter with % expansions in its values.
    package var queryFilter: [UInt8] = Array("(mailacceptinggeneralid=%s)".utf8)
    package var resultFormat: [UInt8] = Array("%s".utf8)
    /// Only keys `user@domain` with a domain in this list are looked up.
    package var domain: MatchList?
    package var resultAttributes = ["maildrop"]
    /// Attributes that hold DNs or LDAP URLs to follow.
    package var specialResultAttributes: [String] = []
    /// Attributes beside which nothing else of their entry counts.
    package var terminalResultAttributes: [String] = []
    /// Attributes that count only in entries without special ones.
    package var leafResultAttributes: [String] = []
    package var scope = SearchScope.sub
    /// Searches nested in searches; 1 forbids following.
    package var recursionLimit = 1000
    /// Values of one lookup; 0 for any number.
    package var expansionLimit = 0
    /// Entries of one search; 0 for any number.
    package var sizeLimit = 0
    package var dereference = DereferencePolicy.never
    /// Seconds a search may take.
    package var timeout = 10
    /// What is made of values that bear a scheme, such as `smtp:`, before `resultFormat`.
    package var valueCleaning: ValueCleaning?
    package var selfContainingGroups = SelfContainingGroups.members
    package var keylessDomainFilter = KeylessDomainFilter.listedDomains
    /// Where each parameter was set, by Postfix's name for it.
    package var locations: [String: SourceLocation] = [:]
    /// Settings that Postfix would warn of and go on.
    package var warnings: [TableFault] = []

    package init() {}

    /// What becomes of a group that contains itself, by whatever way.
    package enum SelfContainingGroups: Hashable, Sendable {
        /// An entry is followed once in a lookup, so that the members are found.
        case members
        /// It is followed until `recursionLimit` makes the lookup fail for now, as Postfix does it.
        case failAsPostfix
    }

    /// What a table in a list of domains means whose search is the same for every key, `(associatedDomain=*)`.
    package enum KeylessDomainFilter: Hashable, Sendable {
        /// The domains that it lists: `ListedValuesTable`.
        case listedDomains
        /// Every domain there is, as in Postfix, which doesn't look at the value.
        case everyDomainAsPostfix
    }

    /// - Parameter lists: opens the files and tables that `domain` may name.
    package init(_ parameters: TableParameters, lists: MatchList.Reader = .namesOnly) throws(TableFaults) {
        var faults: [TableFault] = []
        locations = parameters.values.compactMapValues(\.location)
        if let value = parameters.bytes("search_base") { searchBase = value }
        if let value = parameters.bytes("query_filter") { queryFilter = value }
        // result_filter is what result_format was called before Postfix 2.2.
        for name in ["result_filter", "result_format"] {
            if let value = parameters.bytes(name), !value.isEmpty { resultFormat = value }
        }
        if let value = parameters.words("result_attribute") { resultAttributes = value }
        if let value = parameters.words("special_result_attribute") { specialResultAttributes = value }
        if let value = parameters.words("terminal_result_attribute") { terminalResultAttributes = value }
        if let value = parameters.words("leaf_result_attribute") { leafResultAttributes = value }
        switch parameters.text("scope")?.lowercased() {
        case nil, "sub"?: break
        case "one"?: scope = .one
        case "base"?: scope = .base
        case let other?:
            warnings.append(
                TableFault("scope: \"\(other)\" is none of sub, one, base: sub is used", at: locations["scope"]))
        }
        func read(_ name: String, _ minimum: Int, _ store: (Int) -> Void) {
            do throws(TableFault) {
                if let number = try parameters.integer(name, in: minimum...Int(Int32.max)) { store(number) }
            } catch {
                faults.append(error)
            }
        }
        read("recursion_limit", 1) { recursionLimit = $0 }
        read("expansion_limit", 0) { expansionLimit = $0 }
        sizeLimit = expansionLimit
        read("size_limit", 0) { sizeLimit = $0 }
        read("timeout", 0) { timeout = $0 }
        read("dereference", Int(Int32.min)) { number in
            if let policy = DereferencePolicy(rawValue: number) {
                dereference = policy
            } else {
                warnings.append(
                    TableFault("dereference: \(number) is not 0, 1, 2 or 3: 0 is used", at: locations["dereference"]))
            }
        }
        if let value = parameters.bytes("domain"), !ASCIIText.trimmed(value).isEmpty {
            do {
                domain = try MatchList(name: "domain", parsing: value, reader: lists, location: locations["domain"])
            } catch let fault as TableFault {
                faults.append(fault)
            } catch {
                faults.append(TableFault("domain: \(error)", at: locations["domain"]))
            }
        }
        guard faults.isEmpty else { throw TableFaults(faults) }
    }
}
