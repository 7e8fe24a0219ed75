/// What checking a password by binding gives.
public enum LDAPPasswordVerdict: Hashable, Sendable {
    case accepted
    /// The directory said no, or the password or the name is empty.
    case rejected
    /// Nobody said yes or no.
    case unavailable(LDAPError)

    init(_ error: LDAPError) {
        switch error.code {
        case .emptyCredentials: self = .rejected
        case .result(let code) where Self.refusals.contains(code): self = .rejected
        default: self = .unavailable(error)
        }
    }

    /// Results of a bind that speak of the name or the password: a wrong password, no such entry, no name at all, an entry
    /// without a password, an account that the server won't let in.
    static let refusals: Set<ResultCode> = [
        .invalidCredentials, .noSuchObject, .invalidDNSyntax, .inappropriateAuthentication, .unwillingToPerform,
    ]
}
