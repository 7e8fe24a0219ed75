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
        /// A message that comes in pieces, once the first has come.
        var stream: StreamedDelivery?
        var size = 0
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
        let (outcome, _) = await sites.current.submissionAccounts.logIn(request)
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
            site: site, id: MessageIDs.make(), sender: sender, delivery: site.deliveryTransaction(from: sender))
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
            // A yes that leads nowhere would be a message lost.
            let reply = decision.reply.isPositive ? SMTPReply.noTransaction : decision.reply
            log(reject: reply, "RCPT", session, sender, (recipient.address, decision))
            return reply
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
        guard !isLooping(body) else { return [HopCount.tooManyHops] }
        let report = await transaction.delivery.deliver(body: body, traceHeaders: received(transaction, session))
        return end(transaction, report, session, size: body.readableBytes)
    }

    func append(_ chunk: ByteBuffer, _ session: SMTPSessionFacts) async -> SMTPReply? {
        guard let current = transaction.withLock({ $0 }) else { return .noTransaction }
        let stream: StreamedDelivery
        if let started = current.stream {
            stream = started
        } else {
            guard !isLooping(chunk) else { return HopCount.tooManyHops }
            stream = await current.delivery.begin(traceHeaders: received(current, session))
        }
        let failure = await stream.append(chunk)
        transaction.withLock { transaction in
            transaction?.stream = stream
            transaction?.size += chunk.readableBytes
        }
        guard let failure else { return nil }
        logger.error(
            "message can't be stored", metadata: ["message": "\(current.id)", "reason": "\(failure.reason)"])
        return failure.smtpReply
    }

    func finish(_ session: SMTPSessionFacts) async -> [SMTPReply] {
        guard let transaction = take(), let stream = transaction.stream else { return [.noTransaction] }
        return end(transaction, await stream.commit(), session, size: transaction.size)
    }

    func abort(_ session: SMTPSessionFacts) async {
        await take()?.stream?.abort()
    }

    private func isLooping(_ start: ByteBuffer) -> Bool {
        guard HopCount.receivedFields(in: start) > HopCount.limit else { return false }
        logger.warning("a message has been relayed too often: there is a loop")
        return true
    }

    private func take() -> Transaction? {
        transaction.withLock { transaction in
            defer { transaction = nil }
            return transaction
        }
    }

    private func received(_ transaction: Transaction, _ session: SMTPSessionFacts) -> [UInt8] {
        transaction.site.traceHeaders.received(
            session, id: transaction.id,
            recipient: transaction.recipients.count == 1 ? transaction.recipients[0] : nil,
            smtpUTF8: transaction.sender.smtpUTF8
        ).bytes
    }

    /// Logs what became of a message and words the reply.
    private func end(
        _ transaction: Transaction, _ report: DeliveryReport, _ session: SMTPSessionFacts, size: Int
    ) -> [SMTPReply] {
        var logger = logger
        logger[metadataKey: "message"] = "\(transaction.id)"
        var fields: Logger.Metadata = [
            "from": "<\(transaction.sender.path)>", "size": "\(size)", "nrcpt": "\(transaction.recipients.count)",
            "client": "unknown[\(session.connection.remoteAddress ?? "local")]",
        ]
        if let login = session.login { fields["sasl_username"] = "\(login)" }
        logger.info("message", metadata: fields)
        for copy in report.copies {
            logger.log(level: copy.outcome.reply == nil ? .info : .error, "\(copy.logText)")
        }
        let accepted = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok: delivered as \(transaction.id)")
        return [report.smtpReply(accepted: accepted)]
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
            if let reason = steps.firstFailure {
                fields["reason"] = "\(reason)"
            } else if recipient.decision.reply.isTransient, let reason = steps.lastDecision {
                fields["reason"] = "\(reason)"
            }
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
