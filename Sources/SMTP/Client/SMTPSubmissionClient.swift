package import MailModel
package import NIOCore
package import NIOPosix
package import Net
import SASL

/// Submits a message as a mail program does: connect, TLS, login, envelope, message. For demonstrations, checks and tests;
/// it keeps no queue and tries nothing twice.
package struct SMTPSubmissionClient: Sendable {
    package enum Security: Sendable {
        /// For Unix sockets, and for tests of what happens without; no password is sent.
        case none
        case startTLS(ClientTLSOptions)
        case implicitTLS(ClientTLSOptions)
    }

    /// What the server answered that we can't go on with, or why there was no answer.
    package enum Failure: Error, CustomStringConvertible {
        case connection(LineConnectionError)
        /// `command` is the command's name, never its arguments: they may be a password.
        case refused(command: String, SMTPReply)
        case notOffered(String)
        case malformedReply

        package var description: String {
            switch self {
            case .connection(let error): "\(error)"
            case .refused(let command, let reply): "\(command) was answered: \(reply)"
            case .notOffered(let what): "the server does not offer \(what)"
            case .malformedReply: "the server's answer is no SMTP reply"
            }
        }
    }

    package var server: ListenAddress
    package var security: Security
    package var credentials: SMTPCredentials?
    package var helloName: String
    package var timeout: TimeAmount
    private let group: MultiThreadedEventLoopGroup

    package init(
        server: ListenAddress, security: Security, credentials: SMTPCredentials? = nil,
        helloName: String = "localhost", timeout: TimeAmount = .seconds(30),
        group: MultiThreadedEventLoopGroup = .singleton
    ) {
        self.server = server
        self.security = security
        self.credentials = credentials
        self.helloName = helloName
        self.timeout = timeout
        self.group = group
    }

    /// Delivers to all recipients or throws at the first that is refused. Returns the reply to the message.
    package func submit(
        _ message: ByteBuffer, from sender: ReversePath, to recipients: [EmailAddress]
    ) async throws(Failure) -> SMTPReply {
        try await conversation { (dialogue: Dialogue) async throws(Failure) -> SMTPReply in
            let isInternational = ([sender.address].compactMap { $0 } + recipients).contains(
                where: \.isInternationalized)
            if isInternational, !dialogue.offers("SMTPUTF8") { throw .notOffered("SMTPUTF8") }
            let sender = String(decoding: sender.address?.quoted ?? [], as: UTF8.self)
            try await dialogue.command("MAIL", "FROM:<\(sender)>" + (isInternational ? " SMTPUTF8" : ""))
            for recipient in recipients {
                try await dialogue.command("RCPT", "TO:<\(String(decoding: recipient.quoted, as: UTF8.self))>")
            }
            try await dialogue.command("DATA", "", expecting: 300..<400)
            var encoded = ByteBuffer()
            MessageEncoder.encode(message, into: &encoded)
            return try await dialogue.exchange("the message", encoded)
        }
    }

    /// Everything up to the login, to see whether it works.
    package func logIn() async throws(Failure) {
        try await conversation { (_: Dialogue) async throws(Failure) in }
    }

    private func conversation<Result: Sendable>(
        _ body: (Dialogue) async throws(Failure) -> Result
    ) async throws(Failure) -> Result {
        let connection: LineConnection
        do throws(LineConnectionError) {
            let tls: ClientTLSOptions? = if case .implicitTLS(let options) = security { options } else { nil }
            connection = try await LineConnection(to: server, tls: tls, timeout: timeout, group: group)
        } catch {
            throw .connection(error)
        }
        do throws(Failure) {
            let dialogue = try await begin(Dialogue(connection: connection, timeout: timeout))
            let result = try await body(dialogue)
            _ = try? await dialogue.command("QUIT", "")
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    private func begin(_ plain: Dialogue) async throws(Failure) -> Dialogue {
        var dialogue = plain
        try await dialogue.greeting()
        dialogue.extensions = try await dialogue.command("EHLO", helloName).lines
        if case .startTLS(let options) = security {
            guard dialogue.offers("STARTTLS") else { throw .notOffered("STARTTLS") }
            try await dialogue.command("STARTTLS", "")
            do throws(LineConnectionError) {
                try await dialogue.connection.startTLS(options, timeout: timeout)
            } catch {
                throw .connection(error)
            }
            dialogue.extensions = try await dialogue.command("EHLO", helloName).lines
        }
        guard let credentials else { return dialogue }
        if case .none = security { throw .notOffered("TLS here, and no password is sent without it") }
        guard dialogue.offers("AUTH") else { throw .notOffered("AUTH") }
        let exchange = SASLMechanism.plain.clientExchange(
            SASLPlainCredentials(
                login: credentials.login, authorizationIdentity: credentials.authorizationIdentity,
                password: credentials.password.bytes))
        let response = Base64.encode(exchange.initialResponse ?? [])
        try await dialogue.command("AUTH", "PLAIN " + String(decoding: response, as: UTF8.self))
        return dialogue
    }

    /// One command and one reply at a time.
    private struct Dialogue: Sendable {
        let connection: LineConnection
        let timeout: TimeAmount
        var extensions: [String] = []

        init(connection: LineConnection, timeout: TimeAmount) {
            self.connection = connection
            self.timeout = timeout
        }

        func offers(_ name: String) -> Bool {
            extensions.dropFirst().contains { $0.uppercased().split(separator: " ").first.map { $0 == name } ?? false }
        }

        func greeting() async throws(Failure) {
            let reply = try await self.reply()
            guard reply.code == 220 else { throw .refused(command: "the connection", reply) }
        }

        @discardableResult
        func command(
            _ name: String, _ arguments: String, expecting codes: Range<UInt16> = 200..<300
        ) async throws(Failure) -> SMTPReply {
            // Nothing that we were given may become a second command.
            let text = (arguments.isEmpty ? name : "\(name) \(arguments)").unicodeScalars.filter { $0.value >= 0x20 }
            return try await exchange(
                name, ByteBuffer(string: String(String.UnicodeScalarView(text)) + "\r\n"), expecting: codes)
        }

        func exchange(
            _ name: String, _ bytes: ByteBuffer, expecting codes: Range<UInt16> = 200..<300
        ) async throws(Failure) -> SMTPReply {
            do throws(LineConnectionError) {
                try await connection.send(bytes, timeout: timeout)
            } catch {
                throw .connection(error)
            }
            let reply = try await self.reply()
            guard codes.contains(reply.code) else { throw .refused(command: name, reply) }
            return reply
        }

        ///     Reply-line = *( Reply-code "-" [ textstring ] CRLF ) Reply-code [ SP textstring ] CRLF
        private func reply() async throws(Failure) -> SMTPReply {
            var lines: [String] = []
            while lines.count < 100 {
                let line: [UInt8]
                do throws(LineConnectionError) {
                    line = try await connection.line(timeout: timeout)
                } catch {
                    throw .connection(error)
                }
                guard let code = UInt16(String(decoding: line.prefix(3), as: UTF8.self)), (200..<600).contains(code)
                else {
                    throw .malformedReply
                }
                let (enhanced, text) = Self.split(line.dropFirst(4))
                lines.append(text)
                if line.dropFirst(3).first != UInt8(ascii: "-") { return SMTPReply(code, enhanced, lines: lines) }
            }
            throw .malformedReply
        }

        /// RFC 2034 §4: the enhanced code stands in front of the text, on every line.
        private static func split(_ text: ArraySlice<UInt8>) -> (EnhancedStatusCode?, String) {
            let words = text.split(separator: UInt8(ascii: " "), maxSplits: 1)
            let numbers = (words.first ?? []).split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
                .map { UInt16(String(decoding: $0, as: UTF8.self)) }
            if numbers.count == 3, let first = numbers[0].flatMap({ UInt8(exactly: $0) }), [2, 4, 5].contains(first),
                let second = numbers[1], let third = numbers[2]
            {
                let rest = words.count > 1 ? words[1] : []
                return (EnhancedStatusCode(first, second, third), String(decoding: rest, as: UTF8.self))
            }
            return (nil, String(decoding: text, as: UTF8.self))
        }
    }
}
