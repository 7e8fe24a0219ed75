package import NIOCore
package import SASL

/// What a listener's sessions have in common.
package struct POP3ServerOptions: Sendable {
    /// A certificate is there: STLS is offered on a connection in the clear.
    package var offersStartTLS: Bool
    /// Passwords over a connection in the clear; off but for tests and trusted networks.
    package var allowsPlaintextLogin: Bool
    /// What AUTH takes; USER and PASS count as PLAIN.
    package var mechanisms: [SASLMechanism]
    package var greeting: String
    /// Seconds between two logins that a client should leave (RFC 2449 §6.5); told, not enforced. Nil says nothing.
    package var loginDelay: Int?
    package var workarounds: MessageReply.Workarounds
    package var loginTimeout: TimeAmount
    /// RFC 1939 §3: at least 10 minutes.
    package var idleTimeout: TimeAmount
    /// Refused commands in a row, and failed logins, before the connection is closed.
    package var maximumErrors: Int
    package var limits: POP3Limits

    package init(
        offersStartTLS: Bool = false, allowsPlaintextLogin: Bool = false,
        mechanisms: [SASLMechanism] = [.plain, .login], greeting: String = "Postroom ready.", loginDelay: Int? = nil,
        workarounds: MessageReply.Workarounds = [], loginTimeout: TimeAmount = .minutes(3),
        idleTimeout: TimeAmount = .minutes(10), maximumErrors: Int = 10, limits: POP3Limits = POP3Limits()
    ) {
        self.offersStartTLS = offersStartTLS
        self.allowsPlaintextLogin = allowsPlaintextLogin
        self.mechanisms = mechanisms
        self.greeting = greeting
        self.loginDelay = loginDelay
        self.workarounds = workarounds
        self.loginTimeout = loginTimeout
        self.idleTimeout = idleTimeout
        self.maximumErrors = maximumErrors
        self.limits = limits
    }
}
