/// A mechanism by its name on the wire (RFC 4422 §3.1).
package enum SASLMechanism: String, CaseIterable, Hashable, Sendable, CustomStringConvertible {
    /// RFC 4616.
    case plain = "PLAIN"
    /// draft-murchison-sasl-login: obsolete, and still the only one that some clients know.
    case login = "LOGIN"

    /// Mechanism names are matched without regard to case, as every server does.
    package init?(name: some Collection<UInt8>) {
        let folded = name.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }
        guard let mechanism = Self.allCases.first(where: { $0.rawValue.utf8.elementsEqual(folded) }) else { return nil }
        self = mechanism
    }

    package init?(name: String) {
        self.init(name: Array(name.utf8))
    }

    package var description: String { rawValue }

    /// A fresh exchange for one AUTH or AUTHENTICATE command.
    package func serverExchange() -> any ServerExchange {
        switch self {
        case .plain: PlainServerExchange()
        case .login: LoginServerExchange()
        }
    }

    package func clientExchange(_ credentials: SASLPlainCredentials) -> any ClientExchange {
        switch self {
        case .plain: PlainClientExchange(credentials)
        case .login: LoginClientExchange(credentials)
        }
    }
}
