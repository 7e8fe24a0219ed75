import Directory
import LDAP
import LookupTables
import SiteConfiguration
import Synchronization

/// `TableModel` → tables that can be asked; remembers each by its name for `postroom lookup`.
final class TablesBuilder {
    let directories: DirectorySet
    let faults: FaultCollector
    /// Where the site keeps to what its former programs did.
    let keepsOriginal: @Sendable (Difference) -> Bool
    /// How long a domain is remembered to be ours.
    private let membershipTime: Duration
    private(set) var byName: [String: any LookupTable] = [:]

    init(_ directories: DirectorySet, _ model: SiteModel, _ faults: FaultCollector) {
        self.directories = directories
        membershipTime = model.routing.membershipTime
        keepsOriginal = { model.keepsOriginal($0) }
        self.faults = faults
    }

    func tables(_ models: [TableModel]) -> [any LookupTable] {
        models.compactMap(table)
    }

    func table(_ model: TableModel) -> (any LookupTable)? {
        let made: (any LookupTable)?
        switch model {
        case .constant(let value):
            made = attempt(at: value.location) {
                try StaticTable(value.value.utf8, location: value.location)
            }
        case .inline(let pairs, _):
            let text =
                "{"
                + pairs.value.sorted { $0.key < $1.key }.map { "{\($0.key) = \($0.value)}" }
                .joined(separator: ", ") + "}"
            made = attempt(at: pairs.location) { try InlineTable(text.utf8, location: pairs.location) }
        case .ldap(let table):
            made = ldap(table, selfContainingGroups: keepsOriginal(.selfContainingGroups) ? .failAsPostfix : .members)
            // `postroom lookup` answers as Postfix does, whatever mail is delivered by.
            if !table.specialResultAttributes.isEmpty, made != nil {
                byName[table.name] = ldap(table, selfContainingGroups: .failAsPostfix)
                return made
            }
        case .group(let table): made = group(table)
        case .file(let table) where table.type == .texthash: made = textHash(table.path)
        default:
            let place = model.nameAndLocation
            faults.error(at: place.location, "\(place.value): this type of table can't be opened")
            made = nil
        }
        if let made { byName[made.name] = made }
        return made
    }

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

    private func textHash(_ path: Located<String>) -> (any LookupTable)? {
        guard let contents = SiteLoader.read(path.value) else {
            faults.error(
                at: path.location, "\(path.value) can't be read", remedy: "create it, readable for the service's user")
            return nil
        }
        let table = TextHashTable(contents: contents, file: path.value, location: path.location)
        for warning in table.warnings {
            faults.warning(at: warning.location ?? path.location, warning.text)
        }
        return table
    }

    private func attempt(
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
