extension SiteModel {
    /// Whether some table or database asks a directory.
    package var asksDirectory: Bool { !directoryReferences.isEmpty }

    /// Whether mail can be kept here at all: a site of aliases alone has no mailboxes.
    package var keepsMail: Bool { hasMailboxes || listeners.contains(where: \.kind.servesMailboxes) }

    /// Whether anything says where a mailbox would be.
    package var hasMailboxes: Bool {
        // Transports that lead nowhere near a mailbox: a site of aliases alone.
        let transports = [routing.localTransport, routing.virtualTransport]
        guard transports.contains(where: { $0?.isMailbox ?? true }) else { return false }
        switch routing.mailboxes {
        case .tables: return true
        case .accounts:
            guard accounts.users.isEmpty else { return true }
            // Who names domains of mailboxes and no accounts whatever has forgotten them.
            let domains = routing.mailboxDomains.isEmpty && routing.localDomains.isEmpty
            return !domains && accounts.passwords.isEmpty && accounts.submission == nil
        }
    }

    /// The directories that tables and databases name.
    package var directoryReferences: [Located<String>] {
        var result = tables.flatMap(\.directories)
        for database in accounts.passwords + (accounts.submission?.passwords ?? []) {
            switch database.check.value {
            case .bind, .searchThenBind, .hash, .saslauthd: result.append(database.directory)
            case .passwdFile, .fixed, .service: break
            }
        }
        result += accounts.users.filter { $0.driver == .ldap }.map(\.directory)
        result += shared.rules.map(\.directory)
        return result
    }

    /// Every table of the site; members of a union or a pipe are within it.
    package var tables: [TableModel] {
        var result = routing.tables + senders.logins
        for policy in policies {
            result += policy.networks.compactMap(\.table) + (policy.senderLogins ?? [])
            result += (policy.headerRewriteClients ?? []).compactMap(\.table)
            let lists = [
                policy.clientRestrictions, policy.heloRestrictions, policy.senderRestrictions, policy.relayRestrictions,
                policy.recipientRestrictions, policy.dataRestrictions, policy.endOfDataRestrictions,
                policy.restrictionClasses.flatMap(\.restrictions),
            ]
            result += lists.joined().compactMap(\.table)
        }
        result += listeners.flatMap { $0.options.clientLimits?.exceptions ?? [] }.compactMap(\.table)
        return result + outgoing.tables
    }
}

extension OutgoingModel {
    package var tables: [TableModel] {
        let clients = [client] + transports.map(\.client)
        return senderTransports + senderRelayHosts + clients.flatMap { ($0.logins ?? []) + ($0.tlsPolicies ?? []) }
    }
}

extension RoutingModel {
    package var tables: [TableModel] {
        var result = (localDomains + mailboxDomains + aliasDomains + relayDomains).compactMap(\.table)
        result += aliases + localAliases + (localRecipients ?? []) + (relayRecipients ?? [])
        if case .tables(let maps) = mailboxes { result += maps.paths + maps.uids + maps.gids }
        result += canonical.both + canonical.senders + canonical.recipients
        result += canonical.masquerade.exceptions.compactMap(\.table)
        return result + blindCopies.senders + blindCopies.recipients + transports
    }
}

extension TransportModel {
    /// Whether it writes to mailboxes of this machine.
    package var isMailbox: Bool {
        switch self {
        case .mailboxes, .accounts: true
        case .lmtp, .smtp, .named, .error, .retry, .discard, .unserved: false
        }
    }
}

extension MatchItemModel {
    package var table: TableModel? {
        switch self {
        case .name: nil
        case .table(let table), .exceptTable(let table): table
        }
    }
}

extension RestrictionModel {
    package var table: TableModel? {
        switch self {
        case .named, .policyService: nil
        case .access(_, let table): table
        case .warning(let inner, _): inner.table
        }
    }
}

extension TableModel {
    /// The directories that it asks.
    package var directories: [Located<String>] {
        switch self {
        case .ldap(let table): [table.directory] + table.domains.compactMap(\.table).flatMap(\.directories)
        case .group(let table): [table.directory]
        case .union(let members, _), .pipe(let members, _): members.flatMap(\.directories)
        default: []
        }
    }
}
