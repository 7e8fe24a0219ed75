import Accounts
import Directory
import MailModel
import Routing

/// Mailboxes as the accounts' user databases know them: for the whole address, then without its extension.
struct AccountMailboxes: MailboxLookup {
    let accounts: DirectoryAccounts
    let delimiter: RecipientDelimiter

    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let answer = await mailbox(for: address)
        return Answer(answer.outcome.map { [$0] }, steps: answer.steps)
    }

    private func mailbox(for address: EmailAddress) async -> Answer<LocalMailbox> {
        let whole = await accounts.mailbox(for: address)
        guard case .absent = whole.outcome else { return whole }
        let user = delimiter.user(of: address.localPart)
        guard user != address.localPart, let plain = EmailAddress(localPart: user, domain: address.domain) else {
            return whole
        }
        let answer = await accounts.mailbox(for: plain)
        var outcome = answer.outcome
        if case .found(var mailbox) = outcome {
            // Its owner sorts mail by the extension: Delivered-To has it, as Postfix writes it.
            mailbox.address = address
            outcome = .found(mailbox)
        }
        return Answer(outcome, steps: whole.steps + answer.steps)
    }
}
