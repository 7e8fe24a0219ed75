package import LDAP

extension UnavailableReason {
    /// What a failed operation means to the one who asked, with what an operator can do about it.
    package init(_ error: LDAPError) {
        let (kind, advice) = Self.meaning(of: error.code)
        self.init(kind, advice.map { "\(error): \($0)" } ?? error.description)
    }

    private static func meaning(of code: LDAPError.Code) -> (Kind, advice: String?) {
        switch code {
        case .connectFailed, .connectionLost, .timedOut: (.unreachable, nil)
        case .tlsFailed: (.misconfigured, "check the CA file and the server's name in its certificate")
        case .protocolViolation, .operationInProgress: (.incomplete, nil)
        case .tooManyResults: (.incomplete, "narrow the filter")
        case .emptyCredentials: (.misconfigured, "give the bind name and its password")
        case .misconfigured: (.misconfigured, nil)
        case .result(let code), .refused(let code): meaning(of: code)
        }
    }

    private static func meaning(of code: ResultCode) -> (Kind, advice: String?) {
        switch code {
        case .busy, .unavailable: (.unreachable, nil)
        case .timeLimitExceeded: (.incomplete, "index the attributes that the filter asks for")
        case .sizeLimitExceeded, .adminLimitExceeded:
            (.incomplete, "narrow the filter, or raise the server's limit for this bind name")
        case .referral: (.incomplete, "the base is kept by another server: ask that one")
        case .invalidCredentials, .inappropriateAuthentication, .noSuchObject:
            (.misconfigured, "check the bind name and its password")
        case .insufficientAccessRights: (.misconfigured, "give the bind name the right to read this")
        case .strongerAuthRequired, .confidentialityRequired: (.misconfigured, "use ldaps or StartTLS")
        case .invalidDNSyntax: (.misconfigured, "correct the DN")
        case .protocolError, .inappropriateMatching, .undefinedAttributeType, .invalidAttributeSyntax:
            (.misconfigured, nil)
        case .unwillingToPerform: (.misconfigured, nil)
        default: (.incomplete, nil)
        }
    }
}
