/// The server's half of one authentication exchange. A pure value: the protocol around it carries the octets (and their
/// base 64), and somebody else checks what comes out.
package protocol ServerExchange: Sendable {
    /// Takes the client's next response, decoded.
    ///
    /// The first call passes the initial response, or nil when the client sent none; an initial response that is present but
    /// empty (`=` in RFC 4954 §4 and RFC 4959 §3) is `[]`. After `credentials` or `malformed` the exchange is over, and every further call is `malformed`.
    mutating func step(_ response: [UInt8]?) -> SASLServerStep
}

package enum SASLServerStep: Hashable, Sendable {
    /// Send this to the client and pass its response to the next step.
    case challenge([UInt8])
    /// The client has said who it is; whether it is true is for the accounts to say.
    case credentials(SASLPlainCredentials)
    /// The exchange has failed. The text says why in a few words and holds nothing that the client sent.
    case malformed(String)
}

/// What a client may send, in octets. A user name has the length of the longest mail address, a password is bounded so
/// that hashing it can't be made a burden.
package enum SASLLimits {
    package static let login = 320
    package static let password = 1024
    /// The longest response that any mechanism takes: PLAIN's three fields and two NULs.
    package static let response = 2 * login + password + 2
}
