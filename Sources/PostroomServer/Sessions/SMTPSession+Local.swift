import Delivery
import Directory
import Logging
import MailModel
import Net
import Policy
import Routing
import SMTP
import Synchronization

/// What is different for programs of this machine.
extension SMTPSession {
    /// authorized_submit_users: who may not send is told so at MAIL.
    func localRefusal(_ site: Site, _ session: SMTPSessionFacts) async -> SMTPReply? {
        guard let uid = session.connection.peerUID else { return nil }
        switch await site.maySubmit(uid: uid) {
        case .found(true): return nil
        case .found(false), .absent:
            return SMTPReply(
                550, EnhancedStatusCode(5, 7, 1), "User uid=\(uid) is not allowed to submit mail (local.users)")
        case .unavailable:
            return SMTPReply(451, EnhancedStatusCode(4, 3, 0), "Error: temporary lookup failure")
        }
    }

    /// The reply to a recipient that the directory does not tell of now. It is taken and resolved later, as Postfix does with
    /// mail of sendmail(1): the program is gone when the directory is back, and would lose the message. Nil for everybody
    /// else, who keeps it and is told 451.
    func takenUnresolved(
        _ recipient: EnvelopeRecipient, _ decision: SMTPPolicy.RecipientDecision, _ session: SMTPSessionFacts
    ) -> SMTPReply? {
        guard transaction.withLock({ $0?.origin.waitsForDirectory ?? false }), let resolution = decision.resolution,
            resolution.isUnavailable, decision.reply == resolution.reply
        else { return nil }
        logger.warning(
            "a recipient waits for the directory",
            metadata: ["to": "<\(recipient.address)>", "reply": "\(resolution.reply)"])
        return SMTPReply(250, EnhancedStatusCode(2, 1, 5), "Ok: it will be looked up when the directory answers")
    }

    /// `postroom send` ends after the message: what it was told of a recipient beside others reaches nobody. A program that
    /// speaks SMTP itself (`sendmail -bs`) knows what to do with a refusal.
    func noteRefused(_ recipient: EnvelopeRecipient, _ session: SMTPSessionFacts) {
        guard session.connection.peerUID != nil, session.helo == LocalMail.helloName else { return }
        transaction.withLock { $0?.noteRefused(recipient) }
    }
}
