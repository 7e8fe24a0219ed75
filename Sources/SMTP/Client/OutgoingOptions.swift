package import MailModel
package import NIOCore
package import Net
package import SASL

/// How mail goes to one next hop.
package struct OutgoingOptions: Sendable {
    package enum Transport: Hashable, Sendable {
        case smtp
        /// RFC 2033: a reply for each recipient behind the message.
        case lmtp
    }

    /// When a message goes as BDAT (RFC 3030) instead of DATA.
    ///
    /// Pipelined, both take the same number of round trips, and DATA is what every server and every filter in front of one
    /// has been tried with; so by default BDAT carries what DATA can't.
    package enum Chunking: Hashable, Sendable {
        case never
        /// For BODY=BINARYMIME alone.
        case whenNeeded
        case whenOffered
    }

    /// What is done with an eight-bit message where 8BITMIME is not offered.
    package enum EightBit: Hashable, Sendable {
        /// RFC 6152 §3: made a valid seven-bit message. As in Postfix, content under multipart/signed too: a signer had to
        /// make it seven-bit (RFC 1847 §2.1), so only what was signed against the rules is harmed.
        case convert
        /// As it is, against the standard (`disable_mime_output_conversion = yes`).
        case sendUnchanged
    }

    /// What we call ourselves in EHLO: our host name or an address literal.
    package var heloName: Domain
    package var transport: Transport
    package var tls: OutgoingTLSUse
    package var credentials: SMTPCredentials?
    /// In the order in which they are tried.
    package var mechanisms: [SASLClientMechanism]
    /// Which of them may be used in clear, with TLS, and with TLS that told who the server is
    /// (`smtp_sasl_security_options` and its kin).
    package var mechanismsInClear = Set(SASLClientMechanism.allCases)
    package var mechanismsWithTLS = Set(SASLClientMechanism.allCases)
    package var mechanismsWithVerifiedTLS = Set(SASLClientMechanism.allCases)
    /// Gives the password to a server without TLS, or to one whose certificate was not checked.
    package var sendsCredentialsUnprotected: Bool
    package var timeLimits: OutgoingTimeLimits
    /// The addresses of this machine that connections come from (`smtp_bind_address`, `smtp_bind_address6`).
    package var bindAddress: String?
    package var bindAddress6: String?
    /// Keywords of the EHLO reply that are taken as not offered, in upper case (`smtp_discard_ehlo_keywords`).
    package var ignoredKeywords: Set<String>
    package var isPipelining: Bool
    package var chunking: Chunking
    package var eightBit: EightBit
    /// Octets of a line without its end; longer ones are broken with CRLF and a space (`smtp_line_length_limit`); 0 for none.
    package var lineLengthLimit: Int
    /// A 5xx greeting is no answer for the recipients: another host may take the mail (`smtp_skip_5xx_greeting`).
    package var skips5xxGreeting: Bool

    package init(
        heloName: Domain, transport: Transport = .smtp, tls: OutgoingTLSUse = .none,
        credentials: SMTPCredentials? = nil, mechanisms: [SASLClientMechanism] = SASLClientMechanism.allCases,
        sendsCredentialsUnprotected: Bool = false, timeLimits: OutgoingTimeLimits = OutgoingTimeLimits(),
        ignoredKeywords: Set<String> = [], isPipelining: Bool = true, chunking: Chunking = .whenNeeded,
        eightBit: EightBit = .convert, lineLengthLimit: Int = MessageEncoder.lineLimit, skips5xxGreeting: Bool = true
    ) {
        self.heloName = heloName
        self.transport = transport
        self.tls = tls
        self.credentials = credentials
        self.mechanisms = mechanisms
        self.sendsCredentialsUnprotected = sendsCredentialsUnprotected
        self.timeLimits = timeLimits
        self.ignoredKeywords = ignoredKeywords
        self.isPipelining = isPipelining
        self.chunking = chunking
        self.eightBit = eightBit
        self.lineLengthLimit = lineLengthLimit
        self.skips5xxGreeting = skips5xxGreeting
    }

    func localAddress(for address: ListenAddress) -> String? {
        guard case .tcp(let host, _) = address else { return nil }
        return host.utf8.contains(UInt8(ascii: ":")) ? bindAddress6 : bindAddress
    }
}

package enum OutgoingTLSUse: Sendable {
    case none
    /// Where STARTTLS is offered. A handshake that fails is an `OutgoingFailure` of kind `tls`, upon which the caller may
    /// connect anew with `none`.
    case may(ClientTLSOptions)
    case required(ClientTLSOptions)
    /// From the first byte.
    case implicit(ClientTLSOptions)

    package var options: ClientTLSOptions? {
        switch self {
        case .none: nil
        case .may(let options), .required(let options), .implicit(let options): options
        }
    }

    /// Whether a completed handshake says who the server is.
    var verifiesServer: Bool {
        guard let options else { return false }
        if case .none = options.verification { return false }
        return true
    }
}

/// How long each reply may take (RFC 5321 §4.5.3.2): the whole reply, not its next byte.
package struct OutgoingTimeLimits: Hashable, Sendable {
    package var connect = TimeAmount.seconds(30)
    package var greeting = TimeAmount.minutes(5)
    package var hello = TimeAmount.minutes(5)
    package var startTLS = TimeAmount.minutes(5)
    package var authentication = TimeAmount.minutes(5)
    package var mail = TimeAmount.minutes(5)
    package var recipient = TimeAmount.minutes(5)
    package var data = TimeAmount.minutes(2)
    /// For one chunk of the message to leave.
    package var block = TimeAmount.minutes(3)
    package var finalReply = TimeAmount.minutes(10)
    package var reset = TimeAmount.seconds(20)

    package init() {}

    /// All the same: for tests and for checks that somebody waits for.
    package init(all limit: TimeAmount) {
        (connect, greeting, hello, startTLS, authentication) = (limit, limit, limit, limit, limit)
        (mail, recipient, data, block, finalReply, reset) = (limit, limit, limit, limit, limit, limit)
    }
}
