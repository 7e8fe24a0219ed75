import DNS
import Directory
import LookupTables
import NIOCore
import Policy
import Routing
import SiteConfiguration

/// `PolicyModel` and `SenderModel` → what clients of each listener may do.
final class PolicyBuilder {
    private let model: SiteModel
    private let tables: TablesBuilder
    private let router: Router
    private let resolver: any DNSResolver
    private let group: any EventLoopGroup
    private let faults: FaultCollector
    /// By their address; a server that several lists name is asked over the same connections.
    private(set) var services: [String: PolicyServiceClient] = [:]
    private var byName: [String: PolicyOptions] = [:]

    init(
        _ model: SiteModel, _ tables: TablesBuilder, _ router: Router, _ resolver: any DNSResolver,
        group: any EventLoopGroup, _ faults: FaultCollector
    ) {
        self.resolver = resolver
        self.model = model
        self.tables = tables
        self.router = router
        self.group = group
        self.faults = faults
    }

    /// A listener that would let strangers relay is a fault: the site doesn't open.
    func policies() -> [ListenerKey: SMTPPolicy] {
        let logins = tables.tables(model.senders.logins)
        var result: [ListenerKey: SMTPPolicy] = [:]
        for (key, listener) in ListenerKey.all(model.listeners) where !listener.kind.servesMailboxes {
            guard let options = options(listener, logins) else { continue }
            guard listener.kind == .local || options.guardsRelaying else {
                faults.error(
                    at: listener.policy?.location ?? listener.host.location,
                    "\(listener.name): neither its relay_restrictions nor its recipient_restrictions keep strangers from "
                        + "relaying",
                    remedy: "add reject_unauth_destination (or defer_unauth_destination, reject, defer) to one of them")
                continue
            }
            result[key] = SMTPPolicy(options, router: router, resolver: resolver)
        }
        return result
    }

    private func options(_ listener: ListenerModel, _ logins: [any LookupTable]) -> PolicyOptions? {
        guard let name = listener.policy else { return native(listener, logins) }
        if let known = byName[name.value] { return known }
        guard let policy = model.policy(name.value) else {
            faults.error(
                at: name.location, "there is no policy called \(name.value)",
                remedy: "known: " + model.policies.map(\.name).sorted().joined(separator: ", "))
            return nil
        }
        let options = configured(policy, logins)
        // An import tells it in its report.
        if !policy.rejectsUnlistedRecipient, !policy.isAuthenticationEnabled, model.routing.meaning == .native {
            faults.warning(
                at: name.location,
                "\(policy.name): mail for unknown recipients is taken from strangers and returned to senders that may be "
                    + "forged",
                remedy: "leave reject_unlisted_recipient out")
        }
        byName[name.value] = options
        return options
    }

    // MARK: Native

    private func native(_ listener: ListenerModel, _ logins: [any LookupTable]) -> PolicyOptions {
        // Whoever may connect may send to everybody, as anybody: cron, web sites and lists name their senders themselves.
        if listener.kind == .local { return .native(.local) }
        var options = PolicyOptions.native(PolicyOptions.Listener(listener.kind))
        options.senderLoginMaps = logins
        options.senderLoginMapsLocation = model.senders.logins.first?.nameAndLocation.location
        if !model.senders.checksLogin { options.senderRestrictions = RestrictionList() }
        readSenders(into: &options)
        if !listener.trustedNetworks.isEmpty {
            options.myNetworks = networks(listener.trustedNetworks.map { .name($0) })
            options.relayRestrictions = RestrictionList([.permitMyNetworks] + options.relayRestrictions.restrictions)
        }
        return options
    }

    // MARK: Configured

    private func configured(_ policy: PolicyModel, _ logins: [any LookupTable]) -> PolicyOptions {
        var options = PolicyOptions.postfix(isAuthenticationEnabled: policy.isAuthenticationEnabled)
        options.myNetworks = networks(policy.networks)
        options.delaysReject = policy.delaysReject
        options.relayBeforeRecipient = policy.relayBeforeRecipient
        options.rejectsUnlistedSender = policy.rejectsUnlistedSender
        options.takenUnknown =
            !policy.rejectsUnlistedRecipient ? .all : model.keepsOriginal(.refusesEarly) ? .listed : .none
        options.filterTransports.merge(TransportBuilder.named(model.outgoing)) { $1 }
        options.senderLoginMaps = policy.senderLogins.map(tables.tables) ?? logins
        options.senderLoginMapsLocation =
            (policy.senderLogins ?? model.senders.logins).first?.nameAndLocation.location
        readSenders(into: &options)
        if let clients = policy.headerRewriteClients {
            options.headerRewriteClients = clients.compactMap(headerRewriteClient)
        }
        options.lookupReplies = replies(policy)
        for restrictionClass in policy.restrictionClasses {
            options.restrictionClasses[restrictionClass.name.value] = list(restrictionClass.restrictions, policy)
        }
        options.clientRestrictions = list(policy.clientRestrictions, policy)
        options.heloRestrictions = list(policy.heloRestrictions, policy)
        options.senderRestrictions = list(policy.senderRestrictions, policy)
        options.relayRestrictions = list(policy.relayRestrictions, policy)
        options.recipientRestrictions = list(policy.recipientRestrictions, policy)
        options.dataRestrictions = list(policy.dataRestrictions, policy)
        options.endOfDataRestrictions = list(policy.endOfDataRestrictions, policy)
        return options
    }

