package import MailModel
package import NIOCore
package import NIOPosix
package import Net

/// Submits a message as a mail program does: connect, TLS, login, envelope, message. For demonstrations, checks and tests;
/// it keeps no queue and tries nothing twice.
package struct SMTPSubmissionClient: Sendable {
    package enum Security: Sendable {
        /// For Unix sockets, and for tests of what happens without; no password is sent.
        case none
        case startTLS(ClientTLSOptions)
        case implicitTLS(ClientTLSOptions)
    }

    package enum Failure: Error, Hashable, CustomStringConvertible {
        /// There was no session to send anything in.
        case session(OutgoingFailure)
        /// The first recipient that does not get the message.
        case recipient(EmailAddress, RecipientOutcome)
        case badHelloName(String)

        package var description: String {
            switch self {
            case .session(let failure): failure.text
            case .badHelloName(let name): "\(name) is no name for EHLO"
            case .recipient(let address, .refused(let stage, let reply)): "<\(address)>: \(reply) (while \(stage))"
            case .recipient(let address, .deferred(let stage, let reason)): "<\(address)>: \(reason) (while \(stage))"
            case .recipient(let address, .lostAfterContent(let reason)),
                .recipient(let address, .unsupported(let reason)):
                "<\(address)>: \(reason)"
            case .recipient(let address, .delivered(let reply)): "<\(address)>: \(reply)"
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

    /// Returns the reply to the message; throws for the first recipient that is refused (the others have the message then).
    package func submit(
        _ message: ByteBuffer, from sender: ReversePath, to recipients: [EmailAddress]
    ) async throws(Failure) -> SMTPReply {
        let connection = try await connect()
        let content = OutgoingContent(message)
        let result = await connection.send(
            OutgoingTransaction(
                sender: EnvelopeSender(path: sender, smtpUTF8: content.facts.hasUTF8Headers),
                recipients: recipients.map { EnvelopeRecipient(address: $0) }, size: UInt64(message.readableBytes),
                content: content))
        await connection.quit()
        var last = SMTPReply(250, nil, "no recipients")
        for (address, outcome) in zip(recipients, result.recipients) {
            guard case .delivered(let reply) = outcome else { throw .recipient(address, outcome) }
            last = reply
        }
        return last
    }

    /// Everything up to the login, to see whether it works.
    package func logIn() async throws(Failure) {
        await (try connect()).quit()
    }

    private func connect() async throws(Failure) -> OutgoingConnection {
        guard let name = Domain(helloName) else { throw .badHelloName(helloName) }
        let tls: OutgoingTLSUse =
            switch security {
            case .none: .none
            case .startTLS(let options): .required(options)
            case .implicitTLS(let options): .implicit(options)
            }
        let options = OutgoingOptions(
            heloName: name, tls: tls, credentials: credentials, timeLimits: OutgoingTimeLimits(all: timeout))
        do throws(OutgoingFailure) {
            return try await OutgoingConnection.connect(to: server, options: options, group: group)
        } catch {
            throw .session(error)
        }
    }
}
