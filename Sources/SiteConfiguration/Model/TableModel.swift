/// A lookup table, by Postfix's type names.
package indirect enum TableModel: Sendable {
    case ldap(LDAPTableModel)
    case file(FileTableModel)
    /// Lines that stand in the configuration itself, in the syntax of a file's type.
    case text(TextTableModel)
    case inline(Located<[String: String]>, text: String)
    case constant(Located<String>)
    /// `unionmap:{…}`: the results of all.
    case union([TableModel], text: Located<String>)
    /// `pipemap:{…}`: the result of one is the key of the next.
    case pipe([TableModel], text: Located<String>)
    /// `randmap:{…}`
    case random(Located<[String]>, text: String)
    /// `socketmap:inet:host:port:name`, `socketmap:unix:path:name`: what follows the type.
    case socketMap(Located<String>)
    /// `tcp:host:port`: what follows the type.
    case tcp(Located<String>)
    /// `unix:passwd.byname`, `unix:group.byname`: what follows the type.
    case system(Located<String>)
    /// `fail:text`: every lookup is a temporary error.
    case failing(Located<String>)
    /// Members of a group, of any schema.
    case group(GroupTableModel)

    package var nameAndLocation: Located<String> {
        switch self {
        case .ldap(let table): Located(table.name, at: table.filter.location)
        case .file(let table): table.path.map { "\(table.type.rawValue):\($0)" }
        case .text(let table): Located("\(table.type.rawValue):\(table.name)", at: table.lines.location)
        case .inline(let pairs, let text): Located(text, at: pairs.location)
        case .constant(let value): value.map { "static:\($0)" }
        case .union(_, let text), .pipe(_, let text): text
        case .random(let values, let text): Located(text, at: values.location)
        case .socketMap(let text): text.map { "socketmap:\($0)" }
        case .tcp(let text): text.map { "tcp:\($0)" }
        case .system(let text): text.map { "unix:\($0)" }
        case .failing(let text): text.map { "fail:\($0)" }
        case .group(let table): Located(table.name, at: table.filter.location)
        }
    }
}

/// A table in a file that is read at start and at every reload.
package struct FileTableModel: Sendable {
    package enum FileType: String, CaseIterable, Sendable {
        case texthash, hash, btree, lmdb, cdb, dbm, sdbm
        case regexp, pcre, cidr
        /// aliases(5): `name: value, value`, whatever database type the site compiled it to.
        case aliases
    }

    package var type: FileType
    package var path: Located<String>

    package init(_ type: FileType, _ path: Located<String>) {
        self.type = type
        self.path = path
    }
}

/// The lines of a table that some program would have written to a file.
package struct TextTableModel: Sendable {
    package var type: FileTableModel.FileType
    /// The path at which the program has it.
    package var name: String
    /// Each line at its own place.
    package var lines: Located<[Located<String>]>

    package init(_ type: FileTableModel.FileType, name: String, lines: Located<[Located<String>]>) {
        self.type = type
        self.name = name
        self.lines = lines
    }
}

/// An LDAP table in Postfix's words (ldap_table(5)).
package struct LDAPTableModel: Sendable {
    /// For traces, logs and `postroom lookup`.
    package var name: String
    /// Which directory is asked.
    package var directory: Located<String>
    package var searchBase: Located<String>?
    package var filter: Located<String>
    package var scope: Located<String>?
    package var resultAttributes: [Located<String>]
    package var specialResultAttributes: [Located<String>]
    package var terminalResultAttributes: [Located<String>]
    package var leafResultAttributes: [Located<String>]
    package var resultFormat: Located<String>?
    package var domains: [MatchItemModel]
    package var recursionLimit: Located<Int>?
    package var expansionLimit: Located<Int>?
    package var sizeLimit: Located<Int>?
    package var dereference: Located<Int>?
    /// Only values with one of these prefixes count, and lose it: `smtp:` of proxyAddresses.
    package var valuePrefixes: [Located<String>] = []

    package init(
        name: String, directory: Located<String>, searchBase: Located<String>? = nil, filter: Located<String>,
        scope: Located<String>? = nil, resultAttributes: [Located<String>] = [],
        specialResultAttributes: [Located<String>] = [], terminalResultAttributes: [Located<String>] = [],
        leafResultAttributes: [Located<String>] = [], resultFormat: Located<String>? = nil,
        domains: [MatchItemModel] = [], recursionLimit: Located<Int>? = nil, expansionLimit: Located<Int>? = nil,
        sizeLimit: Located<Int>? = nil, dereference: Located<Int>? = nil, valuePrefixes: [Located<String>] = []
    ) {
        self.name = name
        self.directory = directory
        self.searchBase = searchBase
        self.filter = filter
        self.scope = scope
        self.resultAttributes = resultAttributes
        self.specialResultAttributes = specialResultAttributes
        self.terminalResultAttributes = terminalResultAttributes
        self.leafResultAttributes = leafResultAttributes
        self.resultFormat = resultFormat
        self.domains = domains
        self.recursionLimit = recursionLimit
        self.expansionLimit = expansionLimit
        self.sizeLimit = sizeLimit
        self.dereference = dereference
        self.valuePrefixes = valuePrefixes
    }
}

/// A group's members, whatever kind of member attribute the schema has.
package struct GroupTableModel: Sendable {
    package var name: String
    package var directory: Located<String>
    package var searchBase: Located<String>?
    /// The group by its address: `(&(objectClass=groupOfNames)(mail=%s))`.
    package var filter: Located<String>
    package var scope: Located<String>?
    /// Hold DNs: member, uniqueMember.
    package var memberDNs: [Located<String>] = []
    /// Hold logins: memberUid.
    package var memberUIDs: [Located<String>] = []
    /// How a login is found: `(uid=%s)`.
    package var memberUIDFilter: Located<String>?
    /// Hold addresses.
    package var memberAddresses: [Located<String>] = []
    /// Hold LDAP URLs: memberURL.
    package var memberURLs: [Located<String>] = []
    /// A member's own address: mail.
    package var addressAttributes: [Located<String>] = []
    package var valuePrefixes: [Located<String>] = []

    package init(
        name: String, directory: Located<String>, searchBase: Located<String>? = nil, filter: Located<String>,
        scope: Located<String>? = nil, memberDNs: [Located<String>] = [], memberUIDs: [Located<String>] = [],
        memberUIDFilter: Located<String>? = nil, memberAddresses: [Located<String>] = [],
        memberURLs: [Located<String>] = [], addressAttributes: [Located<String>] = [],
        valuePrefixes: [Located<String>] = []
    ) {
        self.name = name
        self.directory = directory
        self.searchBase = searchBase
        self.filter = filter
        self.scope = scope
        self.memberDNs = memberDNs
        self.memberUIDs = memberUIDs
        self.memberUIDFilter = memberUIDFilter
        self.memberAddresses = memberAddresses
        self.memberURLs = memberURLs
        self.addressAttributes = addressAttributes
        self.valuePrefixes = valuePrefixes
    }
}
