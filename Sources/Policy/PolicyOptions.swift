package import Directory
package import LookupTables
package import MailModel

/// What the clients of one listener may do, in Postfix's words (`smtpd_…`).
package struct PolicyOptions: Sendable {
    /// The purposes a native listener can have.
    package enum Listener: Hashable, Sendable, CaseIterable {
        /// Port 25: mail from everybody for our domains.
        case mx
        /// Ports 587 and 465: mail from our users for everybody.
        case submission
        /// A local filter or list server hands mail over.
        case lmtp
        /// Programs of this machine, over a Unix socket whose permissions say who may.
        case local
    }

    package enum UnknownRecipients: Hashable, Sendable {
        /// All are refused.
        case none
        /// Those that an alias or a table of recipients knows: Postfix looks no further.
        case listed
        /// `smtpd_reject_unlisted_recipient = no`.
        case all
    }

    /// `mynetworks`. Natively nobody is trusted for an address.
    package var myNetworks = NetworkList()
    /// `smtpd_sasl_auth_enable`: without it the tests of sender and login do nothing, as in Postfix.
    package var isAuthenticationEnabled: Bool
    /// `smtpd_delay_reject`: client, HELO and sender lists run at RCPT, so that the log names the recipient.
    package var delaysReject = true
    /// `smtpd_relay_before_recipient_restrictions`.
    package var relayBeforeRecipient = true

    package var clientRestrictions = RestrictionList()
    package var heloRestrictions = RestrictionList()
    package var senderRestrictions = RestrictionList()
    package var relayRestrictions = RestrictionList()
    package var recipientRestrictions = RestrictionList()
    package var dataRestrictions = RestrictionList()
    package var endOfDataRestrictions = RestrictionList()
    /// `smtpd_restriction_classes`: lists that access tables and policy services name.
    package var restrictionClasses: [String: RestrictionList] = [:]
    /// The transports that FILTER may name: those that take mail to other hosts.
    package var filterTransports: [String: RemoteDestination.Transport] = [
        "smtp": .smtp, "relay": .smtp, "lmtp": .lmtp,
    ]
    /// Which recipients that nobody has are taken all the same, for the sender to be told later.
    package var takenUnknown = UnknownRecipients.none
    /// `smtpd_reject_unlisted_sender`.
    package var rejectsUnlistedSender = false

    /// How restrictions that ask DNS answer.
    package var lookupReplies = LookupReplies()

    /// `smtpd_sender_login_maps`: who owns a sender address.
    package var senderLoginMaps: [any LookupTable] = []
    package var senderLoginMapsLocation: SourceLocation?
    /// A login also owns the addresses whose aliases lead to one of its own, and to nobody else.
    package var aliasesOwnSenders = false
    /// A login also owns the addresses of groups, of several people, that one of its own is in.
    package var groupsOwnSenders = false
    /// Whether `From:` and `Sender:` of whoever has logged in are held to the same rule as the envelope sender.
    package var checksHeaderSenders = false
    /// `local_header_rewrite_clients`: whose messages have their headers mended and rewritten.
    package var headerRewriteClients: [HeaderRewriteClient] = [.saslAuthenticated, .myNetworks]

    private init(isAuthenticationEnabled: Bool) {
        self.isAuthenticationEnabled = isAuthenticationEnabled
    }

    package static func native(_ listener: Listener) -> PolicyOptions {
        var options = PolicyOptions(isAuthenticationEnabled: listener == .submission)
        switch listener {
        case .mx:
            options.relayRestrictions = RestrictionList([.rejectUnauthDestination])
        case .lmtp:
            options.relayRestrictions = RestrictionList([.rejectUnauthDestination])
            // The server in front has done what there was to do.
            options.headerRewriteClients = []
        case .submission:
            options.senderRestrictions = RestrictionList([.rejectSenderLoginMismatch])
            options.relayRestrictions = RestrictionList([.permitSASLAuthenticated, .reject])
        case .local:
            options.relayRestrictions = RestrictionList([.permit])
            options.headerRewriteClients = [.everyone]
        }
        return options
    }

    /// Postfix's own defaults (3.7), for settings that a site left alone.
    package static func postfix(isAuthenticationEnabled: Bool) -> PolicyOptions {
        var options = PolicyOptions(isAuthenticationEnabled: isAuthenticationEnabled)
        options.relayRestrictions = RestrictionList([
            .permitMyNetworks, .permitSASLAuthenticated, .deferUnauthDestination,
        ])
        options.headerRewriteClients = [.inetInterfaces]
        return options
    }

    /// Whether strangers are kept from relaying: a listener without it must not be opened.
    package var guardsRelaying: Bool { relayRestrictions.guardsRelaying || recipientRestrictions.guardsRelaying }
}
