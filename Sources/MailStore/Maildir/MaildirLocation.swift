import MailModel

/// Where one account's Maildir is, once it is known that this store can serve it.
struct MaildirLocation: Hashable, Sendable {
    /// INBOX's directory, and the one whose `.Name` entries are the folders; the same unless `INBOX=` says otherwise.
    var inbox: [UInt8]
    var path: [UInt8]

    init(_ location: MailboxLocation) throws(MailboxFailure) {
        guard location.format == .maildir else {
            throw MailboxFailure(
                .misconfigured, "\(location): the mbox store is not there yet: mail is deferred. Convert it to Maildir")
        }
        guard location.layout == .maildirPlusPlus else {
            throw MailboxFailure(
                .misconfigured, "\(location): LAYOUT=fs is not there yet; only LAYOUT=maildir++ is served")
        }
        guard location.control == nil || location.control == location.path else {
            throw MailboxFailure(
                .misconfigured, "\(location): CONTROL= is not served; the uidlist must lie in the Maildir")
        }
        self.inbox = location.inbox ?? location.path
        self.path = location.path
    }
}
