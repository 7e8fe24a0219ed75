import Directory
import LookupTables
import MailModel

/// What becomes of one final address, aliases done.
struct FinalRecipient: Sendable {
    enum Fate: Sendable {
        /// One for each mailbox that the address has, or another host.
        case destinations([Destination])
        /// Nobody there, for certain: the text of the refusal, which names the recipient that the client gave.
        case dead(EnhancedStatusCode, String)
        case unavailable(Failure)
    }

    /// Why a recipient must wait, in the order of what to tell first.
    enum Failure: Hashable, Sendable {
        case lookup
        case configuration
        case transport
        /// `retry:` says so.
        case putOff(EnhancedStatusCode, String)
    }

    var address: EmailAddress
    var fate: Fate
    var steps: [TraceStep]
}

/// Finds who serves a final address.
struct FinalRecipientResolver: Sendable {
    let options: RoutingOptions

    /// `isOriginal`: the client named this very address, so that the recipient tables of its class have a say too.
    func resolve(
        _ address: EmailAddress, _ classAnswer: Answer<AddressClass>, isOriginal: Bool
    ) async -> FinalRecipient {
        guard case .found(let addressClass) = classAnswer.outcome else {
            return FinalRecipient(address: address, fate: .unavailable(.lookup), steps: [])
        }
        var steps: [TraceStep] = []
        let fate = await deliver(address, addressClass, isOriginal, &steps)
        return FinalRecipient(address: address, fate: fate, steps: steps)
    }

    // MARK: - Recipient tables

    /// Names that smtpd(8) passes in the local class without asking (ldap-tables §8).
    private static let alwaysPassed = ["postmaster", "mailer-daemon", "double-bounce"].map { Array($0.utf8) }

    /// Whether a table of recipients knows the address; false where its class has no such table.
    func isInTable(_ address: EmailAddress, _ addressClass: AddressClass, _ steps: inout [TraceStep]) async -> Bool {
        let hasTable =
            switch addressClass {
            case .local: options.localRecipientMaps != nil
            case .relay: options.relayRecipientMaps != nil
            case .virtualMailbox: options.virtualMailboxMaps != nil
            case .virtualAlias, .remote: false
            }
        guard hasTable else { return false }
        return await test(address, addressClass, &steps) == nil
    }

    private func test(
        _ address: EmailAddress, _ addressClass: AddressClass, _ steps: inout [TraceStep]
    ) async -> FinalRecipient.Fate? {
        let setting: String
        let tables: [any LookupTable]
        switch addressClass {
        case .local:
            guard let maps = options.localRecipientMaps else { return nil }
            if Self.alwaysPassed.contains(ASCII.lowercased(address.localPart)) { return nil }
            (setting, tables) = ("local_recipient_maps", maps)
        case .relay:
            guard let maps = options.relayRecipientMaps else { return nil }
            (setting, tables) = ("relay_recipient_maps", maps)
        case .virtualMailbox:
            guard let maps = options.virtualMailboxMaps else { return nil }
            (setting, tables) = ("virtual_mailbox_maps", maps)
        case .virtualAlias, .remote:
            return nil
        }
        let isLocal = addressClass == .local || address.domain == options.myOrigin
        let answer = await AddressLookup.find(
            address, in: tables, delimiter: options.recipientDelimiter, isLocal: isLocal)
        func note(_ text: String) {
            steps.append(TraceStep(.decision(rule: setting, text: "\(address) \(text)"), children: answer.steps))
        }
        switch answer.outcome {
        case .found:
            note("is listed")
            return nil
        case .absent:
            note("is not listed")
            return unknown(addressClass)
        case .unavailable:
            note("can't be looked up")
            return .unavailable(.lookup)
        }
    }

    private func unknown(_ addressClass: AddressClass) -> FinalRecipient.Fate {
        let table = options.showUserUnknownTableName ? " in \(addressClass.tableName)" : ""
        return .dead(EnhancedStatusCode(5, 1, 1), "User unknown" + table)
    }

    // MARK: - Transports

