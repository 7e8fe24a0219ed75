import Directory
import MailModel
import Routing
import SMTP
import SiteConfiguration
import Synchronization

extension SMTPSession {
    /// RCPT where only users have mail (`recipients: accounts`): the address is asked of the user databases as it is, whatever
    /// its domain; no alias, no group, nothing that leads elsewhere.
    func account(
        _ recipient: EnvelopeRecipient, of sender: EnvelopeSender, _ site: Site, _ session: SMTPSessionFacts
    ) async -> SMTPReply {
        let resolution = await site.accountResolution(of: recipient.address)
        guard case .deliver = resolution.verdict else {
            log(reject: resolution.reply, "RCPT", session, sender, to: recipient.address, steps: resolution.steps)
            return resolution.reply
        }
        transaction.withLock { $0?.add(resolution, as: recipient) }
        return resolution.reply
    }
}

extension Site {
    func accountResolution(of address: EmailAddress) async -> Resolution {
        let mailboxes = AccountMailboxes(
            accounts: addressAccounts, delimiter: router.options.recipientDelimiter)
        let answer = await mailboxes.mailboxes(for: address)
        let verdict: Resolution.Verdict =
            switch answer.outcome {
            case .found(let mailboxes): .deliver(mailboxes.map { .mailbox($0) })
            case .absent: .refuse(RoutingReply.rejected(address, EnhancedStatusCode(5, 1, 1), "User unknown"))
            case .unavailable(let reason):
                .deferred(
                    reason.kind == .misconfigured
                        ? RoutingReply.serverConfigurationError(address) : RoutingReply.temporaryLookupFailure(address))
            }
        return Resolution(recipient: address, verdict: verdict, steps: answer.steps)
    }
}

extension [SMTPReply] {
    /// RFC 2033 §4.2: one for each recipient, also where the message as a whole is refused.
    func forAll(_ transaction: SMTPTransaction, _ session: SMTPSessionFacts) -> [SMTPReply] {
        guard session.isLMTP, count == 1, let only = first else { return self }
        return Array(repeating: only, count: Swift.max(transaction.recipients.count, 1))
    }
}
