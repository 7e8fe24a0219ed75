import Directory
import LDAP
import LookupTables
import NIOCore
import SiteConfiguration

/// `TableModel` → tables that can be asked; remembers each by its name for `postroom lookup`.
final class TablesBuilder {
    let directories: DirectorySet
    let site: SiteModel
    let faults: FaultCollector
    /// Where the site keeps to what its former programs did.
    let keepsOriginal: @Sendable (Difference) -> Bool
    /// What becomes of a file that can't be read: Postfix goes on with a table whose every lookup is a temporary failure;
    /// natively it is an error.
    let toleratesMissingFiles: Bool
    /// For tables that ask a server of their own.
    let group: any EventLoopGroup
    /// Paths of aliases(5) files: `hash:/etc/aliases` has that form wherever else it is named (local_recipient_maps).
    let aliasFiles: Set<String>
    /// How long a domain is remembered to be ours.
    private let membershipTime: Duration
    private(set) var byName: [String: any LookupTable] = [:]
    /// The tables that are read again when their files change.
    private(set) var fileTables: [FileTable] = []

    /// - Parameter known: tables that are open already, by name.
    init(
        _ directories: DirectorySet, _ model: SiteModel, _ faults: FaultCollector, group: any EventLoopGroup,
        knowing known: [String: any LookupTable] = [:]
    ) {
        byName = known
        aliasFiles = Set(
            model.routing.localAliases.compactMap { table in
                guard case .file(let file) = table, file.type == .aliases else { return nil }
                return file.path.value
            })
        self.directories = directories
        site = model
        self.group = group
        membershipTime = model.routing.membershipTime
        keepsOriginal = { model.keepsOriginal($0) }
        toleratesMissingFiles = model.routing.meaning == .postfix
        self.faults = faults
    }

    func tables(_ models: [TableModel]) -> [any LookupTable] {
        models.compactMap(table)
    }

    func table(_ model: TableModel) -> (any LookupTable)? {
        guard let made = make(model) else { return nil }
        remember(made, as: model)
        return made
    }

    private func make(_ model: TableModel) -> (any LookupTable)? {
        switch model {
        case .ldap(let table):
            return ldap(table, selfContainingGroups: keepsOriginal(.selfContainingGroups) ? .failAsPostfix : .members)
        case .group(let table): return group(table)
        case .file(let table): return file(table)
        case .text(let table): return text(table)
        case .constant(let value):
            // In braces, so that a value that has braces itself keeps them.
            let text = value.value.hasPrefix("{") ? "{\(value.value)}" : value.value
            return attempt(at: value.location) { try StaticTable(text.utf8, location: value.location) }
        case .inline(let pairs, let text): return attempt(at: pairs.location) { try Self.inline(pairs, text) }
        case .union(let members, let text):
            return members.isEmpty
                ? empty(text)
                : UnionTable(tables(members), name: Self.rest(text.value), location: text.location)
        case .pipe(let members, let text):
            let tables = tables(members)
            // A pipe with a part missing would answer with another part's values.
            guard tables.count == members.count, !tables.isEmpty else { return members.isEmpty ? empty(text) : nil }
            return PipeTable(tables, name: Self.rest(text.value), location: text.location)
        case .random(let values, _):
            return attempt(at: values.location) {
                let members = values.value.map { $0.contains(where: { " ,\t{}".contains($0) }) ? "{\($0)}" : $0 }
                return try RandomTable("{\(members.joined(separator: ", "))}".utf8, location: values.location)
            }
        case .socketMap(let text):
            return attempt(at: text.location) {
                try SocketMapTable(text.value, group: group, location: text.location)
            }
        case .tcp(let text):
            return attempt(at: text.location) { try TCPTable(text.value, group: group, location: text.location) }
        case .system(let text):
            return attempt(at: text.location) {
                try SystemUserTable(text.value, pool: NameService.pool, location: text.location)
            }
        case .failing(let text): return FailTable(text.value, location: text.location)
        }
    }

    func watched(_ table: FileTable) -> FileTable {
        fileTables.append(table)
        return table
    }

    private func empty(_ text: Located<String>) -> (any LookupTable)? {
        faults.error(at: text.location, "\(text.value) holds no table", remedy: "name at least one")
        return nil
    }

    /// What stands behind the type.
    private static func rest(_ text: String) -> String {
        text.firstIndex(of: ":").map { String(text[text.index(after: $0)...]) } ?? text
    }

    /// Pairs as the model has them, under the name that the configuration gave them: a value may hold anything.
    private static func inline(_ pairs: Located<[String: String]>, _ text: String) throws -> any LookupTable {
        let values = Dictionary(
            pairs.value.map { (LookupKey.folded(Array($0.key.utf8)), Array($0.value.utf8)) }, uniquingKeysWith: { $1 })
        for (key, value) in pairs.value where value.isEmpty {
            throw TableFault("inline: \(key) has no value", at: pairs.location)
        }
        let name = text.hasPrefix("inline:") ? text : "inline:" + text
        return PairsTable(name: name, location: pairs.location, values: values)
    }

    // MARK: Names

    /// `postroom lookup` asks by the names that the programs' own tools take: `ldap:/etc/postfix/users.cf`,
    /// `hash:/etc/aliases`.
    private func remember(_ table: any LookupTable, as model: TableModel) {
        var asked = table
        // What `postmap -q` and `postalias -q` answer, whatever mail is delivered by.
        if case .ldap(let model) = model, !model.specialResultAttributes.isEmpty,
            let original = ldap(model, selfContainingGroups: .failAsPostfix)
        {
            asked = original
        } else if let aliases = table as? AliasFileTable {
            asked = PairsTable(name: aliases.name, location: aliases.location, values: aliases.sourceValues)
        }
        byName[table.name] = asked
        byName[model.nameAndLocation.value] = asked
        guard case .file(let file) = model, file.type == .aliases else { return }
        // Whatever type the site compiled it to.
        for type in CompiledTableFile.suffixes.keys {
            let name = "\(type):\(file.path.value)"
            if byName[name] == nil { byName[name] = asked }
        }
    }

    // MARK: Lists

    /// A list of domains: names, `!names`, tables.
    func matchList(_ name: String, _ items: [MatchItemModel], location: SourceLocation?) -> MatchList {
        var elements: [MatchList.Element] = []
        for item in items {
            switch item {
            case .name(let text):
                let isNegated = text.value.hasPrefix("!")
                let key = LookupKey.folded(Array((isNegated ? text.value.dropFirst() : text.value[...]).utf8))
                elements.append(MatchList.Element(.name(key), isNegated: isNegated))
            case .table(let model), .exceptTable(let model):
                var isNegated = false
                if case .exceptTable = item { isNegated = true }
                if let table = table(model) {
                    elements.append(
                        MatchList.Element(.table(table.inDomainList(lifetime: membershipTime)), isNegated: isNegated))
                }
            }
        }
        return MatchList(name: name, elements: elements, location: location)
    }

    /// authorized_submit_users; nil where everybody may.
    func localUsers(_ model: LocalSubmissionModel) -> MatchList? {
        guard let users = model.users else { return nil }
        return matchList("local.users", users, location: users.first?.location)
    }

    func attempt(
        at location: SourceLocation, _ body: () throws -> any LookupTable
    ) -> (any LookupTable)? {
        do {
            return try body()
        } catch {
            faults.error(at: location, "\(error)", remedy: "see docs/configuration.md, Tables")
            return nil
        }
    }
}
