import MailModel

extension DirectoryModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        switch kind {
        case .ldif(let path): entries.add("ldif", path)
        case .servers(let servers):
            entries.add("servers", servers.urls)
            switch servers.bind {
            case .anonymous: entries.add("bind", "anonymous")
            case .external: entries.add("bind", "external")
            case .simple(let name, _, let origin):
                let password: YAMLValue =
                    switch origin {
                    case .environment(let variable): .mapping([("env", .scalar(variable))])
                    case .file(let path): .mapping([("file", .scalar(path))])
                    case .written: .scalar("(not shown)")
                    }
                entries.add("bind", .mapping([("dn", .scalar(name.value)), ("password", password)]))
            }
            entries.add("start_tls", servers.startTLS ? "yes" : "no")
            entries.add("tls", servers.tls.document)
            entries.add("connect_timeout", servers.connectTimeout)
            entries.add("timeout", servers.operationTimeout)
            entries.add("connections", String(servers.connections))
        }
        entries.add("base", base)
        return entries.value
    }
}

extension ClientTLSModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("ca_file", caFile)
        entries.add("certificate", certificate)
        entries.add("key", key)
        entries.add("verify", verifies ? "yes" : "no")
        return entries.value
    }
}

extension RoutingModel {
    var domains: YAMLValue {
        var entries = YAMLEntries()
        if !mailboxDomains.isEmpty { entries.add("mailbox", .list(mailboxDomains.map(\.document))) }
        if !aliasDomains.isEmpty { entries.add("alias", .list(aliasDomains.map(\.document))) }
        entries.add("remember", membershipTime)
        return entries.value
    }
}

extension MatchItemModel {
    var document: YAMLValue {
        switch self {
        case .name(let name): .scalar(name.value)
        case .table(let table): table.document
        case .exceptTable(let table): .mapping([("except", table.document)])
        }
    }
}

extension MailboxLookupModel {
    var document: YAMLValue? {
        guard case .tables(let tables) = self else { return nil }
        var entries = YAMLEntries()
        entries.add("paths", .list(tables.paths.map(\.document)))
        entries.add("uids", .list(tables.uids.map(\.document)))
        entries.add("gids", .list(tables.gids.map(\.document)))
        entries.add("base", tables.base)
        return entries.value
    }
}

extension TableModel {
    var document: YAMLValue {
        switch self {
        case .constant(let value): .mapping([("static", .scalar(value.value))])
        case .file(let table): .mapping([(table.type.rawValue, .scalar(table.path.value))])
        case .text(let table):
            .mapping([
                (
                    table.type.rawValue,
                    .mapping([
                        ("name", .scalar(table.name)), ("lines", .list(table.lines.value.map { .scalar($0.value) })),
                    ])
                )
            ])
        case .union(let members, _): .mapping([("unionmap", .list(members.map(\.document)))])
        case .pipe(let members, _): .mapping([("pipemap", .list(members.map(\.document)))])
        case .random(let values, _): .mapping([("randmap", .list(values.value.map { .scalar($0) }))])
        case .socketMap(let text): .mapping([("socketmap", .scalar(text.value))])
        case .tcp(let text): .mapping([("tcp", .scalar(text.value))])
        case .system(let text): .mapping([("unix", .scalar(text.value))])
        case .failing(let text): .mapping([("fail", .scalar(text.value))])
        case .group(let table): .mapping([("group", table.document)])
        case .inline(let pairs, _):
            .mapping([("inline", .mapping(pairs.value.sorted { $0.key < $1.key }.map { ($0.key, .scalar($0.value)) }))])
        case .ldap(let table): .mapping([("ldap", table.document)])
        }
    }
}

extension LDAPTableModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("name", String(name.dropFirst("ldap:".count)))
        entries.add("directory", directory)
        entries.add("search_base", searchBase)
        entries.add("query_filter", filter)
        entries.add("scope", scope)
        entries.add("result_attribute", resultAttributes)
        entries.add("special_result_attribute", specialResultAttributes)
        entries.add("terminal_result_attribute", terminalResultAttributes)
        entries.add("leaf_result_attribute", leafResultAttributes)
        entries.add("result_format", resultFormat)
        if !domains.isEmpty { entries.add("domain", .list(domains.map(\.document))) }
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
        entries.add("name", String(name.dropFirst("group:".count)))
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

extension AccountsModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        if !passwords.isEmpty { entries.add("password", .list(passwords.map(\.document))) }
        if !users.isEmpty { entries.add("user", .list(users.map(\.document))) }
        entries.add("mail_location", mailLocation)
        entries.add("default_domain", defaultDomain)
        entries.add("cache_time", cacheTime)
        return entries.value
    }
}

extension PasswordDatabaseModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("check", check.value.rawValue)
        entries.add("directory", directory)
        entries.add("dn", dn)
        entries.add("base", base)
        entries.add("scope", scope)
        entries.add("filter", filter)
        entries.add("attributes", attributes)
        entries.add("default_scheme", defaultScheme)
        if let active { entries.add("active", active.document) }
        return entries.value
    }
}

extension UserDatabaseModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("directory", directory)
        entries.add("base", base)
        entries.add("scope", scope)
        entries.add("filter", filter)
        entries.add("address_filter", addressFilter)
        entries.add("attributes", attributes)
        if let active { entries.add("active", active.document) }
        return entries.value
    }
}

extension ActiveConditionModel {
    var document: YAMLValue {
        .mapping([("attribute", .scalar(attribute.value)), ("values", .list(values.map { .scalar($0.value) }))])
    }
}

extension SenderModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        if !logins.isEmpty { entries.add("logins", .list(logins.map(\.document))) }
        entries.add("check_login", checksLogin ? "yes" : "no")
        return entries.value
    }
}

extension StoreModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("roots", roots)
        entries.add("minimum_uid", String(minimumUID))
        entries.add("owner", owner.map { $0.value.description })
        entries.add("recipient_headers", recipientHeaders ? "yes" : "no")
        return entries.value
    }
}

extension ListenerModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("protocol", kind.rawValue)
        entries.add("address", host.value.contains(":") ? "[\(host.value)]:\(port)" : "\(host.value):\(port)")
        entries.add("bare_newline", bareLineFeed.rawValue)
        entries.add("trusted_networks", trustedNetworks)
        return entries.value
    }
}

extension ServerTLSModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("certificate", certificate)
        entries.add("key", key)
        entries.add("self_signed_directory", selfSignedDirectory)
        entries.add("minimum_version", minimumVersion)
        return entries.value
    }
}

extension LimitsModel {
    var document: YAMLValue {
        var entries = YAMLEntries()
        entries.add("message_size", String(messageSize.value))
        entries.add("connections", String(connections))
        entries.add("connections_per_client", String(connectionsPerClient))
        entries.add("drain_time", drainTime)
        return entries.value
    }
}
