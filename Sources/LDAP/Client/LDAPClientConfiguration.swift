/// Which servers a client asks, as whom, and for how long.
public struct LDAPClientConfiguration: Hashable, Sendable {
    public enum Identity: Hashable, Sendable {
        case anonymous
        case simple(name: String, password: LDAPPassword)
        /// The TLS client certificate, or the process at this end of a Unix socket.
        case external
    }

    /// In order of preference: a later one is asked only while those before it fail.
    public var servers: [LDAPURL]
    public var identity: Identity
    public var tls: LDAPTLSOptions
    /// Whether `ldap` servers are spoken to under StartTLS only. There is no way back to clear text.
    public var startTLS: Bool
    /// For a connection, for the TLS handshake and for the bind that follows, each.
    public var connectTimeout: Duration
    public var operationTimeout: Duration
    /// A connection on which nothing came for so long is asked for the rootDSE.
    public var idleCheckInterval: Duration
    /// From 1 to 4 connections, over which operations are spread.
    public var connections: Int
    /// Connections on which passwords are checked, one at a time each.
    public var passwordConnections: Int
    public var searchLimits: LDAPSearchLimits
    public var maximumMessageLength: Int
    public var referrals: LDAPReferralOptions

    public init(
        servers: [LDAPURL], identity: Identity = .anonymous, tls: LDAPTLSOptions = LDAPTLSOptions(),
        startTLS: Bool = false, connectTimeout: Duration = .seconds(5), operationTimeout: Duration = .seconds(10),
        idleCheckInterval: Duration = .seconds(60), connections: Int = 1, passwordConnections: Int = 8,
        searchLimits: LDAPSearchLimits = LDAPSearchLimits(),
        maximumMessageLength: Int = LDAPMessage.defaultMaximumLength, referrals: LDAPReferralOptions = .off
    ) {
        self.servers = servers
        self.identity = identity
        self.tls = tls
        self.startTLS = startTLS
        self.connectTimeout = connectTimeout
        self.operationTimeout = operationTimeout
        self.idleCheckInterval = idleCheckInterval
        self.connections = connections
        self.passwordConnections = passwordConnections
        self.searchLimits = searchLimits
        self.maximumMessageLength = maximumMessageLength
        self.referrals = referrals
    }
}