    private func readSenders(into options: inout PolicyOptions) {
        options.checksHeaderSenders = model.senders.checksFrom
        options.aliasesOwnSenders = model.senders.includesAliases
        options.groupsOwnSenders = model.senders.includesGroups
    }

    private func headerRewriteClient(_ item: MatchItemModel) -> HeaderRewriteClient? {
        switch item {
        case .name(let name):
            switch name.value.lowercased() {
            case "permit_inet_interfaces": return .inetInterfaces
            case "permit_mynetworks": return .myNetworks
            case "permit_sasl_authenticated": return .saslAuthenticated
            default:
                faults.error(
                    at: name.location, "header_rewrite_clients: there are no clients called \(name.value)",
                    remedy: "permit_inet_interfaces, permit_mynetworks, permit_sasl_authenticated, or a table")
                return nil
            }
        case .table(let table): return tables.table(table).map { .table($0) }
        case .exceptTable(let table):
            faults.error(
                at: table.nameAndLocation.location, "header_rewrite_clients: a table can't be excepted",
                remedy: "take the ! away")
            return nil
        }
    }

    private func replies(_ policy: PolicyModel) -> LookupReplies {
        var replies = LookupReplies()
        func code(_ value: Located<Int>?, _ standard: UInt16) -> UInt16 {
            value.map { UInt16(clamping: $0.value) } ?? standard
        }
        replies.unknownAddress = code(policy.unknownAddressCode, replies.unknownAddress)
        replies.unknownClient = code(policy.unknownClientCode, replies.unknownClient)
        replies.unknownHostname = code(policy.unknownHostnameCode, replies.unknownHostname)
        replies.listed = code(policy.listedCode, replies.listed)
        if policy.unknownAddressFailure?.value == .defer { replies.unknownAddressFailure = .defer }
        if policy.unknownHostnameFailure?.value == .defer { replies.unknownHostnameFailure = .defer }
        return replies
    }

    private func list(_ models: [RestrictionModel], _ policy: PolicyModel) -> RestrictionList {
        var expansion = Expansion()
        return RestrictionList(
            models.flatMap { restrictions($0, policy, depth: 0, &expansion) }, location: models.first?.location)
    }

    /// Classes within classes, as deep as anybody writes them.
    private static let maximumDepth = 20
    /// Of one list with its classes: a class that names another twice, which names a third twice, doubles each time.
    private static let maximumRestrictions = 10_000

    private struct Expansion {
        var restrictions = 0
        var isFull: Bool { restrictions > PolicyBuilder.maximumRestrictions }
    }

    private func restrictions(
        _ model: RestrictionModel, _ policy: PolicyModel, depth: Int, _ expansion: inout Expansion
    ) -> [Restriction] {
        guard !expansion.isFull else { return [] }
        expansion.restrictions += 1
        if expansion.isFull {
            faults.error(
                at: model.location, "\(policy.name): a list of more than \(Self.maximumRestrictions) restrictions",
                remedy: "let its restriction classes name each other less often")
        }
        switch model {
        case .named(let name):
            if let inside = policy.restrictionClasses.first(where: { $0.name.value == name.value }) {
                guard depth < Self.maximumDepth else {
                    faults.error(
                        at: name.location, "restriction classes lead to each other",
                        remedy: "take the circle out of restriction_classes")
                    return []
                }
                return inside.restrictions.flatMap { restrictions($0, policy, depth: depth + 1, &expansion) }
            }
            return [named(name)]
        case .access(let key, let table):
            guard let table = tables.table(table) else { return [] }
            func servers(_ subject: ServerAccess.Subject, _ records: ServerAccess.Records) -> [Restriction] {
                [.checkServerAccess(ServerAccess(subject, records), table)]
            }
            switch key.value {
            case .client: return [.checkClientAccess(table)]
            case .helo: return [.checkHeloAccess(table)]
            case .sender: return [.checkSenderAccess(table)]
            case .recipient: return [.checkRecipientAccess(table)]
            case .reverseClient: return [.checkReverseClientAccess(table)]
            case .clientAddresses: return servers(.client, .addresses)
            case .clientMailExchangers: return servers(.client, .mailExchangers)
            case .clientNameServers: return servers(.client, .nameServers)
            case .reverseClientAddresses: return servers(.reverseClient, .addresses)
            case .reverseClientMailExchangers: return servers(.reverseClient, .mailExchangers)
            case .reverseClientNameServers: return servers(.reverseClient, .nameServers)
            case .heloAddresses: return servers(.helo, .addresses)
            case .heloMailExchangers: return servers(.helo, .mailExchangers)
            case .heloNameServers: return servers(.helo, .nameServers)
            case .senderAddresses: return servers(.sender, .addresses)
            case .senderMailExchangers: return servers(.sender, .mailExchangers)
            case .senderNameServers: return servers(.sender, .nameServers)
            case .recipientAddresses: return servers(.recipient, .addresses)
            case .recipientMailExchangers: return servers(.recipient, .mailExchangers)
            case .recipientNameServers: return servers(.recipient, .nameServers)
            }
        case .warning(let inner, _):
            return restrictions(inner, policy, depth: depth, &expansion).map { .warnIfReject($0) }
        case .policyService(let address):
            return service(address).map { [.checkPolicyService($0)] } ?? []
        }
    }

