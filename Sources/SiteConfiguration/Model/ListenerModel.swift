/// An address that is listened on, and what is spoken there.
package struct ListenerModel: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// Mail from other servers, port 25: nobody logs in.
        case smtp
        /// Mail from our users, port 587: STARTTLS, then a login.
        case submission
        /// The same with TLS from the first byte, port 465.
        case submissions
        /// Port 143 with STARTTLS.
        case imap
        /// Port 993, TLS from the first byte.
        case imaps
        /// Port 110 with STLS.
        case pop3
        /// Port 995, TLS from the first byte.
        case pop3s
        /// Mail from a mail server in front of this one (RFC 2033), on port 24 or a Unix socket: `host` is its path then.
        case lmtp
        /// Programs of this machine, over a Unix socket: `host` is its path. Never configured as a listener, but by
        /// `LocalSubmissionModel`.
        case local

        /// Those that a site configures.
        package static let allCases: [Kind] = byDefault + [.pop3, .pop3s, .lmtp]
        /// Those that a site has which names none.
        package static let byDefault: [Kind] = [.smtp, .submission, .submissions, .imap, .imaps]

        package var defaultPort: Int {
            switch self {
            case .smtp: 25
            case .submission: 587
            case .submissions: 465
            case .imap: 143
            case .imaps: 993
            case .pop3: 110
            case .pop3s: 995
            case .lmtp: 24
            case .local: 0
            }
        }

        /// LMTP has no passwords: nothing but this machine reaches it unless an address is given.
        package var defaultHost: String { self == .lmtp ? "127.0.0.1" : "*" }
        package var isImplicitTLS: Bool { self == .submissions || self == .imaps || self == .pop3s }
        package var isPOP3: Bool { self == .pop3 || self == .pop3s }
        /// Whether users read their mail there.
        package var servesMailboxes: Bool { self == .imap || self == .imaps || isPOP3 }
        /// Whether mail comes there from servers and users of the network.
        package var isRemoteSMTP: Bool { !servesMailboxes && self != .local && self != .lmtp }
    }

    package enum BareLineFeed: String, CaseIterable, Sendable {
        case reject
        case normalize
    }

    package var kind: Kind
    /// An IP address; `*` for all of them.
    package var host: Located<String>
    /// 0 takes a free one.
    package var port: Int
    /// What a bare CR or LF leads to.
    package var bareLineFeed: BareLineFeed
    /// Clients whose address lies here may relay without a login; natively none.
    package var trustedNetworks: [Located<String>]
    /// The name of a policy of the site; the native one of the kind when nil.
    package var policy: Located<String>?
    package var options = SMTPListenerModel()
    package var mailboxes = MailboxListenerModel()
    package var lmtp = LMTPListenerModel()
    /// Certificate, versions and suites of this listener alone; the site's when nil.
    package var serverTLS: ServerTLSModel?

    package init(
        kind: Kind, host: Located<String>, port: Int, bareLineFeed: BareLineFeed? = nil,
        trustedNetworks: [Located<String>] = []
    ) {
        self.kind = kind
        self.host = host
        self.port = port
        self.bareLineFeed = bareLineFeed ?? (kind == .smtp ? .reject : .normalize)
        self.trustedNetworks = trustedNetworks
    }

    /// For the log: `smtp 127.0.0.1:2525`.
    package var name: String {
        isUnixSocket ? "\(kind.rawValue) \(host.value)" : "\(kind.rawValue) \(host.value):\(port)"
    }
}

/// How an SMTP listener speaks, where it differs from the native way of its kind.
package struct SMTPListenerModel: Sendable {
    package enum TLSLevel: String, CaseIterable, Sendable {
        case none, may, encrypt
    }

    package enum Authentication: String, CaseIterable, Sendable {
        case off
        /// Offered and taken under TLS only (smtpd_tls_auth_only).
        case underTLS = "under-tls"
        case always
    }

    /// smtpd_tls_security_level.
    package var tls: Located<TLSLevel>?
    package var authentication: Located<Authentication>?
    /// Whether MAIL needs a login before it.
    package var requiresAuthentication: Located<Bool>?
    /// broken_sasl_auth_clients.
    package var offersBrokenAuthentication: Located<Bool>?
    /// smtpd_helo_required.
    package var requiresHELO: Located<Bool>?
    /// disable_vrfy_command is no.
    package var answersVRFY: Located<Bool>?
    /// smtpd_recipient_limit.
    package var recipientLimit: Located<Int>?
    /// smtpd_hard_error_limit.
    package var errorLimit: Located<Int>?
    /// `Received:` of messages from clients that have logged in doesn't tell their name and address.
    package var hidesClient: Located<Bool>?
    package var clientLimits: ClientLimitsModel?
    /// smtpd_banner: what follows the code.
    package var banner: Located<String>?
    /// Certificate and key of this listener, where they are not the site's (smtpd_tls_cert_file beside Dovecot's
    /// ssl_cert).
    package var certificate: Located<String>?
    package var key: Located<String>?

    package init() {}
}

/// What one client may do in a time (smtpd_client_…_limit); nil and 0 are no bound.
package struct ClientLimitsModel: Sendable {
    /// At a time (smtpd_client_connection_count_limit).
    package var connections: Located<Int>?
    /// The others are per `interval`.
    package var connectionRate: Located<Int>?
    package var messageRate: Located<Int>?
    package var recipientRate: Located<Int>?
    /// anvil_rate_time_unit; a minute when nil.
    package var interval: Located<Duration>?
    /// smtpd_client_event_limit_exceptions: clients that nothing of this holds for.
    package var exceptions: [MatchItemModel] = []

    package init() {}
}

extension ListenerModel {
    /// Whether `host` is the path of a Unix socket.
    package var isUnixSocket: Bool { kind == .local || kind == .lmtp && host.value.hasPrefix("/") }
}

/// How an IMAP or POP3 listener speaks, where it differs from the native way.
package struct MailboxListenerModel: Sendable {
    /// ssl: `none` offers no STARTTLS or STLS, `encrypt` wants it before a login.
    package var tls: Located<SMTPListenerModel.TLSLevel>?
    /// disable_plaintext_auth: `under-tls` natively, `always` takes passwords without TLS.
    package var authentication: Located<SMTPListenerModel.Authentication>?
    /// login_greeting: what follows `* OK [CAPABILITY …]` or `+OK`.
    package var greeting: Located<String>?

    package init() {}
}
