import Directory
import LookupTables
import SiteConfiguration

/// Tables that `postroom lookup` is given whole, as `postmap -q` is: `hash:/etc/aliases`, `pcre:{ {/x/ y} }`,
/// `unionmap:{static:a, static:b}`. One that asks a directory must be the site's.
extension TablesBuilder {
    func table(given text: String) -> (any LookupTable)? {
        guard let specification = try? TableSpecification(text.utf8, at: Self.commandLine) else { return nil }
        return table(given: specification)
    }

    private static let commandLine = SourceLocation(file: "command line")

    private func table(given table: TableSpecification) -> (any LookupTable)? {
        if let known = byName["\(table.type):\(table.name)"] { return known }
        let place = Self.commandLine
        let name = Located(table.name, at: place)
        switch table.type {
        case "unionmap", "pipemap":
            let members = table.members.compactMap { self.table(given: $0) }
            guard members.count == table.members.count else { return nil }
            return table.type == "unionmap"
                ? UnionTable(members, name: table.name, location: place)
                : PipeTable(members, name: table.name, location: place)
        case "static": return attempt(at: place) { try StaticTable(table.name.utf8, location: place) }
        case "inline": return attempt(at: place) { try InlineTable(table.name.utf8, location: place) }
        case "randmap": return attempt(at: place) { try RandomTable(table.name.utf8, location: place) }
        case "fail": return self.table(.failing(name))
        case "tcp": return self.table(.tcp(name))
        case "socketmap": return self.table(.socketMap(name))
        case "unix": return self.table(.system(name))
        default: return file(given: table)
        }
    }

    private func file(given table: TableSpecification) -> (any LookupTable)? {
        guard let type = FileTableModel.FileType(rawValue: table.type) else { return nil }
        guard table.name.hasPrefix("{") else {
            let path = Located(SitePath.absolute(table.name), at: Self.commandLine)
            // As for a table of the site by the absolute path.
            return byName["\(table.type):\(path.value)"] ?? self.table(.file(FileTableModel(type, path)))
        }
        let text = table.name.utf8
        do {
            return switch type {
            case .regexp: try RegexpTable(inline: text, location: Self.commandLine)
            case .pcre: try PCRETable(inline: text, location: Self.commandLine)
            case .cidr: CIDRTable(inline: text, location: Self.commandLine)
            default: nil
            }
        } catch {
            faults.error(at: Self.commandLine, "\(error)")
            return nil
        }
    }
}
