/// The three outcomes of asking for something. No code may turn `unavailable` into `absent`: an answer that could not be
/// had is never a "no".
package enum Outcome<Value: Sendable>: Sendable {
    case found(Value)
    case absent
    case unavailable(UnavailableReason)

    package func map<Other: Sendable>(_ transform: (Value) -> Other) -> Outcome<Other> {
        switch self {
        case .found(let value): .found(transform(value))
        case .absent: .absent
        case .unavailable(let reason): .unavailable(reason)
        }
    }
}

extension Outcome: Equatable where Value: Equatable {}

/// Why no answer could be had: for logs and `explain`, never for a mail client.
package struct UnavailableReason: Hashable, Sendable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable {
        /// No server answers, or none in time.
        case unreachable
        /// A server answered, but not completely: a size or time limit, a referral, busy.
        case incomplete
        /// The setting itself is at fault: a missing fixed base, a refused service bind, a bad filter, a limit of the table.
        case misconfigured
    }

    package var kind: Kind
    /// What failed and where, with what to do: `ldap://10.0.0.1:389: bind as cn=reader refused (49): check bind_pw`.
    package var text: String

    package init(_ kind: Kind, _ text: String) {
        self.kind = kind
        self.text = text
    }

    package var description: String { text }
}

/// What checking a password gives. `rejected` only when somebody who knows said no.
package enum PasswordVerdict: Hashable, Sendable {
    case accepted
    case rejected
    case unavailable(UnavailableReason)
}
