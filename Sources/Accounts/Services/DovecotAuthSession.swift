import NIOCore

/// The client's side of Dovecot's auth protocol, free of I/O: bytes in, answers out. The server's greeting has to come
/// whole before anything is asked.
struct DovecotAuthSession: Sendable {
    enum Event: Sendable {
        /// The greeting is complete.
        case ready
        case answer(UInt32, ServiceAnswer)
        /// Of no further use; the connection is to be closed.
        case failed(ServiceAnswer.FailureKind, String)
    }

    private enum State {
        case greeting
        case ready
        case failed
    }

    private static let longestLine = 16384
    private static let mostGreetingLines = 200

    private var state = State.greeting
    private var line: [UInt8] = []
    private var greetingLines = 0
    private var hasVersion = false
    private var hasMechanism = false
    private var hasPlain = false

    /// `identifier` tells this client from others of the server: its process number.
    static func greeting(identifier: Int32) -> [UInt8] {
        Array("VERSION\t1\t1\nCPID\t\(identifier)\n".utf8)
    }

    mutating func receive(_ bytes: ByteBufferView) -> [Event] {
        var events: [Event] = []
        for byte in bytes {
            guard state != .failed else { break }
            guard byte == 0x0A else {
                line.append(byte)
                if line.count > Self.longestLine {
                    events.append(fail(.incomplete, "a line of its answer is too long"))
                }
                continue
            }
            let whole = DovecotAuthLine(line)
            line = []
            if let event = state == .greeting ? greet(whole) : answer(whole) { events.append(event) }
        }
        return events
    }

    private mutating func greet(_ line: DovecotAuthLine) -> Event? {
        greetingLines += 1
        guard greetingLines <= Self.mostGreetingLines else {
            return fail(.misconfigured, "its greeting has no end: is it Dovecot's auth-client socket?")
        }
        if line.isCommand("VERSION") {
            guard line.number(1) == 1 else { return fail(.misconfigured, "it speaks another version of the protocol") }
            hasVersion = true
        } else if line.isCommand("MECH") {
            hasMechanism = true
            if line.fields.count > 1, line.fields[1].elementsEqual("PLAIN".utf8) { hasPlain = true }
        } else if line.isCommand("SPID") {
            guard hasMechanism else {
                return fail(.misconfigured, "the socket is auth-master: name the auth-client one")
            }
        } else if line.isCommand("DONE") {
            guard hasVersion else { return fail(.misconfigured, "its greeting names no version") }
            guard hasPlain else { return fail(.misconfigured, "it does not offer PLAIN: see auth_mechanisms") }
            state = .ready
            return .ready
        }
        return nil
    }

    private mutating func answer(_ line: DovecotAuthLine) -> Event? {
        if line.isCommand("OK") {
            guard let number = line.number(1) else { return malformed() }
            guard let user = line.parameter("user"), !user.isEmpty else {
                return .answer(number, .failed(kind: .misconfigured, "it names no user of the login"))
            }
            return .answer(number, .accepted(user: user))
        }
        if line.isCommand("FAIL") {
            guard let number = line.number(1) else { return malformed() }
            let isTemporary =
                line.parameter("temp") != nil || line.parameter("code")?.elementsEqual("temp_fail".utf8) == true
            return .answer(
                number, isTemporary ? .failed(kind: .incomplete, "it could not check the password") : .rejected)
        }
        if line.isCommand("CONT") {
            guard let number = line.number(1) else { return malformed() }
            return .answer(number, .failed(kind: .incomplete, "it asks for more than PLAIN has"))
        }
        // Whatever else a later version tells is not for us.
        return nil
    }

    private mutating func malformed() -> Event {
        fail(.incomplete, "a line of its answer can't be read")
    }

    private mutating func fail(_ kind: ServiceAnswer.FailureKind, _ reason: String) -> Event {
        state = .failed
        line = []
        return .failed(kind, reason)
    }
}
