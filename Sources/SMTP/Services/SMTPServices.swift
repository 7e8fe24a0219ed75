package import MailModel
package import NIOCore
package import Net

/// What an SMTP or LMTP session asks of the house; one value per connection. The server joins it to policy, routing,
/// accounts and delivery. No function throws: whatever fails has its reply.
package protocol SMTPServices: Sendable {
    /// AUTH. The engine has refused an empty password and anything malformed already.
    func authenticate(_ credentials: SMTPCredentials, _ session: SMTPSessionFacts) async -> SMTPAuthenticationOutcome

    /// MAIL FROM. Nil accepts.
    func sender(_ sender: EnvelopeSender, _ session: SMTPSessionFacts) async -> SMTPReply?

    /// RCPT TO: the reply, and whether the recipient is taken. What it resolved to stays with the services until the
    /// transaction ends.
    func recipient(
        _ recipient: EnvelopeRecipient, of sender: EnvelopeSender, _ session: SMTPSessionFacts
    ) async -> SMTPReply

    /// DATA, or the first BDAT, with the recipients that were taken; asked where the options say so. Nil goes on.
    func data(_ session: SMTPSessionFacts) async -> SMTPReply?

    /// A whole message of at most `SMTPLimits.gatheredMessageSize` bytes: the reply that ends the transaction (for
    /// LMTP one per accepted recipient, in their order). The body has CRLF line ends and no trailing dot; trace headers
    /// are not in it yet.
    func deliver(_ body: ByteBuffer, _ session: SMTPSessionFacts) async -> [SMTPReply]

    /// A larger message, piece by piece. A reply here refuses the rest: it is read and dropped, and sent at the end.
    func append(_ chunk: ByteBuffer, _ session: SMTPSessionFacts) async -> SMTPReply?

    /// The end of a message given by `append`.
    func finish(_ session: SMTPSessionFacts) async -> [SMTPReply]

    /// RSET, a new EHLO, a lost connection, STARTTLS: forget the transaction and whatever was written for it.
    func abort(_ session: SMTPSessionFacts) async
}

extension SMTPServices {
    package func data(_ session: SMTPSessionFacts) async -> SMTPReply? { nil }
}

package struct SMTPCredentials: Sendable {
    package var login: [UInt8]
    package var authorizationIdentity: [UInt8]?
    package var password: Secret

    package init(login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret) {
        self.login = login
        self.authorizationIdentity = authorizationIdentity
        self.password = password
    }
}

package enum SMTPAuthenticationOutcome: Hashable, Sendable {
    /// The login as the databases rewrote it.
    case accepted(login: String)
    case rejected
    /// The directory did not answer: `454 4.7.0`.
    case unavailable
}

/// What the session knows, for policy, trace headers and the log.
package struct SMTPSessionFacts: Hashable, Sendable {
    package var connection: ConnectionFacts
    /// The EHLO, HELO or LHLO argument; nil before one.
    package var helo: String?
    package var isExtended: Bool
    package var isLMTP: Bool
    package var login: String?
    /// Input stood behind a command whose reply the client had to wait for: before EHLO, or behind EHLO, DATA, NOOP or
    /// VRFY (RFC 2920 §3.1).
    package var pipelinesImproperly = false

    package init(
        connection: ConnectionFacts, helo: String? = nil, isExtended: Bool = false, isLMTP: Bool = false,
        login: String? = nil
    ) {
        self.connection = connection
        self.helo = helo
        self.isExtended = isExtended
        self.isLMTP = isLMTP
        self.login = login
    }
}
