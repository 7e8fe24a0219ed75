package import Directory
package import MailModel

/// What routing needs to know of mailboxes; accounts or tables answer it.
package protocol MailboxLookup: Sendable {
    /// The mailboxes behind a final address: one, or one for each account that has the address; never an empty list.
    /// `absent` only when the directory said so.
    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]>
}
