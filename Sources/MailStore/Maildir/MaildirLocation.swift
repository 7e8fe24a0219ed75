import MailModel

/// Where one account's Maildir is, once it is known that this store can serve it.
struct MaildirLocation: Hashable, Sendable {
    /// INBOX's directory; `path` unless `INBOX=` says otherwise.
    var inbox: [UInt8]
    /// Below which the other folders lie.
    var path: [UInt8]
    var names = FolderNames()
    /// Below which the files lie that are about mail and no mail (UID lists, keywords, subscriptions, `maildirsize`); nil
    /// where these lie beside the mail.
    var control: [UInt8]?

    /// Where new mail goes: all that delivery asks. How folders lie does not matter to it.
    static func inbox(of location: MailboxLocation) throws(MailboxFailure) -> [UInt8] {
        guard location.format == .maildir else {
            throw MailboxFailure(.misconfigured, "\(location) is no Maildir")
        }
        return location.inbox ?? location.path
    }

    init(_ location: MailboxLocation) throws(MailboxFailure) {
        inbox = try Self.inbox(of: location)
        path = location.path
        names = FolderNames(layout: location.layout, isUTF8: location.usesUTF8)
        if let control = location.control, control != location.path { self.control = control }
    }

    /// Where what belongs to all folders of the account is kept.
    var accountControl: [UInt8] { control ?? path }

    func place(_ name: MailboxName) throws(MailboxFailure) -> FolderPlace {
        guard !name.isInbox else {
            // Dovecot's own place for it, although INBOX has no name on disk.
            let control = control.map { $0 + names.inboxControl }
            return FolderPlace(
                path: inbox, accountPath: path, controlPath: control ?? inbox, accountControlPath: accountControl)
        }
        let relative = [UInt8(ascii: "/")] + (try names.path(name))
        return FolderPlace(
            path: path + relative, accountPath: path, controlPath: (control ?? path) + relative,
            accountControlPath: accountControl)
    }
}
