import Accounts
import Directory
import MailModel
import Routing

/// Mailboxes as the accounts' user databases know them: for the whole address, then without its extension.
struct AccountMailboxes: MailboxLookup {
    let accounts: DirectoryAccounts
    let delimiter: RecipientDelimiter

    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let whole = await accounts.mailboxes(for: address)
        guard case .absent = whole.outcome else { return whole }
        let user = delimiter.user(of: address.localPart)
        guard user != address.localPart, let plain = EmailAddress(localPart: user, domain: address.domain) else {
            return whole
        }
        let answer = await accounts.mailboxes(for: plain)
        let outcome = answer.outcome.map { mailboxes in
            mailboxes.map { mailbox in
                var mailbox = mailbox
                // Its owner sorts mail by the extension: Delivered-To has it, as Postfix writes it.
                mailbox.address = address
                return mailbox
            }
        }
        return Answer(outcome, steps: whole.steps + answer.steps)
    }
}
