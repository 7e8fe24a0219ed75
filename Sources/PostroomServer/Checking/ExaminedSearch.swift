import Accounts
import Directory
import LDAP
import LookupTables
import SiteConfiguration

/// A search that the configuration describes, as it looks without the key or the login that it is asked for.
struct ExaminedSearch: Sendable {
    enum Purpose: Hashable, Sendable {
        case domains
        case aliases
        case mailboxes
        case senders
        case otherTable
        case passwordByBind
        case passwordByHash
        /// An account by its login, and by its address.
        case user
        case userByAddress
    }

    /// An attribute that it reads.
    struct Result: Hashable, Sendable {
        var attribute: AttributeDescription
        var location: SourceLocation
        /// Whether nothing comes of an entry without it.
        var isNeeded: Bool
        var isPassword = false
        /// Holds DNs of other entries.
        var isMember = false
    }

    var name: String
    var purpose: Purpose
    var directory: String
    var base: String
    var scope: SearchScope
    var filter: Located<String>
    var presence: LDAPFilter
    var isKeyless: Bool
    var filterAttributes: [AttributeDescription]
    /// Their values are the keys that it finds something for.
    var keyAttributes: [AttributeDescription]
    /// The domains of their values are.
    var domainAttributes: [AttributeDescription]
    /// Compared with the key in such a way that more is found than is meant.
    var broadAttributes: [AttributeDescription]
    var results: [Result]
    /// The question for somebody who does not exist.
    var unknown: LDAPFilter?
    var defaultScheme: String?

    var location: SourceLocation { filter.location }

    static let nowhere = Array("postroom-check.invalid".utf8)
    static let nobody = Array("postroom-check@invalid.example".utf8)
}

/// The searches of a site's model; what can't be read as a search is not among them, and is a fault told elsewhere.
struct ExaminedSearches {
    let model: SiteModel
    private(set) var all: [ExaminedSearch] = []
    private var seen: Set<String> = []

    init(_ model: SiteModel) {
        self.model = model
        let routing = model.routing
        let lists = routing.localDomains + routing.mailboxDomains + routing.aliasDomains + routing.relayDomains
        add(lists.compactMap(\.table), .domains)
        add(routing.aliases, .aliases)
        if case .tables(let maps) = routing.mailboxes { add(maps.paths, .mailboxes) }
        add(model.senders.logins, .senders)
        add(model.tables, .otherTable)
        for database in model.accounts.passwords + (model.accounts.submission?.passwords ?? []) { add(database) }
        for database in model.accounts.users where database.driver == .ldap { add(database) }
    }

    // MARK: Tables

    private mutating func add(_ tables: [TableModel], _ purpose: ExaminedSearch.Purpose) {
        for table in tables {
            switch table {
            case .ldap(let ldap): add(ldap, purpose)
            case .group(let group): add(group, purpose)
            case .union(let members, _), .pipe(let members, _): add(members, purpose)
            default: break
            }
        }
    }

    private mutating func add(_ table: LDAPTableModel, _ purpose: ExaminedSearch.Purpose) {
        let plain = table.resultAttributes + table.leafResultAttributes
        let isOnly = plain.count == 1 && table.specialResultAttributes.isEmpty && table.terminalResultAttributes.isEmpty
        var results = plain.map { name in
            ExaminedSearch.Result(
                attribute: AttributeDescription(name.value), location: name.location, isNeeded: isOnly)
        }
        results += table.specialResultAttributes.map { name in
            ExaminedSearch.Result(
                attribute: AttributeDescription(name.value), location: name.location, isNeeded: false, isMember: true)
        }
        add(
            table.name, purpose, table.directory.value, table.searchBase, table.scope, table.filter, results)
    }

    private mutating func add(_ table: GroupTableModel, _ purpose: ExaminedSearch.Purpose) {
        var results = table.memberDNs.map { name in
            ExaminedSearch.Result(
                attribute: AttributeDescription(name.value), location: name.location, isNeeded: false, isMember: true)
        }
        let others = table.memberUIDs + table.memberAddresses + table.memberURLs
        results += others.map { name in
            ExaminedSearch.Result(
                attribute: AttributeDescription(name.value), location: name.location, isNeeded: false)
        }
        if results.count == 1 { results[0].isNeeded = true }
        add(table.name, purpose, table.directory.value, table.searchBase, table.scope, table.filter, results)
    }

