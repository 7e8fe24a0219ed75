import Directory

/// `ldap:` and `group:`: tables over a directory.
enum LDAPTableSection {
    static func table(_ node: ConfigurationNode, _ context: ReadingContext) -> LDAPTableModel {
        let reader = SectionReader(node, context)
        let filter = filter(reader, node)
        let model = LDAPTableModel(
            name: "ldap:" + name(reader, node), directory: reader.string("directory", default: SiteModel.mainDirectory),
            searchBase: reader.string("search_base"), filter: filter, scope: reader.string("scope"),
            resultAttributes: reader.strings("result_attribute") ?? [],
            specialResultAttributes: reader.strings("special_result_attribute") ?? [],
            terminalResultAttributes: reader.strings("terminal_result_attribute") ?? [],
            leafResultAttributes: reader.strings("leaf_result_attribute") ?? [],
            resultFormat: reader.string("result_format"), domains: TableSection.matchList("domain", reader),
            recursionLimit: reader.integer("recursion_limit", in: 1...100_000),
            expansionLimit: reader.integer("expansion_limit", in: 0...1_000_000),
            sizeLimit: reader.integer("size_limit", in: 0...1_000_000),
            dereference: reader.integer("dereference", in: 0...3),
            valuePrefixes: reader.strings("value_prefix") ?? [])
        reader.finish()
        return model
    }

    static func group(_ node: ConfigurationNode, _ context: ReadingContext) -> GroupTableModel {
        let reader = SectionReader(node, context)
        let filter = filter(reader, node)
        let model = GroupTableModel(
            name: "group:" + name(reader, node),
            directory: reader.string("directory", default: SiteModel.mainDirectory),
            searchBase: reader.string("search_base"), filter: filter, scope: reader.string("scope"),
            memberDNs: reader.strings("member_dn") ?? [], memberUIDs: reader.strings("member_uid") ?? [],
            memberUIDFilter: reader.string("member_uid_filter"),
            memberAddresses: reader.strings("member_address") ?? [], memberURLs: reader.strings("member_url") ?? [],
            addressAttributes: reader.strings("address_attribute") ?? [],
            valuePrefixes: reader.strings("value_prefix") ?? [])
        reader.finish()
        return model
    }

    private static func filter(_ reader: SectionReader, _ node: ConfigurationNode) -> Located<String> {
        reader.require(reader.string("query_filter"), "query_filter", remedy: "for example (mail=%s)")
            ?? Located("(objectClass=*)", at: node.location)
    }

    private static func name(_ reader: SectionReader, _ node: ConfigurationNode) -> String {
        if let name = reader.string("name") { return name.value }
        return node.path.replacing(".ldap", with: "").replacing(".group", with: "").replacing("[0]", with: "")
    }
}
