/// What clients of a listener may do, in Postfix's words (`smtpd_…`). Listeners name one; without it they have the native
/// policy of their kind.
package struct PolicyModel: Sendable {
    package var name: String
    /// mynetworks.
    package var networks: [MatchItemModel] = []
    /// smtpd_sasl_auth_enable: without it the tests of sender and login do nothing.
    package var isAuthenticationEnabled = false
    /// smtpd_delay_reject.
    package var delaysReject = true
    /// smtpd_relay_before_recipient_restrictions.
    package var relayBeforeRecipient = true
    package var clientRestrictions: [RestrictionModel] = []
    package var heloRestrictions: [RestrictionModel] = []
    package var senderRestrictions: [RestrictionModel] = []
    package var relayRestrictions: [RestrictionModel] = []
    package var recipientRestrictions: [RestrictionModel] = []
    package var dataRestrictions: [RestrictionModel] = []
    package var endOfDataRestrictions: [RestrictionModel] = []
    /// smtpd_restriction_classes: lists that access tables and policy services name in their answers.
    package var restrictionClasses: [RestrictionClassModel] = []
    /// smtpd_sender_login_maps of this listener; the site's `senders` when nil.
    package var senderLogins: [TableModel]?
    /// local_header_rewrite_clients: `permit_inet_interfaces`, `permit_mynetworks`, `permit_sasl_authenticated`, tables of
    /// addresses; nil for permit_inet_interfaces.
    package var headerRewriteClients: [MatchItemModel]?
    /// smtpd_reject_unlisted_recipient.
    package var rejectsUnlistedRecipient = true
    /// unknown_address_reject_code, unknown_client_reject_code, unknown_hostname_reject_code, maps_rbl_reject_code.
    package var unknownAddressCode: Located<Int>?
    package var unknownClientCode: Located<Int>?
    package var unknownHostnameCode: Located<Int>?
    package var listedCode: Located<Int>?
    /// unknown_address_tempfail_action, unknown_helo_hostname_tempfail_action.
    package var unknownAddressFailure: Located<TemporaryFailure>?
    package var unknownHostnameFailure: Located<TemporaryFailure>?
    /// smtpd_reject_unlisted_sender.
    package var rejectsUnlistedSender = false

    package enum TemporaryFailure: String, CaseIterable, Sendable {
        case deferIfPermit = "defer_if_permit"
        case `defer`
    }

    /// Of refusals; a code that Postfix takes for others too.
    package static let rejectCodes = 400...599

    package init(name: String) {
        self.name = name
    }
}

/// A named list of restrictions.
package struct RestrictionClassModel: Sendable {
    package var name: Located<String>
    package var restrictions: [RestrictionModel]

    package init(name: Located<String>, restrictions: [RestrictionModel]) {
        self.name = name
        self.restrictions = restrictions
    }
}

/// One element of a restriction list.
package indirect enum RestrictionModel: Sendable {
    package enum AccessKey: String, CaseIterable, Sendable {
        case client = "check_client_access"
        case helo = "check_helo_access"
        case sender = "check_sender_access"
        case recipient = "check_recipient_access"
        case reverseClient = "check_reverse_client_hostname_access"
        case clientAddresses = "check_client_a_access"
        case clientMailExchangers = "check_client_mx_access"
        case clientNameServers = "check_client_ns_access"
        case reverseClientAddresses = "check_reverse_client_hostname_a_access"
        case reverseClientMailExchangers = "check_reverse_client_hostname_mx_access"
        case reverseClientNameServers = "check_reverse_client_hostname_ns_access"
        case heloAddresses = "check_helo_a_access"
        case heloMailExchangers = "check_helo_mx_access"
        case heloNameServers = "check_helo_ns_access"
        case senderAddresses = "check_sender_a_access"
        case senderMailExchangers = "check_sender_mx_access"
        case senderNameServers = "check_sender_ns_access"
        case recipientAddresses = "check_recipient_a_access"
        case recipientMailExchangers = "check_recipient_mx_access"
        case recipientNameServers = "check_recipient_ns_access"
    }

    /// `reject_unauth_destination`, with what stands behind it: `reject_rbl_client zen.example.org`.
    case named(Located<String>)
    case access(Located<AccessKey>, TableModel)
    /// `warn_if_reject`.
    case warning(RestrictionModel, at: Located<String>)
    /// `check_policy_service`: its address.
    case policyService(Located<String>)
}
