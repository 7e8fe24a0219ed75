package import MailModel
package import NIOCore
package import Net

/// What a POP3 session waits for.
package enum POP3Wait: Sendable {
    case logIn(login: [UInt8], authorizationIdentity: [UInt8]?, password: Secret, ConnectionFacts)
    case apop(login: [UInt8], timestamp: [UInt8], digest: [UInt8], ConnectionFacts)
    case content(any POP3Maildrop, POP3Message, headerOnly: Bool)
    case update(any POP3Maildrop, deleted: [POP3Message], retrieved: [POP3Message])
    /// Nothing but that the channel takes more output.
    case drain
}

package enum POP3Answer: Sendable {
    case done
    case failed(MailboxFailure)
    case loggedIn(POP3LoginOutcome)
    /// Nil when somebody else removed the message.
    case content(ByteBuffer?)
}

/// A maildrop is what it was at the login: no news reach a session.
package enum POP3Event: Hashable, Sendable {}
