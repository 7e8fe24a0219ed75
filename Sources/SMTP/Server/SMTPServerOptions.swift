package import MailModel
package import NIOCore
package import Net
package import SASL

/// What makes one SMTP or LMTP service differ from another: port 25, submission, a local socket.
package struct SMTPServerOptions: Sendable {
    package enum DialogueProtocol: Hashable, Sendable {
        case smtp
        /// RFC 2033: LHLO, and one reply for each recipient.
        case lmtp
    }

    /// STARTTLS. On a connection that has TLS already it is neither offered nor needed.
    package enum TLSOffer: Hashable, Sendable {
        case none
        case offered
        /// Nothing but EHLO, NOOP, STARTTLS and QUIT is served in clear.
        case required
    }

    package enum Authentication: Hashable, Sendable {
        case off
        /// Offered and accepted only where nobody can listen.
        case underTLS
        case always
    }

    /// What a line end that is not CRLF means, in commands and in messages.
    package enum BareLineEnds: Hashable, Sendable {
        /// `521 5.5.2` and close.
        case reject
        /// In messages it becomes CRLF; it never ends one. In commands LF is a line end.
        case normalize
    }

    /// In the greeting, in EHLO's reply and in errors.
    package var hostname: String
    /// What follows the host name in the greeting.
    package var banner: String
    package var dialogue: DialogueProtocol
    package var extensions: SMTPExtensions
    package var tls: TLSOffer
    package var authentication: Authentication
    package var mechanisms: [SASLMechanism]
    /// MAIL needs a login before (RFC 6409 §4.3).
    package var requiresAuthentication: Bool
    /// MAIL needs EHLO or HELO before; Postfix does not insist by default.
    package var requiresHello: Bool
    /// VRFY answers 252 instead of 502; it never tells who exists.
    package var answersVRFY: Bool
    package var bareLineEnds: BareLineEnds
    /// Completes `<postmaster>`.
    package var origin: Domain?
    /// Whether `origin` completes every bare name, as Postfix does.
    package var completesBareNames: Bool
    /// The second AUTH line of EHLO's reply, `AUTH=`, for clients of before RFC 2554.
    package var offersBrokenAUTHLine: Bool
    /// Whether the services are asked at DATA too.
    package var asksAtData: Bool
    package var limits: SMTPLimits

    package init(
        hostname: String, banner: String? = nil, dialogue: DialogueProtocol = .smtp, extensions: SMTPExtensions = .all,
        tls: TLSOffer = .none, authentication: Authentication = .off,
        mechanisms: [SASLMechanism] = [.plain, .login], requiresAuthentication: Bool = false,
        requiresHello: Bool = true, answersVRFY: Bool = false, bareLineEnds: BareLineEnds = .reject,
        origin: Domain? = nil, completesBareNames: Bool = false, offersBrokenAUTHLine: Bool = false,
        asksAtData: Bool = false, limits: SMTPLimits = SMTPLimits()
    ) {
        self.hostname = hostname
        self.banner = banner ?? (dialogue == .lmtp ? "LMTP Postroom" : "ESMTP Postroom")
        self.dialogue = dialogue
        self.extensions = extensions
        self.tls = tls
        self.authentication = authentication
        self.mechanisms = mechanisms
        self.requiresAuthentication = requiresAuthentication
        self.requiresHello = requiresHello
        self.answersVRFY = answersVRFY
        self.bareLineEnds = bareLineEnds
        self.origin = origin ?? Domain(hostname)
        self.completesBareNames = completesBareNames
        self.offersBrokenAUTHLine = offersBrokenAUTHLine
        self.asksAtData = asksAtData
        self.limits = limits
    }

    /// What a listener tells a client that may not come in.
    package func refusal(_ reason: ConnectionRefusal) -> String {
        switch reason {
        case .tooManyConnections: "421 4.3.2 \(hostname) Error: all connections are in use, try again later\r\n"
        case .tooManyFromClient: "421 4.7.0 \(hostname) Error: too many connections from your address\r\n"
        }
    }
}

/// The bounds of one session. A bound that is hit has its reply; none of them ends in a crash or in memory without end.
package struct SMTPLimits: Hashable, Sendable {
    /// Bytes of a command line with its CRLF (RFC 5321 §4.5.3.1.4 asks for 512, the extensions for more).
    package var commandLine = 2048
    /// Bytes of a line within AUTH (RFC 4954 §4).
    package var authenticationLine = 12288
    package var recipients = 100
    /// How many recipients above `recipients` are refused before each counts as an error.
    package var recipientOvershoot = 1000
    /// Bytes; 0 for no limit. A line of a message may be as long as the message.
    package var messageSize = 52_428_800
    /// Bytes of a message's header, all fields together.
    package var headerSize = 1 << 20
    /// A message up to this size is gathered and given to `deliver`, a larger one to `append`.
    package var gatheredMessageSize = 256 << 10
    /// How much `append` gets at a time, at least, but for the end.
    package var chunkSize = 64 << 10
    /// Negative replies before the session is ended.
    package var errors = 20
    /// NOOP, RSET, VRFY and the like beyond this number, since the last message, count as errors.
    package var idleCommands = 100
    /// For a whole command line.
    package var commandTimeout: TimeAmount = .minutes(5)
    /// Without a byte of the message.
    package var dataTimeout: TimeAmount = .minutes(3)
    /// Bytes per second that a client owes while it sends a message, over each minute.
    package var minimumDataRate = 500

    package init() {}
}
