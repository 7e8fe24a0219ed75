import Accounts
import Directory
import LookupTables
import MailModel
import Policy
import Routing
import SiteConfiguration

/// `RoutingModel` → the router.
struct RoutingBuilder {
    let model: SiteModel
    let tables: TablesBuilder
    let accounts: DirectoryAccounts
    let faults: FaultCollector

    private var routing: RoutingModel { model.routing }

    func router() -> Router? {
        let name = routing.origin ?? model.hostname
        guard Domain(model.hostname.value) != nil, let origin = Domain(name.value) else {
            faults.error(
                at: Domain(model.hostname.value) == nil ? model.hostname.location : name.location,
                "\(Domain(model.hostname.value) == nil ? model.hostname.value : name.value) is not a host name",
                remedy: "for example mail.example.org")
            return nil
        }
        let delimiter = RecipientDelimiter(routing.recipientDelimiter.value)
        let myDestination = list("mydestination", routing.localDomains)
        let literals = addressLiterals()
        let accountMailboxes = AccountMailboxes(accounts: accounts, delimiter: delimiter)
        let mailboxes = mailboxes(accountMailboxes, delimiter, origin, myDestination, literals)
        let transports = TransportBuilder(
            mailboxes: mailboxes, accounts: accountMailboxes, named: TransportBuilder.named(model.outgoing))
        var options = options(origin, transports)
        options.completedDomain = routing.completedDomain.flatMap { domain($0) }
        options.recipientDelimiter = delimiter

        options.myDestination = myDestination
        options.addressLiterals = literals
        options.virtualMailboxDomains = list("virtual_mailbox_domains", routing.mailboxDomains)
        options.virtualAliasDomains = list("virtual_alias_domains", routing.aliasDomains)
        options.relayDomains = list("relay_domains", routing.relayDomains, .domainAndSubdomains)

        options.virtualAliasMaps = tables.tables(routing.aliases)
        options.virtualAliasMapsLocation = routing.aliases.first?.nameAndLocation.location
        options.localAliasMaps = tables.tables(routing.localAliases)
        options.localAliasMapsLocation = routing.localAliases.first?.nameAndLocation.location
        options.localRecipientMaps = routing.localRecipients.map(tables.tables)
        options.relayRecipientMaps = routing.relayRecipients.map(tables.tables)
        if case .tables(let maps) = routing.mailboxes, !maps.paths.isEmpty {
            options.virtualMailboxMaps = tables.tables(maps.paths)
            options.virtualTransportAsksMaps = transports.isTables(routing.virtualTransport)
        }

        options.virtualMailboxes = mailboxes
        options.relayTransport =
            transports.transport(routing.relayTransport) ?? .remote(transports.named["relay"] ?? .smtp)
        options.defaultTransport = transports.transport(routing.defaultTransport) ?? .remote()
        options.relayHost = model.outgoing.relayHost?.value
        options.transportMaps = tables.tables(routing.transports)
        options.transportMapsLocation = routing.transports.first?.nameAndLocation.location
        options.namedTransports = transports.named
        options.transportsBySpelling = transports.bySpelling(routing)

        rewrite(&options)
        limit(&options)
        return Router(options)
    }

    // MARK: Parts

    private func options(_ origin: Domain, _ transports: TransportBuilder) -> RoutingOptions {
        let local = transports.transport(routing.localTransport) ?? .mailboxes(transports.mailboxes)
        let virtual = transports.transport(routing.virtualTransport) ?? .mailboxes(transports.mailboxes)
        switch routing.meaning {
        case .postfix: return .postfix(myOrigin: origin, localTransport: local, virtualTransport: virtual)
        case .native:
            var options = RoutingOptions(myOrigin: origin, mailboxes: transports.mailboxes)
            options.localTransport = local
            options.virtualTransport = virtual
            return options
        }
    }

    private func rewrite(_ options: inout RoutingOptions) {
        let propagates = routing.propagatesExtensions?.value ?? true
        options.propagateUnmatchedExtensions = propagates
        options.canonical.propagateUnmatchedExtensions = propagates
        options.canonical.maps = tables.tables(routing.canonical.both)
        options.canonical.recipientMaps = tables.tables(routing.canonical.recipients)
        options.canonical.senderMaps = tables.tables(routing.canonical.senders)
        if let classes = classes(routing.canonical.classes) { options.canonical.classes = classes }
        if let classes = classes(routing.canonical.recipientClasses) { options.canonical.recipientClasses = classes }
        if let classes = classes(routing.canonical.senderClasses) { options.canonical.senderClasses = classes }
        options.canonical.masquerading = masquerading()
        options.headers = headers()
        options.senderRewriting = model.outgoing.srs.flatMap { senderRewriting($0) }
        options.blindCopies.always = routing.blindCopies.always.map { Array($0.value.utf8) }
        options.blindCopies.senderMaps = tables.tables(routing.blindCopies.senders)
        options.blindCopies.recipientMaps = tables.tables(routing.blindCopies.recipients)
    }

    private func masquerading() -> Masquerading {
        let model = routing.canonical.masquerade
        var masquerading = Masquerading()
        masquerading.domains = model.domains.compactMap { text in
            guard let entry = Masquerading.Entry(text.value) else {
                faults.error(
                    at: text.location, "\(text.value) is not a domain",
                    remedy: "for example example.org, or !host.example.org")
                return nil
            }
            return entry
        }
        if let classes = classes(model.classes) { masquerading.classes = classes }
        masquerading.exceptions = list("masquerade_exceptions", model.exceptions)
        return masquerading
    }

