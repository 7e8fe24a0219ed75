/// The variables that stand for a login: one case per meaning, whatever letter or long name asks for it.
package enum LoginVariable: Hashable, Sendable {
    case user
    /// Before the first `@`.
    case username
    /// Behind the first `@`; empty without one.
    case domain
    /// The domain up to its first `@`, and behind its last: they differ for `a@b@c`.
    case domainFirst
    case domainLast
    /// The login before a password database changed it.
    case originalUser
    case originalUsername
    case originalDomain
    case service
    case home
    case localAddress
    case remoteAddress
    /// `secured` under TLS and on the same machine, else empty.
    case secured
    /// For whom a master logs in, and who the master is; empty when nobody logs in as another.
    case loginUser
    case loginUsername
    case loginDomain
    case masterUser
    /// The master's login, else the login as the client sent it.
    case authenticatedUser
    case authenticatedUsername
    case authenticatedDomain
    case mechanism
    case localPort
    case remotePort
    case session
    /// The name that the client asked for by TLS.
    case localName
    case hostName
    case processID

    /// The one-letter variables of dovecot's auth.
    init?(letter: UInt8) {
        switch letter {
        case UInt8(ascii: "u"): self = .user
        case UInt8(ascii: "n"): self = .username
        case UInt8(ascii: "d"): self = .domain
        case UInt8(ascii: "s"): self = .service
        case UInt8(ascii: "h"): self = .home
        case UInt8(ascii: "l"): self = .localAddress
        case UInt8(ascii: "r"): self = .remoteAddress
        case UInt8(ascii: "c"): self = .secured
        case UInt8(ascii: "a"): self = .localPort
        case UInt8(ascii: "b"): self = .remotePort
        case UInt8(ascii: "m"): self = .mechanism
        case UInt8(ascii: "p"): self = .processID
        default: return nil
        }
    }

    init?(name: String) {
        switch name {
        case "user": self = .user
        case "username": self = .username
        case "domain": self = .domain
        case "domain_first": self = .domainFirst
        case "domain_last": self = .domainLast
        case "orig_user", "original_user": self = .originalUser
        case "orig_username", "original_username": self = .originalUsername
        case "orig_domain", "original_domain": self = .originalDomain
        case "auth_user": self = .authenticatedUser
        case "auth_username": self = .authenticatedUsername
        case "auth_domain": self = .authenticatedDomain
        case "login_user": self = .loginUser
        case "login_username": self = .loginUsername
        case "login_domain": self = .loginDomain
        case "master_user": self = .masterUser
        case "mech", "mechanism": self = .mechanism
        case "lport", "local_port", "real_lport", "real_local_port": self = .localPort
        case "rport", "remote_port", "real_rport", "real_remote_port": self = .remotePort
        case "session": self = .session
        case "local_name": self = .localName
        case "hostname", "system:hostname": self = .hostName
        case "pid", "client_pid", "session_pid": self = .processID
        case "service", "protocol": self = .service
        case "home": self = .home
        case "lip", "local_ip", "real_lip", "real_local_ip": self = .localAddress
        case "rip", "remote_ip", "real_rip", "real_remote_ip": self = .remoteAddress
        case "secured": self = .secured
        default: return nil
        }
    }
}

/// What the variables give for one login.
package struct LoginVariables: Sendable {
    /// The login as it stands now: databases may change it.
    package var user: [UInt8]
    package var originalUser: [UInt8]
    package var service: String
    package var home: [UInt8] = []
    package var localAddress: String?
    package var remoteAddress: String?
    package var isSecured: Bool
    package var mechanism = ""
    /// What APOP's digest was made with; nil where a password is.
    package var apopTimestamp: [UInt8]?
    /// For whom a master logs in, and the master; empty for everybody else.
    package var loginUser: [UInt8] = []
    package var masterUser: [UInt8] = []
    package var localPort: Int?
    package var remotePort: Int?
    package var session = ""
    package var localName = ""
    package var hostName = ""
    /// What `%{env:NAME}` may read: the caller says which of the process's variables.
    package var environment: [String: String] = [:]
    /// What the databases have given so far.
    package var passwordFields = Fields()
    package var userFields = Fields()

    package init(
        user: [UInt8], service: String, localAddress: String? = nil, remoteAddress: String? = nil,
        isSecured: Bool = false
    ) {
        self.user = user
        self.originalUser = user
        self.service = service
        self.localAddress = localAddress
        self.remoteAddress = remoteAddress
        self.isSecured = isSecured
    }

    package subscript(variable: LoginVariable) -> [UInt8] {
        switch variable {
        case .user: user
        case .username: Self.username(user)
        case .domain: Self.domain(user)
        case .domainFirst: Self.username(Self.domain(user))
        case .domainLast:
            user.lastIndex(of: UInt8(ascii: "@")).map { Array(user[($0 + 1)...]) } ?? []
        case .originalUser: originalUser
        case .originalUsername: Self.username(originalUser)
        case .originalDomain: Self.domain(originalUser)
        case .service: Array(service.utf8)
        case .home: home
        case .localAddress: Array((localAddress ?? "").utf8)
        case .remoteAddress: Array((remoteAddress ?? "").utf8)
        case .secured: isSecured ? Array("secured".utf8) : []
        case .loginUser: loginUser
        case .loginUsername: Self.username(loginUser)
        case .loginDomain: Self.domain(loginUser)
        case .masterUser: masterUser
        case .authenticatedUser: authenticatedUser
        case .authenticatedUsername: Self.username(authenticatedUser)
        case .authenticatedDomain: Self.domain(authenticatedUser)
        case .mechanism: Array(mechanism.utf8)
        case .localPort: localPort.map { Array(String($0).utf8) } ?? []
        case .remotePort: remotePort.map { Array(String($0).utf8) } ?? []
        case .session: Array(session.utf8)
        case .localName: Array(localName.utf8)
        case .hostName: Array(hostName.utf8)
        // One process serves all sessions, so nothing that lasts can hang on it.
        case .processID: []
        }
    }

    private var authenticatedUser: [UInt8] { masterUser.isEmpty ? originalUser : masterUser }

    /// The same for the name of a file: no value brings in a directory.
    var inPath: LoginVariables {
        changed { value in value.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 } }
    }

    /// The same for a name in a passwd-file, where `"`, `'` and `\` have a backslash before them.
    var inPasswdFile: LoginVariables { changed { Template.Modifier.escape.apply($0) } }

    private func changed(_ safe: ([UInt8]) -> [UInt8]) -> LoginVariables {
        var variables = self
        variables.user = safe(user)
        variables.originalUser = safe(originalUser)
        variables.loginUser = safe(loginUser)
        variables.masterUser = safe(masterUser)
        return variables
    }

    static func username(_ user: [UInt8]) -> [UInt8] {
        Array(user.prefix { $0 != UInt8(ascii: "@") })
    }

    static func domain(_ user: [UInt8]) -> [UInt8] {
        Array(user.drop { $0 != UInt8(ascii: "@") }.dropFirst())
    }
}