    /// One that this server doesn't have is passed over: what it would permit is not permitted, what it would reject is
    /// rejected by nobody.
    private func named(_ name: Located<String>) -> Restriction {
        if let restriction = Restriction(named: name.value) { return restriction }
        let first = name.value.prefix { $0 != " " }
        if Restriction.takesDNSList(String(first)) {
            faults.error(
                at: name.location, "\(name.value): there is no DNS list behind it",
                remedy: "name its domain, for example \(first) zen.example.org, or zen.example.org=127.0.0.[2..11]")
            return .reject
        }
        let isPostfix = ["reject_", "permit_", "check_", "sleep"].contains { name.value.lowercased().hasPrefix($0) }
        if isPostfix {
            faults.warning(at: name.location, "\(name.value): there is no such check here: it is passed over")
        } else {
            faults.error(
                at: name.location, "there is no restriction \(name.value)",
                remedy: "permit, reject, defer, permit_mynetworks, reject_unauth_destination …: see postconf(5)")
        }
        return .notServed(name.value)
    }

    private func service(_ address: Located<String>) -> PolicyServiceClient? {
        if let known = services[address.value] { return known }
        guard let place = PolicyServiceClient.Place(address.value) else {
            faults.error(
                at: address.location, "\(address.value) is not the address of a policy server",
                remedy: "for example inet:127.0.0.1:10023 or unix:/run/policy.sock")
            return nil
        }
        let client = PolicyServiceClient(place, name: address.value, group: group)
        services[address.value] = client
        return client
    }

    // MARK: Networks

    /// Clients that the limits of each listener don't hold for.
    func limitExceptions() -> [ListenerKey: NetworkList] {
        var result: [ListenerKey: NetworkList] = [:]
        for (key, listener) in ListenerKey.all(model.listeners) {
            result[key] = listener.options.clientLimits.map { networks($0.exceptions) }
        }
        return result
    }

    private func networks(_ items: [MatchItemModel]) -> NetworkList {
        var elements: [NetworkList.Element] = []
        for item in items {
            switch item {
            case .name(let text):
                let isNegated = text.value.hasPrefix("!")
                let pattern = isNegated ? text.value.dropFirst() : text.value[...]
                if let network = IPNetwork(pattern) {
                    elements.append(NetworkList.Element(.network(network), isNegated: isNegated))
                } else if pattern.contains(where: { "/:[]".contains($0) })
                    || pattern.allSatisfy({ "0123456789.".contains($0) })
                {
                    faults.error(
                        at: text.location, "\(text.value) is not a network", remedy: "for example 192.0.2.0/24")
                } else {
                    faults.warning(
                        at: text.location, "\(text.value) trusts nobody: clients are known by their addresses only")
                }
            case .table(let model), .exceptTable(let model):
                var isNegated = false
                if case .exceptTable = item { isNegated = true }
                guard let table = tables.table(model) else { continue }
                elements.append(NetworkList.Element(.table(table), isNegated: isNegated))
            }
        }
        return NetworkList(elements, location: items.first?.location)
    }
}

extension RestrictionModel {
    var location: SourceLocation {
        switch self {
        case .named(let name), .policyService(let name): name.location
        case .access(let key, _): key.location
        case .warning(_, let word): word.location
        }
    }
}

extension PolicyOptions.Listener {
    /// What a listener is for that names no policy.
    init(_ kind: ListenerModel.Kind) {
        switch kind {
        case .smtp: self = .mx
        case .lmtp: self = .lmtp
        case .local: self = .local
        case .submission, .submissions, .imap, .imaps, .pop3, .pop3s: self = .submission
        }
    }
}
