import Directory
import SiteConfiguration

/// What the clients of one smtpd service may do.
struct PolicyReader {
    let parameters: ParameterReader
    let name: String

    init(_ parameters: ParameterReader, name: String) {
        self.parameters = parameters
        self.name = name
    }

    func read(at location: SourceLocation) -> PolicyModel {
        var policy = PolicyModel(name: name)
        policy.networks = InterfacesReader(parameters).networks()
        policy.isAuthenticationEnabled =
            parameters.boolean("smtpd_sasl_auth_enable", "whether clients may log in").value
        policy.delaysReject = parameters.boolean("smtpd_delay_reject", "strangers are refused at RCPT only").value
        policy.relayBeforeRecipient =
            parameters.boolean(
                "smtpd_relay_before_recipient_restrictions", "which of the two lists comes first"
            ).value
        let lists = RestrictionReader(parameters)
        policy.clientRestrictions = lists.list("smtpd_client_restrictions", stage: .client, "what clients must be")
        policy.heloRestrictions = lists.list("smtpd_helo_restrictions", stage: .helo, "what HELO must say")
        policy.senderRestrictions = lists.list("smtpd_sender_restrictions", stage: .sender, "what senders must be")
        policy.relayRestrictions = lists.list("smtpd_relay_restrictions", stage: .relay, "who may relay")
        policy.recipientRestrictions = lists.list(
            "smtpd_recipient_restrictions", stage: .recipient, "what recipients must be")
        policy.dataRestrictions = lists.list("smtpd_data_restrictions", stage: .data, "checks at DATA")
        policy.endOfDataRestrictions = lists.list(
            "smtpd_end_of_data_restrictions", stage: .endOfData, "checks after the message")
        policy.restrictionClasses = lists.classes()
        policy.rejectsUnlistedRecipient =
            parameters.boolean(
                "smtpd_reject_unlisted_recipient", "unknown recipients are refused"
            ).value
        if !policy.rejectsUnlistedRecipient {
            // Who has logged in is no forged sender; everybody else's may be.
            parameters.tell(
                "smtpd_reject_unlisted_recipient", policy.isAuthenticationEnabled ? .used : .weak,
                "mail for unknown recipients is taken and returned later, as Postfix does it"
                    + (policy.isAuthenticationEnabled ? "" : ": to senders that may be forged"))
        }
        policy.rejectsUnlistedSender =
            parameters.boolean(
                "smtpd_reject_unlisted_sender", "unknown senders of our own domains are refused"
            ).value
        if parameters.isSet("smtpd_sender_login_maps") {
            policy.senderLogins = TableReader(parameters.reading, effect: .relaying).tables(
                parameters.words("smtpd_sender_login_maps", "who owns a sender address"))
        }
        policy.headerRewriteClients = headerRewriteClients()
        readReplies(&policy)
        checkLogins(policy)
        guardRelaying(&policy, at: location)
        return policy
    }

    /// postconf(5): `local_header_rewrite_clients`; permit_tls_… know nobody here, since clients show no certificates.
    private func headerRewriteClients() -> [MatchItemModel]? {
        guard parameters.isSet("local_header_rewrite_clients") else { return nil }
        var items: [MatchItemModel] = []
        var words = parameters.words("local_header_rewrite_clients", "whose headers are completed and rewritten")[...]
        let tables = TableReader(parameters.reading, effect: .routing)
        while let word = words.popFirst() {
            switch word.value.lowercased() {
            case "permit_inet_interfaces", "permit_mynetworks", "permit_sasl_authenticated":
                items.append(.name(word.map { $0.lowercased() }))
            case "check_address_map":
                if let name = words.popFirst() { items += tables.tables([name]).map { .table($0) } }
            case "permit_tls_clientcerts", "permit_tls_all_clientcerts":
                parameters.tell(
                    "local_header_rewrite_clients", .unsupported(.routing),
                    "\(word.value) knows nobody: clients are not known by their certificates")
            default: items += tables.tables([word]).map { .table($0) }
            }
        }
        return items
    }

