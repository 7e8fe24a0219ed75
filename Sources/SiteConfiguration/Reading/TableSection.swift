import Directory

/// A lookup table: `static:value`, `texthash:FILE`, or a mapping with `ldap:`, `inline:`, `static:` or `texthash:`.
enum TableSection {
    static func tables(_ key: String, _ reader: SectionReader) -> [TableModel] {
        guard let node = reader.node(key) else { return [] }
        return (node.elements ?? [node]).compactMap { table($0, reader.context) }
    }

    static func isTable(_ text: String) -> Bool {
        ["static:", "texthash:"].contains { text.hasPrefix($0) }
    }

    static func table(_ node: ConfigurationNode, _ context: ReadingContext) -> TableModel? {
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
                remedy: "a mapping with one of ldap:, inline:, texthash:, static:")
            return nil
        }
        switch entry.key {
        case "ldap": return .ldap(ldap(entry.value, context))
        case "inline":
            var pairs: [String: String] = [:]
            for pair in entry.value.entries ?? [] { pairs[pair.key.lowercased()] = pair.value.scalar ?? "" }
            let text = "inline:{" + pairs.keys.sorted().joined(separator: ", ") + "}"
            return .inline(Located(pairs, at: entry.value.location), text: text)
        default:
            if let text = entry.value.scalar, let model = simple(entry.key, text, entry.value, context) { return model }
            context.faults.error(
                at: entry.keyLocation, "\(node.path): there is no table type \(entry.key)",
                remedy: "ldap, inline, texthash or static")
            return nil
        }
    }

    private static func simple(
        _ type: String, _ value: String, _ node: ConfigurationNode, _ context: ReadingContext
    ) -> TableModel? {
        switch type {
        case "static": .constant(Located(value, at: node.location))
        case "texthash":
            .file(
                FileTableModel(
                    .texthash, Located(context.absolute(value, relativeTo: node.location.file), at: node.location)))
        default: nil
        }
    }

    private static func ldap(_ node: ConfigurationNode, _ context: ReadingContext) -> LDAPTableModel {
        let reader = SectionReader(node, context)
        let filter = reader.require(
            reader.string("query_filter"), "query_filter", remedy: "for example (mail=%s)")
        let model = LDAPTableModel(
            name: "ldap:"
                + (reader.string("name")?.value ?? node.path.replacing(".ldap", with: "").replacing("[0]", with: "")),
            directory: reader.string("directory", default: SiteModel.mainDirectory),
            searchBase: reader.string("search_base"),
            filter: filter ?? Located("(objectClass=*)", at: node.location), scope: reader.string("scope"),
            resultAttributes: reader.strings("result_attribute") ?? [],
            specialResultAttributes: reader.strings("special_result_attribute") ?? [],
            terminalResultAttributes: reader.strings("terminal_result_attribute") ?? [],
            leafResultAttributes: reader.strings("leaf_result_attribute") ?? [],
            resultFormat: reader.string("result_format"), domains: (reader.strings("domain") ?? []).map { .name($0) },
            recursionLimit: reader.integer("recursion_limit", in: 1...100_000),
            expansionLimit: reader.integer("expansion_limit", in: 0...1_000_000),
            sizeLimit: reader.integer("size_limit", in: 0...1_000_000),
            dereference: reader.integer("dereference", in: 0...3))
        reader.finish()
        return model
    }
}
