import MailModel

/// Where one account's Maildir is, once it is known that this store can serve it.
struct MaildirLocation: Hashable, Sendable {
    /// INBOX's directory, and the one whose `.Name` entries are the folders; the same unless `INBOX=` says otherwise.
    var inbox: [UInt8]
    var path: [UInt8]

    /// Where new mail goes: all that delivery asks. How folders lie and where the uidlist is kept does not matter to it.
    static func inbox(of location: MailboxLocation) throws(MailboxFailure) -> [UInt8] {
        guard location.format == .maildir else {
            throw MailboxFailure(.misconfigured, "\(location) is no Maildir")
        }
        return location.inbox ?? location.path
    }

    init(inbox: [UInt8], path: [UInt8]) {
        self.inbox = inbox
        self.path = path
    }

    init(_ location: MailboxLocation) throws(MailboxFailure) {
        let inbox = try Self.inbox(of: location)
        guard location.layout == .maildirPlusPlus else {
            throw MailboxFailure(
                .misconfigured, "\(location): LAYOUT=fs is not there yet; only LAYOUT=maildir++ is served")
        }
        guard location.control == nil || location.control == location.path else {
            throw MailboxFailure(
                .misconfigured, "\(location): CONTROL= is not served; the uidlist must lie in the Maildir")
        }
        self.inbox = inbox
        self.path = location.path
    }
}