    /// How restrictions that ask DNS answer.
    private func readReplies(_ policy: inout PolicyModel) {
        func code(_ name: String, _ note: String) -> Located<Int>? {
            parameters.isSet(name) ? parameters.integer(name, in: PolicyModel.rejectCodes, note) : nil
        }
        policy.unknownAddressCode = code("unknown_address_reject_code", "the reply to domains that DNS doesn't have")
        policy.unknownClientCode = code("unknown_client_reject_code", "the reply to clients without a name")
        policy.unknownHostnameCode = code(
            "unknown_hostname_reject_code", "the reply to HELO names that DNS doesn't have")
        policy.listedCode = code("maps_rbl_reject_code", "the reply to what a DNS list has")
        let actions = PolicyModel.TemporaryFailure.allCases.map(\.rawValue)
        func action(_ name: String) -> Located<PolicyModel.TemporaryFailure>? {
            guard parameters.isSet(name) || parameters.isSet("reject_tempfail_action"),
                let word = parameters.choice(name, actions, "what is done while DNS doesn't answer")
            else { return nil }
            return PolicyModel.TemporaryFailure(rawValue: word.value).map { Located($0, at: word.location) }
        }
        policy.unknownAddressFailure = action("unknown_address_tempfail_action")
        policy.unknownHostnameFailure = action("unknown_helo_hostname_tempfail_action")
    }

    /// postconf(5): without SASL the tests of sender and login do nothing.
    private func checkLogins(_ policy: PolicyModel) {
        guard !policy.isAuthenticationEnabled else { return }
        let lists = [policy.clientRestrictions, policy.senderRestrictions, policy.recipientRestrictions]
        for case .named(let restriction) in lists.flatMap({ $0 })
        where restriction.value.contains("sender_login_mismatch") {
            parameters.reading.report(
                restriction.value, value: name, at: restriction.location, .weak,
                "does nothing at \(name), where smtpd_sasl_auth_enable is no")
        }
    }

    /// smtpd(8) serves nobody unless one of the two lists keeps strangers from relaying.
    private func guardRelaying(_ policy: inout PolicyModel, at location: SourceLocation) {
        let isGuarded = (policy.relayRestrictions + policy.recipientRestrictions).contains(where: \.guardsRelaying)
        if !isGuarded {
            let isAncient =
                !parameters.isSet("smtpd_relay_restrictions")
                && !parameters.isSet("smtpd_recipient_restrictions") && !parameters.isSet("compatibility_level")
            guard isAncient else {
                let setting = ["smtpd_relay_restrictions", "smtpd_recipient_restrictions"].lazy
                    .filter { parameters.isSet($0) }.map { parameters.location($0) }.first
                parameters.reading.error(
                    at: setting ?? location,
                    "\(name): neither smtpd_relay_restrictions nor smtpd_recipient_restrictions keeps strangers from "
                        + "relaying; Postfix would refuse to serve",
                    remedy: "add reject_unauth_destination (or defer_unauth_destination, reject, defer) to one of them")
                return
            }
            // The default of smtpd_recipient_restrictions before Postfix 2.10, when this configuration was written.
            policy.recipientRestrictions = ["permit_mynetworks", "reject_unauth_destination"].map {
                .named(Located($0, at: .builtIn))
            }
            parameters.reading.report(
                "smtpd_recipient_restrictions", value: "permit_mynetworks, reject_unauth_destination", at: .builtIn,
                .used,
                "neither restriction list nor compatibility_level is set: Postfix's default before 2.10 holds")
        }
        for list in [policy.relayRestrictions, policy.recipientRestrictions] {
            guard let guarding = list.firstIndex(where: \.guardsRelaying) else { continue }
            let other =
                list.elementsEqual(policy.relayRestrictions, by: Self.areSame)
                ? policy.recipientRestrictions : policy.relayRestrictions
            for case .named(let restriction) in list[..<guarding]
            where restriction.value == "permit" && !other.contains(where: \.guardsRelaying) {
                parameters.reading.report(
                    "permit", value: name, at: restriction.location, .weak,
                    "stands before what keeps strangers from relaying: everybody may relay")
            }
        }
    }

    /// Two lists of names are one.
    private static func areSame(_ left: RestrictionModel, _ right: RestrictionModel) -> Bool {
        guard case .named(let one) = left, case .named(let two) = right else { return false }
        return one == two
    }
}

extension PolicyModel {
    /// Whether who is logged in may send as others.
    var checksSenderLogins: Bool {
        let lists = [
            clientRestrictions, heloRestrictions, senderRestrictions, relayRestrictions, recipientRestrictions,
        ]
        return lists.joined().contains { restriction in
            guard case .named(let name) = restriction else { return false }
            return name.value.hasSuffix("sender_login_mismatch")
                && name.value != "reject_unauthenticated_sender_login_mismatch"
        }
    }
}
