package import Directory
package import MailModel

/// What is known of a client that logs in.
package struct LoginRequest: Sendable {
    /// As the client sent it (RFC 4616 authcid), before any rewriting.
    package var login: [UInt8]
    /// RFC 4616 authzid when it differs from the login; nil otherwise.
    package var authorizationIdentity: [UInt8]?
    package var password: Secret
    /// `imap`, `smtp`, `submission`, `pop3`: `%s` in templates.
    package var service: String
    /// The client's IP address; nil for a Unix socket.
    package var remoteAddress: String?
    package var localAddress: String?
    package var isSecured: Bool
    /// The SASL mechanism, upper case.
    package var mechanism: String
    /// The greeting's msg-id when `password` is APOP's digest, and no password (RFC 1939 §7).
    package var apopTimestamp: [UInt8]?
    package var localPort: Int?
    package var remotePort: Int?
    /// The session's name in the log.
    package var session: String
    /// The name that the client asked for by TLS.
    package var localName: String

    package init(
        login: [UInt8], authorizationIdentity: [UInt8]? = nil, password: Secret, service: String,
        remoteAddress: String? = nil, localAddress: String? = nil, isSecured: Bool = false,
        mechanism: String = "PLAIN", localPort: Int? = nil, remotePort: Int? = nil, session: String = "",
        localName: String = ""
    ) {
        self.mechanism = mechanism
        self.localPort = localPort
        self.remotePort = remotePort
        self.session = session
        self.localName = localName
        self.login = login
        self.authorizationIdentity = authorizationIdentity
        self.password = password
        self.service = service
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        self.isSecured = isSecured
    }
}

/// What a login comes to. From outside, all that is `rejected` looks alike and takes as long.
package enum LoginOutcome: Sendable {
    case accepted(Account)
    case rejected(LoginRejection)
    case unavailable(UnavailableReason)
}

/// For the log and `explain` only.
package enum LoginRejection: String, Hashable, Sendable {
    case unknownUser = "unknown user"
    case wrongPassword = "wrong password"
    case inactive = "inactive account"
    case emptyPassword = "empty password"
    case malformedLogin = "malformed login"
    case throttled = "too many attempts"
    /// An authorization identity (RFC 4616) other than the login.
    case notAuthorized = "may not act as another"
    /// The entry names the networks that its user may come from.
    case addressNotAllowed = "not from this address"
}

/// Who may log in and where their mail lives: the one way for every protocol.
package protocol AccountService: Sendable {
    func logIn(_ request: LoginRequest) async -> (outcome: LoginOutcome, steps: [TraceStep])

    /// The account behind a login or an address, with no password (delivery, `explain`, `doveadm user`).
    func account(for login: [UInt8], service: String) async -> Answer<Account>
}
