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
    /// smtpd_reject_unlisted_sender.
    package var rejectsUnlistedSender = false

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
    }

    /// `reject_unauth_destination`, with what stands behind it: `reject_rbl_client zen.example.org`.
    case named(Located<String>)
    case access(Located<AccessKey>, TableModel)
    /// `warn_if_reject`.
    case warning(RestrictionModel, at: Located<String>)
    /// `check_policy_service`: its address.
    case policyService(Located<String>)
}
