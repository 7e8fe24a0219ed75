import Directory
import SiteConfiguration

/// How one smtpd service speaks.
struct ListenerReader {
    let parameters: ParameterReader
    let service: MasterConfiguration.Service

    init(_ parameters: ParameterReader, service: MasterConfiguration.Service) {
        self.parameters = parameters
        self.service = service
    }

    func listener(host: Located<String>, port: Int, policy: PolicyModel) -> ListenerModel {
        let wrapper = parameters.boolean("smtpd_tls_wrappermode", "TLS from the first byte").value
        let isSubmission = port == 587 || port == 465 || permitsLoginsAlone(policy)
        var listener = ListenerModel(
            kind: wrapper ? .submissions : isSubmission ? .submission : .smtp, host: host, port: port)
        listener.policy = Located(policy.name, at: service.location)
        listener.bareLineFeed = bareLineFeed()
        listener.options = options(policy, isImplicitTLS: wrapper)
        return listener
    }

    /// Postfix's submission: whoever isn't logged in may do nothing.
    private func permitsLoginsAlone(_ policy: PolicyModel) -> Bool {
        guard policy.isAuthenticationEnabled else { return false }
        return [policy.clientRestrictions, policy.relayRestrictions, policy.recipientRestrictions].contains { list in
            let names = list.compactMap { if case .named(let name) = $0 { name.value } else { nil } }
            return names == ["permit_sasl_authenticated", "reject"]
        }
    }

    private func bareLineFeed() -> ListenerModel.BareLineFeed {
        let value = parameters.text("smtpd_forbid_bare_newline", "what a bare line feed leads to").value.lowercased()
        return value == "reject" ? .reject : .normalize
    }

    /// What anvil(8) counts.
    private func clientLimits(_ policy: PolicyModel) -> ClientLimitsModel? {
        func limit(_ name: String, _ note: String) -> Located<Int>? {
            parameters.integer(name, in: 0...Int(Int32.max), note).flatMap {
                $0.value > 0 ? $0.map { min($0, 1_000_000) } : nil
            }
        }
        var limits = ClientLimitsModel()
        limits.connectionRate = limit(
            "smtpd_client_connection_rate_limit", "connections of one client in a time")
        limits.messageRate = limit("smtpd_client_message_rate_limit", "messages of one client in a time")
        limits.recipientRate = limit("smtpd_client_recipient_rate_limit", "recipients of one client in a time")
        // Its default of 50 is the site's own bound here, limits.connections_per_client.
        if parameters.isSet("smtpd_client_connection_count_limit") {
            limits.connections = limit("smtpd_client_connection_count_limit", "connections of one client at a time")
        }
        guard
            limits.connectionRate != nil || limits.messageRate != nil || limits.recipientRate != nil
                || limits.connections != nil
        else { return nil }
        limits.interval = parameters.duration("anvil_rate_time_unit", "the time that clients' rates are counted over")
        limits.exceptions =
            parameters.isSet("smtpd_client_event_limit_exceptions")
            ? TableReader(parameters.reading, effect: .relaying).items(
                parameters.words("smtpd_client_event_limit_exceptions", "clients that are not counted"))
            : policy.networks
        return limits
    }

    private func options(_ policy: PolicyModel, isImplicitTLS: Bool) -> SMTPListenerModel {
        var options = SMTPListenerModel()
        let level = TLSLevelReader(parameters).level("smtpd", allowed: ["none", "may", "encrypt"])
        options.tls = level.flatMap { level in
            SMTPListenerModel.TLSLevel(rawValue: level.value).map { Located($0, at: level.location) }
        }
        if isImplicitTLS { options.tls = Located(.encrypt, at: service.location) }
        let onlyUnderTLS = parameters.boolean("smtpd_tls_auth_only", "logins under TLS only")
        let noPlaintext = parameters.words("smtpd_sasl_security_options", "which mechanisms are offered")
            .contains { $0.value.lowercased() == "noplaintext" }
        if noPlaintext {
            // PLAIN and LOGIN are all there is before TLS, and not offered then.
            parameters.tell("smtpd_sasl_security_options", .used, "passwords are taken under TLS only")
        }
        let none = parameters.words("smtpd_sasl_tls_security_options", "which mechanisms are offered under TLS")
            .contains { $0.value.lowercased() == "noplaintext" }
        if none {
            parameters.tell(
                "smtpd_sasl_tls_security_options", .unsupported(.login),
                "PLAIN and LOGIN are all there is, and would be offered under TLS")
        }
        if policy.isAuthenticationEnabled {
            let authentication: SMTPListenerModel.Authentication =
                onlyUnderTLS.value || noPlaintext || options.tls?.value == .encrypt ? .underTLS : .always
            options.authentication = Located(authentication, at: onlyUnderTLS.location)
            if authentication == .always {
                parameters.tellAlways(
                    "smtpd_tls_auth_only", value: "no", at: service.location, .weak,
                    "\(service.label) takes passwords in clear text; set smtpd_tls_auth_only = yes")
            }
        } else {
            options.authentication = Located(.off, at: parameters.location("smtpd_sasl_auth_enable"))
        }
        // Its restrictions say whether a login is needed, with Postfix's own replies.
        options.requiresAuthentication = Located(false, at: service.location)
        options.offersBrokenAuthentication = parameters.boolean("broken_sasl_auth_clients", "AUTH= for old clients")
        options.requiresHELO = parameters.boolean("smtpd_helo_required", "MAIL needs HELO before it")
        options.answersVRFY = parameters.boolean("disable_vrfy_command", "whether VRFY is answered").map { !$0 }
        options.recipientLimit = parameters.integer(
            "smtpd_recipient_limit", in: 1...1_000_000, "recipients of one message")?
            .map { min($0, 100_000) }
        options.errorLimit = parameters.integer(
            "smtpd_hard_error_limit", in: 1...1_000_000, "errors before the client is hung up on")?
            .map { min($0, 100_000) }
        options.banner = parameters.optional("smtpd_banner", "the greeting")
        options.clientLimits = clientLimits(policy)
        TLSReader(parameters).readCertificate(&options)
        return options
    }
}
