import Delivery
import Directory
import Logging
import MailModel
import Net
import Policy
import SMTP

extension SMTPSession {
    /// Logs what became of a message and words the reply.
    func end(_ transaction: SMTPTransaction, _ report: DeliveryReport, _ session: SMTPSessionFacts) -> [SMTPReply] {
        let logger = log(message: transaction, session)
        for copy in report.copies {
            logger.log(level: copy.outcome.reply == nil ? .info : .error, "\(copy.logText)")
        }
        let word = report.isQueued ? "queued" : "delivered"
        let accepted = SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok: \(word) as \(transaction.id)")
        let required = transaction.required(report)
        guard session.isLMTP, transaction.effects.redirect == nil else {
            return [required.smtpReply(accepted: accepted)]
        }
        return transaction.recipients.map { required.smtpReply(for: $0, accepted: accepted) }
    }

    /// DISCARD: the client is told what it would be told of a message that was kept.
    func discarded(_ transaction: SMTPTransaction, _ session: SMTPSessionFacts) -> SMTPReply {
        let logger = log(message: transaction, session)
        for recipient in transaction.recipients {
            logger.notice("to=<\(recipient)>, status=sent (discarded by an access table)")
        }
        return SMTPReply(250, EnhancedStatusCode(2, 0, 0), "Ok: delivered as \(transaction.id)")
    }

    private func log(message transaction: SMTPTransaction, _ session: SMTPSessionFacts) -> Logger {
        var logger = logger
        logger[metadataKey: "message"] = "\(transaction.id)"
        var fields: Logger.Metadata = [
            "from": "<\(transaction.returnPath)>", "size": "\(transaction.size)",
            "nrcpt": "\(transaction.recipients.count)",
            "client": "unknown[\(session.connection.remoteAddress ?? "local")]",
        ]
        if let login = session.login { fields["sasl_username"] = "\(login)" }
        logger.info("message", metadata: fields)
        return logger
    }

    /// What access tables and policy services say for the log.
    func log(_ notes: [String], _ id: String) {
        for note in notes { logger.notice("\(note)", metadata: ["message": "\(id)"]) }
    }

    func log(
        reject reply: SMTPReply, _ command: String, _ session: SMTPSessionFacts, _ sender: EnvelopeSender,
        to recipient: EmailAddress? = nil, steps: [TraceStep] = []
    ) {
        var fields: Logger.Metadata = [
            "client": "unknown[\(session.connection.remoteAddress ?? "local")]", "from": "<\(sender.path)>",
            "reply": "\(reply)", "helo": "<\(session.helo ?? "")>",
        ]
        if let login = session.login { fields["sasl_username"] = "\(login)" }
        if let recipient { fields["to"] = "<\(recipient)>" }
        // A client is told nothing of our troubles; the log names them.
        if let reason = steps.firstFailure {
            fields["reason"] = "\(reason)"
        } else if reply.isTransient, let reason = steps.lastDecision {
            fields["reason"] = "\(reason)"
        }
        logger.log(
            level: reply.isTransient ? .warning : .info, "NOQUEUE: reject: \(command)", metadata: fields)
    }
}
