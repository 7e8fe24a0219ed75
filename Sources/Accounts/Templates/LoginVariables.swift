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
        case "orig_user", "auth_user": self = .originalUser
        case "orig_username", "auth_username": self = .originalUsername
        case "orig_domain", "auth_domain": self = .originalDomain
        case "service", "protocol": self = .service
        case "home": self = .home
        case "lip", "local_ip": self = .localAddress
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
        }
    }

    private static func username(_ user: [UInt8]) -> [UInt8] {
        Array(user.prefix { $0 != UInt8(ascii: "@") })
    }

    private static func domain(_ user: [UInt8]) -> [UInt8] {
        Array(user.drop { $0 != UInt8(ascii: "@") }.dropFirst())
    }
}
