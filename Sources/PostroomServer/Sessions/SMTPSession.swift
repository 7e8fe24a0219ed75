import Accounts
import Delivery
import Logging
import MailModel
import NIOCore
import Net
import Policy
import Routing
import SMTP
import SiteConfiguration
import Synchronization

/// One SMTP connection joined to the site: logins to accounts, recipients to policy and routing, messages to delivery.
///
/// The engine asks one thing at a time, so nothing here runs beside itself; the mutex only makes that visible.
final class SMTPSession: SMTPServices {
    private struct Transaction {
        let site: Site
        let id: String
        let sender: EnvelopeSender
        var delivery: DeliveryTransaction
        var recipients: [EmailAddress] = []
        var size = 0
        var started = false
    }

    private let sites: SiteHolder
    private let kind: ListenerModel.Kind
    private let logger: Logger
    private let transaction = Mutex<Transaction?>(nil)

    init(_ sites: SiteHolder, _ kind: ListenerModel.Kind, _ connection: ConnectionFacts) {
        self.sites = sites
        self.kind = kind
        var logger = Logger(label: kind.rawValue)
        logger[metadataKey: "session"] = "\(connection.sessionID)"
        self.logger = logger
    }

    // MARK: Login

    func authenticate(
        _ credentials: SMTPCredentials, _ session: SMTPSessionFacts
    ) async -> SMTPAuthenticationOutcome {
        let request = LoginRequest(
            login: credentials.login, authorizationIdentity: credentials.authorizationIdentity,
            password: credentials.password, service: "submission", remoteAddress: session.connection.remoteAddress,
            localAddress: session.connection.localAddress, isSecured: session.connection.tls != nil)
        let (outcome, _) = await sites.current.accounts.logIn(request)
        LoginLog.write(outcome, request, logger)
        switch outcome {
        case .accepted(let account): return .accepted(login: account.login)
        case .rejected: return .rejected
        case .unavailable: return .unavailable
        }
    }

    // MARK: Envelope

    func sender(_ sender: EnvelopeSender, _ session: SMTPSessionFacts) async -> SMTPReply? {
        let site = sites.current
        let (reply, _) = await site.policy(for: kind).sender(sender.path, client: facts(session))
        if let reply, !reply.isPositive {
            log(reject: reply, "MAIL", session, sender, nil)
            return reply
        }
        let new = Transaction(
            site: site, id: MessageIDs.make(), sender: sender, delivery: site.deliveryTransaction())
        transaction.withLock { $0 = new }
        return reply
    }

    func recipient(
        _ recipient: EnvelopeRecipient, of sender: EnvelopeSender, _ session: SMTPSessionFacts
    ) async -> SMTPReply {
        guard let site = transaction.withLock({ $0?.site }) else { return .noTransaction }
        let decision = await site.policy(for: kind).recipient(
            recipient.address, sender: sender.path, client: facts(session))
        guard decision.reply.isPositive, let resolution = decision.resolution else {
            log(reject: decision.reply, "RCPT", session, sender, (recipient.address, decision))
            return decision.reply
        }
        for dead in resolution.deadTargets {
            logger.warning(
                "an alias has a target that does not exist",
                metadata: ["alias": "\(recipient.address)", "target": "\(dead)"])
        }
        transaction.withLock { transaction in
            transaction?.delivery.add(resolution)
            transaction?.recipients.append(recipient.address)
        }
        return decision.reply
    }

    // MARK: Message

    func deliver(_ body: ByteBuffer, _ session: SMTPSessionFacts) async -> [SMTPReply] {
        guard let transaction = take() else { return [.noTransaction] }
        let report = await transaction.delivery.deliver(
            body: body, traceHeaders: received(transaction, session), returnPath: returnPath(transaction))
        return end(transaction, report, session, size: body.readableBytes)
    }

    func append(_ chunk: ByteBuffer, _ session: SMTPSessionFacts) async -> SMTPReply? {
        guard var current = transaction.withLock({ $0 }) else { return .noTransaction }
        if !current.started {
            current.started = true
            if let failure = await current.delivery.begin(
                traceHeaders: received(current, session), returnPath: returnPath(current))
            {
                return failure
            }
        }
        let failure = await current.delivery.append(chunk)
        current.size += chunk.readableBytes
        let updated = current
        transaction.withLock { $0 = updated }
        return failure
    }

    func finish(_ session: SMTPSessionFacts) async -> [SMTPReply] {
        guard let transaction = take() else { return [.noTransaction] }
        let report = await transaction.delivery.finish()
        return end(transaction, report, session, size: transaction.size)
    }

    func abort(_ session: SMTPSessionFacts) async {
        guard let transaction = take() else { return }
        await transaction.delivery.abort()
    }

    private func take() -> Transaction? {
        transaction.withLock { transaction in
            defer { transaction = nil }
            return transaction
        }
    }

    private func received(_ transaction: Transaction, _ session: SMTPSessionFacts) -> ComposedHeaderField {
        transaction.site.traceHeaders.received(
            session, id: transaction.id,
            recipient: transaction.recipients.count == 1 ? transaction.recipients[0] : nil,
            smtpUTF8: transaction.sender.smtpUTF8)
    }

    private func returnPath(_ transaction: Transaction) -> ComposedHeaderField {
        transaction.site.traceHeaders.returnPath(transaction.sender.path)
    }

    /// Logs what became of a message and words the reply.
    private func end(
        _ transaction: Transaction, _ report: DeliveryReport, _ session: SMTPSessionFacts, size: Int
    ) -> [SMTPReply] {
        var logger = logger
        logger[metadataKey: "message"] = "\(transaction.id)"
        var accepted: Logger.Metadata = [
            "from": "<\(transaction.sender.path)>", "size": "\(size)", "nrcpt": "\(transaction.recipients.count)",
            "client": "unknown[\(session.connection.remoteAddress ?? "local")]",
        ]
        if let login = session.login { accepted["sasl_username"] = "\(login)" }
        logger.info("message", metadata: accepted)
        report.log(to: logger)
        return [report.reply(id: transaction.id)]
    }

    private func facts(_ session: SMTPSessionFacts) -> ClientFacts {
        ClientFacts(
            address: session.connection.remoteAddress.flatMap { Policy.IPAddress($0) }, helo: session.helo,
            login: session.login)
    }

    private func log(
        reject reply: SMTPReply, _ command: String, _ session: SMTPSessionFacts, _ sender: EnvelopeSender,
        _ recipient: (address: EmailAddress, decision: SMTPPolicy.RecipientDecision)?
    ) {
        var fields: Logger.Metadata = [
            "client": "unknown[\(session.connection.remoteAddress ?? "local")]", "from": "<\(sender.path)>",
            "reply": "\(reply)", "helo": "<\(session.helo ?? "")>",
        ]
        if let login = session.login { fields["sasl_username"] = "\(login)" }
        if let recipient {
            fields["to"] = "<\(recipient.address)>"
            // A client is told nothing of our troubles; the log names them.
            let steps = recipient.decision.steps + (recipient.decision.resolution?.steps ?? [])
            if let reason = steps.firstFailure { fields["reason"] = "\(reason)" }
        }
        logger.log(
            level: reply.isTransient ? .warning : .info, "NOQUEUE: reject: \(command)", metadata: fields)
    }
}

extension SMTPReply {
    /// Can't happen in an engine's order of questions.
    fileprivate static let noTransaction = SMTPReply(
        451, EnhancedStatusCode(4, 3, 0), "Error: no transaction")
}
