extension RoutingModel {
    func write(into entries: inout YAMLEntries) {
        entries.add("origin", origin)
        entries.add("completed_domain", completedDomain)
        var domains = YAMLEntries()
        domains.add("local", localDomains)
        domains.add("mailbox", mailboxDomains)
        domains.add("alias", aliasDomains)
        domains.add("relay", relayDomains)
        domains.add("address_literals", addressLiterals)
        domains.add("remember", membershipTime)
        entries.add("domains", domains)
        entries.add("aliases", aliases)
        entries.add("local_aliases", localAliases)
        entries.add("local_recipients", localRecipients)
        entries.add("relay_recipients", relayRecipients)
        entries.add("mailboxes", mailboxes.document)
        if !recipientDelimiter.value.isEmpty { entries.add("recipient_delimiter", recipientDelimiter) }
        entries.add("propagate_extensions", propagatesExtensions)
        entries.add("show_table_names", showsTableNames)
        entries.add("expansion_limit", String(expansionLimit))
        entries.add("expansion_depth_limit", String(depthLimit))
        var transports = YAMLEntries()
        transports.add("local", localTransport?.document)
        transports.add("virtual", virtualTransport?.document)
        transports.add("relay", relayTransport?.document)
        transports.add("default", defaultTransport?.document)
        transports.add("table", self.transports)
        entries.add("transports", transports)
        var canonical = YAMLEntries()
        canonical.add("both", self.canonical.both)
        canonical.add("senders", self.canonical.senders)
        canonical.add("recipients", self.canonical.recipients)
        canonical.add("classes", self.canonical.classes)
        canonical.add("sender_classes", self.canonical.senderClasses)
        canonical.add("recipient_classes", self.canonical.recipientClasses)
        var masquerade = YAMLEntries()
        masquerade.add("domains", self.canonical.masquerade.domains)
        masquerade.add("classes", self.canonical.masquerade.classes)
        masquerade.add("exceptions", self.canonical.masquerade.exceptions)
        canonical.add("masquerade", masquerade)
        entries.add("canonical", canonical)
        var headers = YAMLEntries()
        if let dropped = self.headers.dropped { headers.add("drop", .list(dropped.map(\.document))) }
        headers.add("always_add_missing", self.headers.alwaysAddsMissing, unless: false)
        headers.add("append_origin", self.headers.appendsOrigin, unless: true)
        entries.add("headers", headers)
        var copies = YAMLEntries()
        copies.add("always", blindCopies.always)
        copies.add("senders", blindCopies.senders)
        copies.add("recipients", blindCopies.recipients)
        entries.add("blind_copies", copies)
    }
}

extension MatchItemModel {
    var document: YAMLValue {
        switch self {
        case .name(let name): name.document
        case .table(let table): table.document
        case .exceptTable(let table): .mapping([("except", table.document)])
        }
    }
}

extension MailboxLookupModel {
    var document: YAMLValue? {
        guard case .tables(let tables) = self else { return nil }
        var entries = YAMLEntries()
        entries.add("paths", tables.paths)
        entries.add("uids", tables.uids)
        entries.add("gids", tables.gids)
        entries.add("base", tables.base)
        entries.add("minimum_uid", tables.minimumUID)
        entries.add("size_limit", tables.sizeLimit)
        return entries.value
    }
}

extension TransportModel {
    var document: YAMLValue {
        switch self {
        case .mailboxes(let text): .mapping([("mailboxes", text.document)])
        case .accounts(let text): .mapping([("accounts", text.document)])
        case .lmtp(let hop): .mapping([("lmtp", hop.document)])
        case .smtp(let hop): .mapping([("smtp", hop.document)])
        case .named(let text): .mapping([("named", text.document)])
        case .error(let text): .mapping([("error", text.document)])
        case .retry(let text): .mapping([("retry", text.document)])
        case .discard(let text): .mapping([("discard", text.document)])
        case .unserved(let text): .mapping([("unserved", text.document)])
        }
    }
}
