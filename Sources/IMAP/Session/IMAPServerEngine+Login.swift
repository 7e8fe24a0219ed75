import MailModel
import NIOCore
import Net
import SASL

extension IMAPServerEngine {
    mutating func performBeforeLogin(_ command: IMAPCommand, _ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        guard account == nil else { return reject(tag, "BAD Already logged in.", &output) }
        switch command {
        case .startTLS:
            guard !isSecure else { return reject(tag, "BAD TLS is already active.", &output) }
            guard options.offersStartTLS else { return reject(tag, "BAD TLS is not available.", &output) }
            _ = reply(tag, "OK Begin TLS negotiation now.", &output)
            return .startTLS
        case .logIn(let login, let password):
            guard maySendPassword else { return refusePlaintext(tag, &output) }
            guard options.mechanisms.contains(.plain) else {
                return reject(tag, "NO Unsupported authentication mechanism.", &output)
            }
            return logIn(tag, login, nil, password, &output)
        case .authenticate(let name, let initialResponse):
            guard let mechanism = SASLMechanism(name: name), options.mechanisms.contains(mechanism) else {
                return reject(tag, "NO Unsupported authentication mechanism.", &output)
            }
            guard maySendPassword else { return refusePlaintext(tag, &output) }
            let exchange = mechanism.serverExchange()
            guard let initialResponse else { return step(tag, exchange, nil, &output) }
            // RFC 4959 §3: a single "=" is an initial response without octets.
            if initialResponse == [UInt8(ascii: "=")] { return step(tag, exchange, [], &output) }
            guard let response = Base64.decode(initialResponse) else { return failAuthentication(tag, &output) }
            return step(tag, exchange, response, &output)
        default: return reject(tag, "BAD Unknown command.", &output)
        }
    }

    private mutating func refusePlaintext(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        reject(tag, "NO [PRIVACYREQUIRED] Logging in needs TLS.", &output)
    }

    mutating func continueAuthentication(
        _ tag: [UInt8], _ exchange: any ServerExchange, line: [UInt8], _ output: inout ByteBuffer
    ) -> Step {
        input = .commands
        if line == [UInt8(ascii: "*")] { return reject(tag, "BAD Authentication cancelled.", &output) }
        guard let response = Base64.decode(line) else { return failAuthentication(tag, &output) }
        return step(tag, exchange, response, &output)
    }

    mutating func failAuthentication(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        input = .commands
        return reject(tag, "BAD Invalid authentication data.", &output)
    }

    private mutating func step(
        _ tag: [UInt8], _ exchange: any ServerExchange, _ response: [UInt8]?, _ output: inout ByteBuffer
    ) -> Step {
        var exchange = exchange
        switch exchange.step(response) {
        case .challenge(let challenge):
            output.writeStaticString("+ ")
            output.writeBytes(Base64.encode(challenge))
            output.writeStaticString("\r\n")
            input = .authentication(tag: tag, exchange)
            return .needInput
        case .credentials(let credentials):
            return logIn(
                tag, credentials.login, credentials.authorizationIdentity, Secret(credentials.password), &output)
        case .malformed: return failAuthentication(tag, &output)
        }
    }

    private mutating func logIn(
        _ tag: [UInt8], _ login: [UInt8], _ identity: [UInt8]?, _ password: Secret, _ output: inout ByteBuffer
    ) -> Step {
        // A bind with an empty password succeeds at many directories: it is never tried (RFC 4513 §5.1.2).
        guard !login.isEmpty, !password.isEmpty, login.count <= SASLLimits.login,
            password.bytes.count <= SASLLimits.password
        else { return refuse(tag, &output) }
        return wait(.logIn(login: login, authorizationIdentity: identity, password: password, connection)) {
            engine, answer, output in
            guard case .loggedIn(let outcome) = answer else {
                return engine.reply(tag, "NO [UNAVAILABLE] Temporary authentication failure.", &output)
            }
            switch outcome {
            case .accepted(let account):
                engine.account = account
                engine.forgetErrors()
                return engine.reply(tag, "OK [CAPABILITY \(engine.capabilities)] Logged in", &output)
            case .rejected: return engine.refuse(tag, &output)
            case .unavailable:
                _ = engine.reply(tag, "NO [UNAVAILABLE] Temporary authentication failure.", &output)
                return engine.countFailedLogin(&output)
            }
        }
    }

    private mutating func refuse(_ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        _ = reply(tag, "NO [AUTHENTICATIONFAILED] Authentication failed.", &output)
        return countFailedLogin(&output)
    }
}
