package import Directory
package import MailModel

/// What routing needs to know of mailboxes; accounts or tables answer it.
package protocol MailboxLookup: Sendable {
    /// The mailbox behind a final address. `absent` only when the directory said so.
    func mailbox(for address: EmailAddress) async -> Answer<LocalMailbox>
}
