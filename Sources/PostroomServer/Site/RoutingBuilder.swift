import Accounts
import Directory
import LookupTables
import MailModel
import Policy
import Routing
import SiteConfiguration

/// `RoutingModel` and `SenderModel` → the router and what clients of each listener may do.
struct RoutingBuilder {
    let model: SiteModel
    let tables: TablesBuilder
    let accounts: DirectoryAccounts
    let faults: FaultCollector

    func router() -> Router? {
        guard let origin = Domain(model.hostname.value) else {
            faults.error(
                at: model.hostname.location, "\(model.hostname.value) is not a host name",
                remedy: "for example mail.example.org")
            return nil
        }
        let delimiter = RecipientDelimiter(model.routing.recipientDelimiter.value)
        var options = RoutingOptions(myOrigin: origin, mailboxes: mailboxes(delimiter))
        options.virtualMailboxDomains = tables.matchList(
            "virtual_mailbox_domains", model.routing.mailboxDomains,
            location: model.routing.mailboxDomains.first?.location)
        options.virtualAliasDomains = tables.matchList(
            "virtual_alias_domains", model.routing.aliasDomains, location: model.routing.aliasDomains.first?.location)
        options.virtualAliasMaps = tables.tables(model.routing.aliases)
        options.virtualAliasMapsLocation = model.routing.aliases.first?.nameAndLocation.location
        options.recipientDelimiter = delimiter
        options.postmaster = model.postmaster?.value
        options.postmasterLocation = model.postmaster?.location
        options.limits.aliasExpansion = model.routing.expansionLimit
        options.limits.aliasRecursion = model.routing.depthLimit
        return Router(options)
    }

    func policies(_ router: Router) -> [ListenerModel.Kind: SMTPPolicy] {
        let logins = tables.tables(model.senders.logins)
        var result: [ListenerModel.Kind: SMTPPolicy] = [:]
        for kind in ListenerModel.Kind.allCases where !kind.isIMAP {
            var options = PolicyOptions.native(kind == .smtp ? .mx : .submission)
            options.senderLoginMaps = logins
            options.senderLoginMapsLocation = model.senders.logins.first?.nameAndLocation.location
            if !model.senders.checksLogin { options.senderRestrictions = RestrictionList() }
            let networks = model.listeners.filter { $0.kind == kind }.flatMap(\.trustedNetworks)
            if !networks.isEmpty {
                options.myNetworks = trusted(networks)
                options.relayRestrictions = RestrictionList(
                    [.permitMyNetworks] + options.relayRestrictions.restrictions)
            }
            result[kind] = SMTPPolicy(options, router: router)
        }
        return result
    }

    private func trusted(_ networks: [Located<String>]) -> NetworkList {
        NetworkList(
            networks.compactMap { text in
                if let network = IPNetwork(text.value) { return network }
                faults.error(
                    at: text.location, "\(text.value) is not a network", remedy: "for example 192.0.2.0/24")
                return nil
            })
    }

    private func mailboxes(_ delimiter: RecipientDelimiter) -> any MailboxLookup {
        switch model.routing.mailboxes {
        case .accounts: return AccountMailboxes(accounts: accounts, delimiter: delimiter)
        case .tables(let maps):
            return TableMailboxes(
                mailboxMaps: tables.tables(maps.paths), uidMaps: tables.tables(maps.uids),
                gidMaps: tables.tables(maps.gids), base: Array((maps.base?.value ?? "/").utf8),
                minimumUID: maps.minimumUID.map { UInt32(clamping: $0.value) } ?? model.store.minimumUID,
                recipientDelimiter: delimiter, location: maps.paths.first?.nameAndLocation.location)
        }
    }
}

/// Mailboxes as the accounts' user databases know them: for the whole address, then without its extension.
struct AccountMailboxes: MailboxLookup {
    let accounts: DirectoryAccounts
    let delimiter: RecipientDelimiter

    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let answer = await mailbox(for: address)
        return Answer(answer.outcome.map { [$0] }, steps: answer.steps)
    }

    private func mailbox(for address: EmailAddress) async -> Answer<LocalMailbox> {
        let whole = await accounts.mailbox(for: address)
        guard case .absent = whole.outcome else { return whole }
        let user = delimiter.user(of: address.localPart)
        guard user != address.localPart, let plain = EmailAddress(localPart: user, domain: address.domain) else {
            return whole
        }
        let answer = await accounts.mailbox(for: plain)
        var outcome = answer.outcome
        if case .found(var mailbox) = outcome {
            // Its owner sorts mail by the extension: Delivered-To has it, as Postfix writes it.
            mailbox.address = address
            outcome = .found(mailbox)
        }
        return Answer(outcome, steps: whole.steps + answer.steps)
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