    private mutating func add(
        _ name: String, _ purpose: ExaminedSearch.Purpose, _ directory: String, _ searchBase: Located<String>?,
        _ scope: Located<String>?, _ filter: Located<String>, _ results: [ExaminedSearch.Result]
    ) {
        let directoryBase = model.directory(directory)?.base
        // A table that stands in several places is examined once; as what it is first.
        guard seen.insert("\(name) \(filter.location)").inserted, let base = searchBase ?? directoryBase,
            let shape = try? QueryShape(filter: Array(filter.value.utf8), base: Array(base.value.utf8)),
            let fixedBase = shape.base ?? directoryBase?.value
        else { return }
        all.append(
            ExaminedSearch(
                name: name, purpose: purpose, directory: directory, base: fixedBase,
                scope: Self.scope(scope), filter: filter, presence: shape.presence, isKeyless: shape.isKeyless,
                filterAttributes: shape.attributes,
                keyAttributes: Self.unique(shape.keyUses.filter(\.isValueItself).map(\.attribute)),
                domainAttributes: Self.unique(shape.keyUses.filter(\.isDomainOfValue).map(\.attribute)),
                broadAttributes: Self.unique(shape.keyUses.filter(\.isTooBroad).map(\.attribute)),
                results: results,
                unknown: shape.base == nil
                    ? nil : shape.filter(for: purpose == .domains ? ExaminedSearch.nowhere : ExaminedSearch.nobody)))
    }

    // MARK: Accounts

    private mutating func add(_ database: PasswordDatabaseModel) {
        let purpose: ExaminedSearch.Purpose
        switch database.check.value {
        case .searchThenBind: purpose = .passwordByBind
        case .hash: purpose = .passwordByHash
        case .bind, .passwdFile, .fixed, .saslauthd, .service: return
        }
        guard let filter = database.filter else { return }
        let attributes =
            database.attributes
            ?? (purpose == .passwordByHash ? Located("userPassword=password", at: .builtIn) : nil)
        add(
            "accounts.password", purpose, database.directory.value, database.base, database.scope, filter,
            attributes, database.active)
        if let last = all.indices.last { all[last].defaultScheme = database.defaultScheme?.value }
    }

    private mutating func add(_ database: UserDatabaseModel) {
        let byAddress = database.addressFilter
        if let filter = database.filter {
            add(
                "accounts.user", .user, database.directory.value, database.base, database.scope, filter,
                database.attributes, database.active)
        }
        guard case .accounts = model.routing.mailboxes, let filter = byAddress else { return }
        add(
            "accounts.user", .userByAddress, database.directory.value, database.base, database.scope, filter, nil, nil)
    }

    private mutating func add(
        _ name: String, _ purpose: ExaminedSearch.Purpose, _ directory: String, _ base: Located<String>?,
        _ scope: Located<String>?, _ filter: Located<String>, _ attributes: Located<String>?,
        _ active: ActiveConditionModel?
    ) {
        let isCurrent = model.accounts.variables.value == .pipes
        let directoryBase = model.directory(directory)?.base
        guard seen.insert("\(purpose) \(filter.location) \(filter.value)").inserted,
            let template = try? FilterTemplate(filter.value, isCurrent: isCurrent),
            let text = base ?? directoryBase, let nameTemplate = try? NameTemplate(text.value, isCurrent: isCurrent),
            let fixedBase = nameTemplate.isConstant ? nameTemplate.description : directoryBase?.value
        else { return }
        var results = attributes.map { Self.results($0, model) } ?? []
        if let active {
            results.append(
                ExaminedSearch.Result(
                    attribute: AttributeDescription(active.attribute.value), location: active.attribute.location,
                    isNeeded: !active.whenMissing))
        }
        all.append(
            ExaminedSearch(
                name: name, purpose: purpose, directory: directory, base: fixedBase, scope: Self.scope(scope),
                filter: filter, presence: template.presence, isKeyless: template.isKeyless,
                filterAttributes: template.filter.attributes, keyAttributes: Self.unique(template.loginAttributes),
                domainAttributes: [], broadAttributes: [], results: results,
                unknown: template.render(LoginVariables(user: ExaminedSearch.nobody, service: "imap"))))
    }

    private static func results(_ text: Located<String>, _ model: SiteModel) -> [ExaminedSearch.Result] {
        guard let mapping = try? AttributeMapping(text.value) else { return [] }
        return mapping.items.compactMap { item in
            let attribute: String
            let field: String
            switch item {
            case .copy(let name, let target), .map(let name, let target, _):
                attribute = name
                field = "\(target)"
            case .set, .fetch, .reference: return nil
            }
            guard !attribute.contains("@") else { return nil }
            let isOwner = ["uid", "gid"].contains(field)
            let isNeeded =
                ["user", "password", "home"].contains(field) || (isOwner && model.store.owner == nil)
            return ExaminedSearch.Result(
                attribute: AttributeDescription(attribute), location: text.location, isNeeded: isNeeded,
                isPassword: Fields.isSecret(field))
        }
    }

    private static func unique(_ names: [AttributeDescription]) -> [AttributeDescription] {
        var seen: Set<AttributeDescription> = []
        return names.filter { seen.insert($0).inserted }
    }

    private static func scope(_ text: Located<String>?) -> SearchScope {
        switch text?.value {
        case "one"?, "onelevel"?: .one
        case "base"?: .base
        default: .sub
        }
    }
}
