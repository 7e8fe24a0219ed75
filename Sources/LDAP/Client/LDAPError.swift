/// A failed directory operation. Compare `code`; print the value for everything else.
public struct LDAPError: Error, Hashable, CustomStringConvertible {
    public enum Code: Hashable, Sendable {
        /// The server answered with a code that is no success.
        case result(ResultCode)
        /// The server refused StartTLS or the service's own bind: it says nothing about what was to be asked.
        case refused(ResultCode)
        /// No connection could be made.
        case connectFailed
        /// The connection ended, or was ended because nothing came from it any more.
        case connectionLost
        /// No complete answer within the operation's time.
        case timedOut
        /// The handshake failed: an unknown authority, another name in the certificate, no common version.
        case tlsFailed
        /// The server sent what it must not send.
        case protocolViolation
        /// A bind with an empty password (or an empty name) was refused here: servers take it for an anonymous one and
        /// answer "success" (RFC 4513 §5.1.2).
        case emptyCredentials
        /// More entries or bytes than the caller allowed.
        case tooManyResults
        /// A bind or StartTLS needs the connection for itself.
        case operationInProgress
        /// An option is wrong, or a file it names can't be read.
        case misconfigured
    }

    public var code: Code
    /// `ldap://host:389`; empty when no server was involved.
    public var server: String
    /// What happened and what to do. Never holds a credential.
    public var text: String
    public var matchedName: String
    public var referrals: [String]
    /// Whether the request never left, so that doing it again can't do it twice.
    var isUnsent: Bool

    public init(
        _ code: Code, server: String, text: String, matchedName: String = "", referrals: [String] = []
    ) {
        self.code = code
        self.server = server
        self.text = text
        self.matchedName = matchedName
        self.referrals = referrals
        isUnsent = false
    }

    init(_ result: LDAPResult, server: String, doing action: String) {
        self.init(
            .result(result.code), server: server,
            text: "\(action): \(result.code)"
                + (result.diagnosticMessage.isEmpty ? "" : ", \(result.diagnosticMessage)"),
            matchedName: result.matchedName, referrals: result.referrals)
    }

    func unsent() -> LDAPError {
        var error = self
        error.isUnsent = true
        return error
    }

    /// Whether the same may succeed later, or at another server. An answer about the data (no such object, refused
    /// credentials, bad syntax) is not.
    public var isTransient: Bool {
        switch code {
        case .connectFailed, .connectionLost, .timedOut, .tlsFailed, .protocolViolation, .operationInProgress: true
        case .emptyCredentials, .tooManyResults, .misconfigured: false
        case .result(let code), .refused(let code): code.isTransient
        }
    }

    public var description: String { server.isEmpty ? text : "\(server): \(text)" }
}

extension ResultCode {
    /// Whether the code speaks of the server's state or of limits, not of the data.
    public var isTransient: Bool {
        switch self {
        case .operationsError, .timeLimitExceeded, .adminLimitExceeded, .busy, .unavailable, .other: true
        default: false
        }
    }
}

extension ResultCode: CustomStringConvertible {
    /// Name and number as RFC 4511 has them: `invalidCredentials (49)`.
    public var description: String { Self.names[rawValue].map { "\($0) (\(rawValue))" } ?? "result code \(rawValue)" }

    private static let names: [Int: String] = [
        0: "success", 1: "operationsError", 2: "protocolError", 3: "timeLimitExceeded", 4: "sizeLimitExceeded",
        5: "compareFalse", 6: "compareTrue", 7: "authMethodNotSupported", 8: "strongerAuthRequired", 10: "referral",
        11: "adminLimitExceeded", 12: "unavailableCriticalExtension", 13: "confidentialityRequired",
        14: "saslBindInProgress", 16: "noSuchAttribute", 17: "undefinedAttributeType", 18: "inappropriateMatching",
        19: "constraintViolation", 20: "attributeOrValueExists", 21: "invalidAttributeSyntax", 32: "noSuchObject",
        33: "aliasProblem", 34: "invalidDNSyntax", 36: "aliasDereferencingProblem",
        48: "inappropriateAuthentication", 49: "invalidCredentials", 50: "insufficientAccessRights", 51: "busy",
        52: "unavailable", 53: "unwillingToPerform", 54: "loopDetect", 64: "namingViolation",
        65: "objectClassViolation", 66: "notAllowedOnNonLeaf", 67: "notAllowedOnRDN", 68: "entryAlreadyExists",
        69: "objectClassModsProhibited", 71: "affectsMultipleDSAs", 80: "other",
    ]
}