    private func deliver(
        _ address: EmailAddress, _ addressClass: AddressClass, _ isOriginal: Bool, _ steps: inout [TraceStep]
    ) async -> FinalRecipient.Fate {
        func note(_ rule: String, _ text: String, _ children: [TraceStep] = []) {
            steps.append(TraceStep(.decision(rule: rule, text: text), children: children))
        }
        if addressClass == .virtualAlias {
            note("virtual_alias_domains", "\(address.domain) has aliases only, and \(address) is none")
            return unknown(.virtualAlias)
        }
        var (setting, transport) = transport(of: addressClass)
        var leavesByDefault = addressClass == .remote || addressClass == .relay
        var hasDefaultTransport = addressClass == .remote
        // virtual(8) finds out by itself who exists.
        var asksTables = false
        let lookup = TransportLookup(options: options)
        let entry = await lookup.find(address)
        switch entry.outcome {
        case .absent:
            asksTables = addressClass == .virtualMailbox && options.virtualTransportAsksMaps
            if !entry.steps.isEmpty {
                let text = "no entry for \(address): \(setting) holds"
                steps.append(
                    TraceStep(
                        .decision(rule: "transport_maps", text: text), location: options.transportMapsLocation,
                        children: entry.steps))
            }
        case .unavailable:
            steps.append(
                TraceStep(
                    .decision(rule: "transport_maps", text: "can't tell how \(address) is delivered"),
                    location: options.transportMapsLocation, children: entry.steps))
            return .unavailable(.lookup)
        case .found(let value):
            transport = lookup.apply(value, to: transport)
            let isEmpty = value.transport.isEmpty && value.nextHop.isEmpty
            leavesByDefault = leavesByDefault && isEmpty
            hasDefaultTransport = hasDefaultTransport && isEmpty
            let isVirtual =
                value.transport == "virtual" || (value.transport.isEmpty && options.virtualTransportAsksMaps)
            asksTables = addressClass == .virtualMailbox && isVirtual
            setting = "transport_maps"
            steps.append(
                TraceStep(
                    .decision(rule: setting, text: "\(address) is delivered by \(value.transport):\(value.nextHop)"),
                    location: options.transportMapsLocation, children: entry.steps))
        }
        if isOriginal, !asksTables, !transport.refusesAll, let refused = await test(address, addressClass, &steps) {
            return refused
        }
        switch transport {
        case .mailboxes(let mailboxes):
            let answer = await mailboxes.mailboxes(for: address)
            switch answer.outcome {
            case .found(let found):
                let count = found.count == 1 ? "a mailbox" : "\(found.count) mailboxes"
                let list = found.map { "\($0.location), owner \($0.owner)" }.joined(separator: "; ")
                note(setting, "\(address) has \(count): \(list)", answer.steps)
                return .destinations(found.map { .mailbox($0) })
            case .absent:
                note(setting, "\(address) has no mailbox", answer.steps)
                return unknown(addressClass)
            case .unavailable(let reason):
                note(setting, "no mailbox can be had for \(address): \(reason.text)", answer.steps)
                return .unavailable(reason.kind == .misconfigured ? .configuration : .lookup)
            }
        case .remote(let way, let nextHop):
            let isClassHop = nextHop == nil || nextHop == options.relayHost
            let remote = RemoteDestination(
                address: address, transport: way, nextHop: nextHop,
                leavesByDefault: leavesByDefault && way.kind == .smtp && isClassHop,
                hasDefaultTransport: hasDefaultTransport)
            note(setting, "\(address) is on another host, by \(remote.way)")
            return .destinations([.remote(remote)])
        case .retry(let status, let text):
            note(setting, "retry:\(status) \(text)")
            return .unavailable(.putOff(status, text))
        case .discard(let reason):
            note(setting, "mail for \(address) is thrown away")
            return .destinations([.discard(address, reason: reason)])
        case .error(let status, let text):
            note(setting, "error:\(status) \(text)")
            guard status.statusClass == 5 else { return .unavailable(.transport) }
            return .dead(status, text)
        case .unknown(let name):
            note(setting, "this server has no transport \(name)")
            return .unavailable(.transport)
        }
    }

    private func transport(of addressClass: AddressClass) -> (setting: String, transport: ClassTransport) {
        switch addressClass {
        case .local: ("local_transport", options.localTransport)
        case .virtualMailbox, .virtualAlias: ("virtual_transport", options.virtualTransport)
        case .relay: ("relay_transport", viaRelayHost(options.relayTransport))
        case .remote: ("default_transport", viaRelayHost(options.defaultTransport))
        }
    }

    /// `relayhost` stands for the recipient's own domain only.
    private func viaRelayHost(_ transport: ClassTransport) -> ClassTransport {
        guard case .remote(let way, nil) = transport, way.kind == .smtp, let host = options.relayHost else {
            return transport
        }
        return .remote(way, nextHop: host)
    }
}
