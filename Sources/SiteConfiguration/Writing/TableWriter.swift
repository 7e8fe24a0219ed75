extension TableModel {
    var document: YAMLValue {
        switch self {
        case .constant(let value): .mapping([("static", value.document)])
        case .file(let table): .mapping([(table.type.rawValue, table.path.document)])
        case .text(let table):
            .mapping([
                (
                    table.type.rawValue,
                    .mapping([
                        ("name", .scalar(table.name)), ("lines", .list(table.lines.value.map(\.document))),
                    ])
                )
            ])
        case .inline(let pairs, _):
            .mapping([("inline", .mapping(pairs.value.sorted { $0.key < $1.key }.map { ($0.key, .scalar($0.value)) }))])
        case .ldap(let table): .mapping([("ldap", table.document)])
        case .group(let table): .mapping([("group", table.document)])
        case .union(let members, _): .mapping([("unionmap", .list(members.map(\.document)))])
        case .pipe(let members, _): .mapping([("pipemap", .list(members.map(\.document)))])
        case .random(let values, _): .mapping([("randmap", .list(values.value.map { .scalar($0) }))])
        case .socketMap(let text): .mapping([("socketmap", text.document)])
        case .tcp(let text): .mapping([("tcp", text.document)])
        case .system(let text): .mapping([("unix", text.document)])
        case .failing(let text): .mapping([("fail", text.document)])
        }
    }
}

extension TableModel {
    /// For tables of passwords: those that stand in the configuration are not shown.
    var documentWithoutLines: YAMLValue {
        guard case .text(var table) = self, !table.lines.value.isEmpty else { return document }
        table.lines = Located([Located("(not shown)", at: table.lines.location)], at: table.lines.location)
        return TableModel.text(table).document
    }
}

extension LDAPTableModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("name", String(name.trimmingPrefix("ldap:")))
        entries.add("directory", directory)
        entries.add("search_base", searchBase)
        entries.add("query_filter", filter)
        entries.add("scope", scope)
        entries.add("result_attribute", resultAttributes)
        entries.add("special_result_attribute", specialResultAttributes)
        entries.add("terminal_result_attribute", terminalResultAttributes)
        entries.add("leaf_result_attribute", leafResultAttributes)
        entries.add("result_format", resultFormat)
        entries.add("domain", domains)
        entries.add("recursion_limit", recursionLimit)
        entries.add("expansion_limit", expansionLimit)
        entries.add("size_limit", sizeLimit)
        entries.add("dereference", dereference)
        entries.add("value_prefix", valuePrefixes)
        return entries.value
    }
}

extension GroupTableModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("name", String(name.trimmingPrefix("group:")))
        entries.add("directory", directory)
        entries.add("search_base", searchBase)
        entries.add("query_filter", filter)
        entries.add("scope", scope)
        entries.add("member_dn", memberDNs)
        entries.add("member_uid", memberUIDs)
        entries.add("member_uid_filter", memberUIDFilter)
        entries.add("member_address", memberAddresses)
        entries.add("member_url", memberURLs)
        entries.add("address_attribute", addressAttributes)
        entries.add("value_prefix", valuePrefixes)
        return entries.value
    }
}
