import Directory

/// A lookup table: `type:value`, or a mapping of one key, the table's type.
enum TableSection {
    static func tables(_ key: String, _ reader: SectionReader) -> [TableModel] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { table($0, reader.context) }
    }

    /// Names, `!names`, tables, and `except:` tables.
    static func matchList(_ key: String, _ reader: SectionReader) -> [MatchItemModel] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { element in
            if let text = element.scalar, !isTable(text) { return .name(Located(text, at: element.location)) }
            if let entry = element.entries?.first, element.entries?.count == 1, entry.key == "except" {
                return table(entry.value, reader.context).map { .exceptTable($0) }
            }
            return table(element, reader.context).map { .table($0) }
        }
    }

    /// The types that are written in one line.
    private static let simpleTypes =
        ["static", "socketmap", "tcp", "unix", "fail"] + FileTableModel.FileType.allCases.map(\.rawValue)
    /// Tables within tables.
    private static let maximumDepth = 8

    static func isTable(_ text: String) -> Bool {
        simpleTypes.contains { text.hasPrefix($0 + ":") }
    }

    static func table(_ node: ConfigurationNode, _ context: ReadingContext, depth: Int = 0) -> TableModel? {
        guard depth < maximumDepth else {
            context.faults.error(
                at: node.location, "\(node.path): tables are nested too deeply", remedy: "flatten them")
            return nil
        }
        if let text = node.scalar {
            let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, let model = simple(String(parts[0]), String(parts[1]), node, context) { return model }
            context.faults.error(
                at: node.location, "\(node.path): \(text) is not a table",
                remedy: "static:VALUE, texthash:FILE, or a mapping with ldap: or inline:")
            return nil
        }
        guard let entry = node.entries?.first, node.entries?.count == 1 else {
            context.faults.error(
                at: node.location, "\(node.path) must be one table",
                remedy: "a mapping with one of ldap:, group:, inline:, texthash:, static:, …")
            return nil
        }
        switch entry.key {
        case "ldap": return .ldap(LDAPTableSection.table(entry.value, context))
        case "group": return .group(LDAPTableSection.group(entry.value, context))
        case "inline":
            var pairs: [String: String] = [:]
            for pair in entry.value.entries ?? [] { pairs[pair.key.lowercased()] = pair.value.scalar ?? "" }
            let text = "inline:{" + pairs.keys.sorted().joined(separator: ", ") + "}"
            return .inline(Located(pairs, at: entry.value.location), text: text)
        case "unionmap", "pipemap":
            let members = (entry.value.elements ?? []).compactMap { table($0, context, depth: depth + 1) }
            let names = members.map(\.nameAndLocation.value).joined(separator: ", ")
            let text = Located("\(entry.key):{\(names)}", at: entry.value.location)
            return entry.key == "unionmap" ? .union(members, text: text) : .pipe(members, text: text)
        case "randmap":
            let values = (entry.value.elements ?? []).compactMap(\.scalar)
            return .random(
                Located(values, at: entry.value.location), text: "randmap:{" + values.joined(separator: ", ") + "}")
        default:
            if let text = entry.value.scalar, let model = simple(entry.key, text, entry.value, context) { return model }
            if let type = FileTableModel.FileType(rawValue: entry.key), entry.value.entries != nil {
                return text(type, SectionReader(entry.value, context))
            }
            context.faults.error(
                at: entry.keyLocation, "\(node.path): there is no table type \(entry.key)",
                remedy: "ldap, group, inline, unionmap, pipemap, randmap, " + simpleTypes.joined(separator: ", "))
            return nil
        }
    }

    private static func simple(
        _ type: String, _ value: String, _ node: ConfigurationNode, _ context: ReadingContext
    ) -> TableModel? {
        let text = Located(value, at: node.location)
        switch type {
        case "static": return .constant(text)
        case "socketmap": return .socketMap(text)
        case "tcp": return .tcp(text)
        case "unix": return .system(text)
        case "fail": return .failing(text)
        default:
            return FileTableModel.FileType(rawValue: type).map { type in
                .file(FileTableModel(type, text.map { context.absolute($0, relativeTo: node.location.file) }))
            }
        }
    }

    /// `{pcre: {name: …, lines: […]}}`
    private static func text(_ type: FileTableModel.FileType, _ reader: SectionReader) -> TableModel {
        let name = reader.string("name", default: reader.path)
        let lines = reader.strings("lines") ?? []
        reader.finish()
        return .text(TextTableModel(type, name: name.value, lines: Located(lines, at: reader.location)))
    }
}
