import MailModel
import NIOCore
import Net
import SASL

/// The AUTHORIZATION state (RFC 1939 §4).
extension POP3ServerEngine {
    mutating func performBeforeLogin(
        _ command: POP3Command, _ user: [UInt8]?, _ output: inout ByteBuffer
    ) -> Step {
        switch command {
        case .quit:
            output.writeStaticString("+OK Bye.\r\n")
            return .close
        case .stls:
            guard !isSecure else { return reject("TLS is already active.", &output) }
            guard options.offersStartTLS else { return reject("TLS is not available.", &output) }
            _ = reply("+OK Begin TLS negotiation now.", &output)
            return .startTLS
        // RFC 6856 §2.1. All texts and names are UTF-8 anyway, and messages are sent as they are.
        case .utf8: return reply("+OK UTF8 enabled", &output)
        case .user(let name):
            guard maySendPassword else { return refusePlaintext(&output) }
            guard options.mechanisms.contains(.plain) else { return reject("USER is not offered.", &output) }
            state = .authorization(user: name)
            return reply("+OK", &output)
        case .pass(let password):
            guard let user else { return reject("No username given.", &output) }
            state = .authorization(user: nil)
            guard maySendPassword else { return refusePlaintext(&output) }
            return logIn(user, nil, password, &output)
        case .apop(let login, let digest):
            guard let timestamp else { return reject("APOP is not offered.", &output) }
            let isDigest = digest.count == 32 && digest.allSatisfy { Character(UnicodeScalar($0)).isHexDigit }
            guard isDigest, !login.isEmpty, login.count <= SASLLimits.login else { return refuse(&output) }
            return wait(.apop(login: login, timestamp: timestamp, digest: digest, connection)) {
                engine, answer, output in
                engine.loggedIn(answer, &output)
            }
        case .auth(let name, let initialResponse): return authenticate(name, initialResponse, &output)
        case .capa, .lang, .dele, .list, .noop, .retr, .rset, .stat, .top, .uidl:
            return reject("Log in first.", &output)
        }
    }

    private mutating func refusePlaintext(_ output: inout ByteBuffer) -> Step {
        reject("Logging in needs TLS.", &output)
    }

    // MARK: SASL

    private mutating func authenticate(
        _ name: [UInt8]?, _ initialResponse: [UInt8]?, _ output: inout ByteBuffer
    ) -> Step {
        guard let name else {
            let names = maySendPassword ? options.mechanisms.map(\.rawValue) : []
            output.writeString("+OK\r\n" + names.map { $0 + "\r\n" }.joined() + ".\r\n")
            return .needInput
        }
        guard let mechanism = SASLMechanism(name: name), options.mechanisms.contains(mechanism) else {
            return reject("Unsupported authentication mechanism.", &output)
        }
        guard maySendPassword else { return refusePlaintext(&output) }
        let exchange = mechanism.serverExchange()
        guard let initialResponse else { return step(exchange, nil, &output) }
        // RFC 5034 §4: a single "=" is an initial response without octets.
        if initialResponse == [UInt8(ascii: "=")] { return step(exchange, [], &output) }
        guard let response = Base64.decode(initialResponse) else { return malformed(&output) }
        return step(exchange, response, &output)
    }

    mutating func continueAuthentication(
        _ exchange: any ServerExchange, _ line: [UInt8], _ output: inout ByteBuffer
    ) -> Step {
        state = .authorization(user: nil)
        if line == [UInt8(ascii: "*")] { return reject("Authentication cancelled.", &output) }
        guard let response = Base64.decode(line) else { return malformed(&output) }
        return step(exchange, response, &output)
    }

    private mutating func malformed(_ output: inout ByteBuffer) -> Step {
        reject("Invalid authentication data.", &output)
    }

    private mutating func step(
        _ exchange: any ServerExchange, _ response: [UInt8]?, _ output: inout ByteBuffer
    ) -> Step {
        var exchange = exchange
        switch exchange.step(response) {
        case .challenge(let challenge):
            output.writeStaticString("+ ")
            output.writeBytes(Base64.encode(challenge))
            output.writeStaticString("\r\n")
            state = .authenticating(exchange)
            return .needInput
        case .credentials(let credentials):
            return logIn(credentials.login, credentials.authorizationIdentity, Secret(credentials.password), &output)
        case .malformed: return malformed(&output)
        }
    }

    // MARK: The outcome

    private mutating func logIn(
        _ login: [UInt8], _ identity: [UInt8]?, _ password: Secret, _ output: inout ByteBuffer
    ) -> Step {
        // A bind with an empty password succeeds at many directories: it is never tried (RFC 4513 §5.1.2).
        guard !password.isEmpty, login.count <= SASLLimits.login, password.bytes.count <= SASLLimits.password,
            !login.contains(0), !password.bytes.contains(0)
        else { return refuse(&output) }
        return wait(.logIn(login: login, authorizationIdentity: identity, password: password, connection)) {
            engine, answer, output in
            engine.loggedIn(answer, &output)
        }
    }

    private mutating func loggedIn(_ answer: POP3Answer, _ output: inout ByteBuffer) -> Step {
        guard case .loggedIn(let outcome) = answer else {
            return reject("[SYS/TEMP] Temporary authentication failure.", &output)
        }
        switch outcome {
        case .accepted(let maildrop):
            state = .transaction(Maildrop(maildrop))
            forgetErrors()
            return reply("+OK Logged in.", &output)
        case .rejected: return refuse(&output)
        case .unavailable: return reject("[SYS/TEMP] Temporary authentication failure.", &output)
        case .inUse: return reject("[IN-USE] Another session has this mailbox.", &output)
        case .failed(let failure): return reject(POP3FailureText.text(failure), &output)
        }
    }

    private mutating func refuse(_ output: inout ByteBuffer) -> Step {
        reject("[AUTH] Authentication failed.", &output)
    }
}
