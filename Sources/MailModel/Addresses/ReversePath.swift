/// The argument of MAIL FROM: an address, or `<>` for mail that must never be answered (RFC 5321 §4.5.5).
package enum ReversePath: Hashable, Sendable, CustomStringConvertible {
    case null
    case address(EmailAddress)

    package var address: EmailAddress? {
        switch self {
        case .null: nil
        case .address(let address): address
        }
    }

    /// Without the angle brackets; empty for `<>`.
    package var description: String {
        switch self {
        case .null: ""
        case .address(let address): address.description
        }
    }
}
