import MailModel
import NIOCore
import SASL

/// Everything before the first MAIL: greeting, EHLO, STARTTLS, AUTH.
extension SMTPClientEngine {
    mutating func greeted(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        guard reply.code / 100 == 2 else {
            guard !(300..<400).contains(reply.code) else { return violation("\(reply.code) as its greeting") }
            return refused(.greeting, reply, isPermanent: reply.isPermanent && !options.skips5xxGreeting)
        }
        sendHello(&output)
    }

    mutating func sendHello(_ output: inout ByteBuffer, isFallback: Bool = false) {
        let verb = options.transport == .lmtp ? "LHLO " : isFallback ? "HELO " : "EHLO "
        output.writeCommand(Array(verb.utf8) + (options.heloName.ascii ?? options.heloName).bytes)
        phase = .hello(isFallback: isFallback)
    }

    mutating func helloAnswered(_ reply: SMTPReply, isFallback: Bool, _ output: inout ByteBuffer) {
        guard reply.code / 100 == 2 else {
            // RFC 5321 §3.2: a server that does not know EHLO is greeted with HELO; there is no such thing for LMTP, and
            // none that could begin TLS or stand within it.
            if options.transport == .smtp, !isFallback, reply.code != 421, !requiresTLS, !isTLS {
                return sendHello(&output, isFallback: true)
            }
            return refused(.hello, reply, isPermanent: reply.isPermanent)
        }
        capabilities = isFallback ? ServerCapabilities() : ServerCapabilities(reply, ignoring: options.ignoredKeywords)
        switch options.tls {
        case .none, .implicit: beginLogin(&output)
        case .may, .required:
            if isTLS {
                beginLogin(&output)
            } else if capabilities.hasStartTLS {
                output.writeStaticString("STARTTLS\r\n")
                phase = .startTLS
            } else if requiresTLS {
                fail(.startTLS, .tls, "TLS is required, but was not offered by \(peer)")
            } else {
                beginLogin(&output)
            }
        }
    }

    private var requiresTLS: Bool { if case .required = options.tls { true } else { false } }

    mutating func startTLSAnswered(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        if reply.code == 220 {
            phase = .handshake
        } else if reply.code == 421 {
            refused(.startTLS, reply)
        } else if requiresTLS {
            fail(.startTLS, .tls, "TLS is required, but \(peer) refused to start it: \(reply)")
        } else if reply.code >= 400 {
            beginLogin(&output)
        } else {
            violation("\(reply.code) as its reply to STARTTLS")
        }
    }

    private mutating func refused(_ stage: OutgoingStage, _ reply: SMTPReply, isPermanent: Bool = false) {
        let text =
            stage == .greeting || stage == .hello
            ? "host \(peer) refused to talk to me: \(reply)" : "host \(peer) said: \(reply) (while \(stage))"
        fail(stage, .refused(reply), text, isPermanent: isPermanent)
    }

    // MARK: AUTH

    private mutating func beginLogin(_ output: inout ByteBuffer) {
        // As Postfix's client: a server that offers no AUTH is given mail without it, and says itself if it wants a login.
        guard let credentials = options.credentials, !capabilities.mechanisms.isEmpty else {
            phase = .ready
            return
        }
        guard options.sendsCredentialsUnprotected || (isTLS && options.tls.verifiesServer) else {
            return fail(
                .authentication, .authentication,
                isTLS
                    ? "no password is sent to \(peer), whose certificate was not checked"
                    : "no password is sent to \(peer) without TLS")
        }
        let offered = capabilities.mechanisms.compactMap { SASLClientMechanism(name: $0) }
        let allowed =
            !isTLS
            ? options.mechanismsInClear
            : options.tls.verifiesServer ? options.mechanismsWithVerifiedTLS : options.mechanismsWithTLS
        login.candidates = options.mechanisms.filter { offered.contains($0) && allowed.contains($0) }
        login.credentials = SASLPlainCredentials(
            login: credentials.login, authorizationIdentity: credentials.authorizationIdentity,
            password: credentials.password.bytes)
        guard !login.candidates.isEmpty else {
            return fail(
                .authentication, .authentication,
                "\(peer) offers no mechanism of AUTH that may be used: "
                    + capabilities.mechanisms.joined(separator: " "))
        }
        sendAuth(&output)
    }

    private mutating func sendAuth(_ output: inout ByteBuffer) {
        guard let command = login.next() else { return }
        output.writeCommand(command)
        phase = .authentication
    }

    /// RFC 4954 §4 and §6.
    mutating func authenticationAnswered(_ reply: SMTPReply, _ output: inout ByteBuffer) {
        switch reply.code {
        case 334:
            guard !login.wasCancelled else { return violation("another challenge behind the end of its exchange") }
            output.writeCommand(login.respond(to: reply))
        case 200..<300:
            guard login.isComplete else {
                return fail(
                    .authentication, .authentication,
                    "\(peer) accepted the login without proving that it knows the password")
            }
            login = OutgoingLogin()
            phase = .ready
        case 504 where !login.candidates.isEmpty, 534 where !login.candidates.isEmpty:
            // The mechanism, not the password.
            sendAuth(&output)
        case 400...:
            let shown = login.withoutSecrets(reply)
            fail(
                .authentication, .refused(shown),
                login.wasCancelled
                    ? "authentication with \(peer) was given up: its challenge makes no sense"
                    : "authentication with \(peer) failed: \(shown)")
        default: violation("\(reply.code) as its reply to AUTH")
        }
    }
}
