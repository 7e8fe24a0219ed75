package import NIOCore
package import SASL

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What a listener's sessions have in common.
package struct IMAPServerOptions: Sendable {
    /// A certificate is there: STARTTLS is offered on a connection in the clear.
    package var offersStartTLS: Bool
    /// Logging in over a connection in the clear; off but for tests and trusted networks.
    package var allowsPlaintextLogin: Bool
    /// What AUTHENTICATE takes; LOGIN counts as PLAIN.
    package var mechanisms: [SASLMechanism]
    package var greeting: String
    /// What ID answers (RFC 2971).
    package var identification: [(field: String, value: String)]
    /// The biggest message that APPEND takes, in octets.
    package var messageSize: UInt64
    package var loginTimeout: TimeAmount
    /// RFC 3501 §5.4: at least 30 minutes.
    package var idleTimeout: TimeAmount
    /// How long a command may take before the client is told that it is being worked on, and how often it is told.
    package var progressInterval: TimeAmount = .seconds(15)
    /// Malformed or misplaced commands in a row, and failed logins, before the connection is closed.
    package var maximumErrors: Int
    package var limitsBeforeLogin: IMAPLimits
    package var limitsAfterLogin: IMAPLimits
    /// Seconds east of UTC at a moment (seconds since 1970): the zone that INTERNALDATE shows and SEARCH counts days in.
    package var zoneOffset: @Sendable (Int64) -> Int

    package init(
        offersStartTLS: Bool = false, allowsPlaintextLogin: Bool = false,
        mechanisms: [SASLMechanism] = [.plain, .login], greeting: String = "Postroom ready.",
        identification: [(field: String, value: String)] = [("name", "Postroom")], messageSize: UInt64 = 100 << 20,
        loginTimeout: TimeAmount = .minutes(3), idleTimeout: TimeAmount = .minutes(30), maximumErrors: Int = 10,
        limitsBeforeLogin: IMAPLimits = .beforeLogin, limitsAfterLogin: IMAPLimits = .afterLogin,
        zoneOffset: @escaping @Sendable (Int64) -> Int = IMAPServerOptions.localZoneOffset
    ) {
        self.offersStartTLS = offersStartTLS
        self.allowsPlaintextLogin = allowsPlaintextLogin
        self.mechanisms = mechanisms
        self.greeting = greeting
        self.identification = identification
        self.messageSize = messageSize
        self.loginTimeout = loginTimeout
        self.idleTimeout = idleTimeout
        self.maximumErrors = maximumErrors
        self.limitsBeforeLogin = limitsBeforeLogin
        self.limitsAfterLogin = limitsAfterLogin
        self.zoneOffset = zoneOffset
    }

    /// The machine's own zone.
    package static let localZoneOffset: @Sendable (Int64) -> Int = { seconds in
        var time = time_t(seconds)
        var local = tm()
        return localtime_r(&time, &local) == nil ? 0 : local.tm_gmtoff
    }
}