    /// Nil where none is named: all that the list can rewrite.
    private func classes(_ words: [Located<String>]) -> Set<CanonicalOptions.AddressClass>? {
        guard !words.isEmpty else { return nil }
        return Set(words.compactMap { CanonicalOptions.AddressClass(rawValue: $0.value.lowercased()) })
    }

    private func headers() -> HeaderOptions {
        var options = HeaderOptions()
        if let dropped = routing.headers.dropped {
            options.dropped = HeaderOptions.names(dropped.map(\.value))
            options.droppedForLocalClients = []
        } else if routing.meaning == .postfix {
            swap(&options.dropped, &options.droppedForLocalClients)
        }
        options.alwaysAddsMissing = routing.headers.alwaysAddsMissing
        options.appendsOrigin = routing.headers.appendsOrigin
        return options
    }

    private func senderRewriting(_ srs: SRSModel) -> SenderRewriting? {
        guard let domain = domain(srs.domain) else { return nil }
        let path = srs.secretFile.value
        guard
            let content = srs.givenSecrets.isEmpty
                ? ConfigurationFile.read(path) ?? (srs.makesSecret ? SecretFile.make(path) : nil)
                : Array(srs.givenSecrets.joined(separator: [0x0A]))
        else {
            faults.error(
                at: srs.secretFile.location, "\(srs.secretFile.value) can't be read",
                remedy: "write a long random word into it, readable for root alone")
            return nil
        }
        let secrets = content.split { $0 == 0x0A || $0 == 0x0D }.prefix(100).map { Array($0) }
        guard
            let rewriting = SenderRewriting(
                secrets: secrets, domain: domain, excludedDomains: srs.excludedDomains.map(\.value),
                separator: srs.separator?.value.utf8.first ?? UInt8(ascii: "="),
                hashLength: srs.hashLength?.value ?? 4, validDays: srs.validDays?.value ?? 21)
        else {
            faults.error(
                at: srs.secretFile.location, "there is no secret in \(srs.secretFile.value)",
                remedy: "write a long random word into its first line")
            return nil
        }
        return rewriting
    }

    private func limit(_ options: inout RoutingOptions) {
        options.postmaster = model.postmaster?.value
        options.postmasterLocation = model.postmaster?.location
        // Postfix knows no name that exists everywhere.
        if routing.meaning == .postfix, model.postmaster == nil { options.roleNames = [] }
        options.limits.aliasExpansion = routing.expansionLimit
        options.limits.aliasRecursion = routing.depthLimit
        if let shows = routing.showsTableNames { options.showUserUnknownTableName = shows.value }
    }

    private func mailboxes(
        _ accounts: AccountMailboxes, _ delimiter: RecipientDelimiter, _ origin: Domain, _ myDestination: MatchList,
        _ literals: Set<Domain>
    ) -> any MailboxLookup {
        switch routing.mailboxes {
        case .accounts: return accounts
        case .tables(let maps):
            return TableMailboxes(
                mailboxMaps: tables.tables(maps.paths), uidMaps: tables.tables(maps.uids),
                gidMaps: tables.tables(maps.gids), base: Array((maps.base?.value ?? "/").utf8),
                minimumUID: maps.minimumUID.map { UInt32(clamping: $0.value) } ?? model.store.minimumUID,
                recipientDelimiter: delimiter, location: maps.paths.first?.nameAndLocation.location,
                severalEntries: model.keepsOriginal(.severalMailboxes) ? .onePathAsPostfix : .eachEntry,
                isLocalDomain: { domain in
                    if domain == origin || literals.contains(domain) { return Answer(.found(true)) }
                    return await myDestination.contains(domain.bytes)
                })
        }
    }

    private func list(
        _ name: String, _ items: [MatchItemModel], _ style: MatchList.Style = .exact
    ) -> MatchList {
        let list = tables.matchList(name, items, location: items.first?.location)
        return MatchList(name: name, style: style, elements: list.elements, location: list.location)
    }

    private func domain(_ text: Located<String>) -> Domain? {
        let domain = Domain(text.value)
        if domain == nil {
            faults.error(at: text.location, "\(text.value) is not a domain", remedy: "for example example.org")
        }
        return domain
    }

    /// `192.0.2.1` → `[192.0.2.1]`, `2001:db8::1` → `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3).
    private func addressLiterals() -> Set<Domain> {
        var result: Set<Domain> = []
        for text in routing.addressLiterals {
            let bare = text.value.drop { $0 == "[" }.prefix { $0 != "]" }
            let plain = bare.lowercased().hasPrefix("ipv6:") ? bare.dropFirst(5) : bare
            guard let address = Policy.IPAddress(plain) else {
                faults.error(
                    at: text.location, "\(text.value) is not an IP address", remedy: "for example 192.0.2.1")
                continue
            }
            for form in address.isIPv4 ? ["[\(address)]"] : ["[IPv6:\(address)]", "[\(address)]"] {
                if let literal = Domain(form) { result.insert(literal) }
            }
        }
        return result
    }

}

extension MatchItemModel {
    var location: SourceLocation {
        switch self {
        case .name(let name): name.location
        case .table(let table), .exceptTable(let table): table.nameAndLocation.location
        }
    }
}
