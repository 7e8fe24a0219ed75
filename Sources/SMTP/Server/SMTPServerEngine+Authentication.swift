import MailModel
import NIOCore
import Net
import SASL

/// AUTH, RFC 4954.
extension SMTPServerEngine {
    var allowsAuthentication: Bool {
        switch options.authentication {
        case .off: false
        case .underTLS: facts.connection.tls != nil
        case .always: true
        }
    }

    ///     auth-command     = "AUTH" SP sasl-mech [SP initial-response] CRLF
    ///     initial-response = base64 / "="
    mutating func authenticate(_ arguments: ArraySlice<UInt8>, _ output: inout ByteBuffer) -> Step? {
        let words = arguments.split(separator: UInt8(ascii: " "), maxSplits: 2)
        if options.authentication == .off || options.dialogue == .lmtp {
            refuse("503 5.5.1 Error: authentication not enabled", &output)
        } else if !allowsAuthentication {
            refuse("530 5.7.0 Must issue a STARTTLS command first", &output)
        } else if facts.helo == nil || !facts.isExtended {
            refuse("503 5.5.1 Error: send EHLO first", &output)
        } else if transaction != nil {
            refuse("503 5.5.1 Error: MAIL transaction in progress", &output)
        } else if facts.login != nil {
            refuse("503 5.5.1 Error: already authenticated", &output)
        } else if words.isEmpty || words.count > 2 {
            refuse("501 5.5.4 Syntax: AUTH mechanism", &output)
        } else if let mechanism = words.first.flatMap({ SASLMechanism(name: $0) }),
            options.mechanisms.contains(mechanism)
        {
            guard words.count == 2 else { return step(mechanism.serverExchange(), nil, &output) }
            let initial = words[1].elementsEqual("=".utf8) ? [] : Base64.decode(words[1])
            guard let initial else { return malformedBase64(&output) }
            return step(mechanism.serverExchange(), initial, &output)
        } else {
            refuse("504 5.5.4 Unrecognized authentication type", &output)
        }
        return nil
    }

    /// The next line of an exchange: base 64, empty, or `*`.
    mutating func receiveResponse(
        _ exchange: any ServerExchange, _ input: inout ByteBuffer, _ output: inout ByteBuffer
    ) -> Step? {
        switch nextLine(input, limit: options.limits.authenticationLine) {
        case .incomplete: return .needInput
        case .tooLong:
            refuse("500 5.5.6 Authentication exchange line is too long", &output)
            mode = .overlongLine
            return nil
        case .bareLineFeed: return closeForBareLineEnd("LF", &output)
        case .bareCarriageReturn: return closeForBareLineEnd("CR", &output)
        case .complete(let length, let terminator):
            let line = input.readBytes(length: length) ?? []
            input.moveReaderIndex(forwardBy: terminator)
            mode = .command
            if line.elementsEqual("*".utf8) {
                refuse("501 5.7.0 Authentication aborted", &output)
                return nil
            }
            guard let response = Base64.decode(line) else { return malformedBase64(&output) }
            return step(exchange, response, &output)
        }
    }

    private mutating func step(
        _ exchange: any ServerExchange, _ response: [UInt8]?, _ output: inout ByteBuffer
    ) -> Step? {
        var exchange = exchange
        switch exchange.step(response) {
        case .challenge(let challenge):
            output.writeStaticString("334 ")
            output.writeBytes(Base64.encode(challenge))
            output.writeStaticString("\r\n")
            mode = .authentication(exchange)
            return nil
        case .malformed:
            refuse("501 5.5.2 Error: malformed authentication data", &output)
            return nil
        case .credentials(let credentials):
            // A directory takes a bind without a password for an anonymous one, and says success (RFC 4513 §5.1.2).
            guard !credentials.password.isEmpty else {
                refuse("535 5.7.8 Error: authentication failed", &output)
                return nil
            }
            pending = .authentication
            return .wait(
                .authenticate(
                    SMTPCredentials(
                        login: credentials.login, authorizationIdentity: credentials.authorizationIdentity,
                        password: Secret(credentials.password)), facts))
        }
    }

    mutating func authenticated(_ outcome: SMTPAuthenticationOutcome, _ output: inout ByteBuffer) -> Step? {
        switch outcome {
        case .accepted(let login):
            facts.login = login
            say("235 2.7.0 Authentication successful", &output)
        case .rejected: refuse("535 5.7.8 Error: authentication failed", &output)
        case .unavailable: refuse("454 4.7.0 Temporary authentication failure", &output)
        }
        return nil
    }

    private mutating func malformedBase64(_ output: inout ByteBuffer) -> Step? {
        refuse("501 5.5.2 Error: malformed base64 data", &output)
        return nil
    }
}
