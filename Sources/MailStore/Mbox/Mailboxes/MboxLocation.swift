import MailModel

/// Where one account's mboxes are: INBOX in a file of its own, the others below a root.
struct MboxLocation: Hashable, Sendable {
    var inbox: [UInt8]
    /// Nil where the location is a file alone, as Postfix's tables name one: then there is INBOX and nothing else.
    var root: [UInt8]?
    /// Where `.subscriptions` lies.
    var control: [UInt8]?

    init(_ location: MailboxLocation) throws(MailboxFailure) {
        guard location.inbox != location.path else {
            inbox = location.path
            return
        }
        guard location.layout == .fileSystem else {
            throw MailboxFailure(.misconfigured, "\(location): mbox folders lie in LAYOUT=fs alone")
        }
        root = location.path
        inbox = location.inbox ?? location.path + Array("/inbox".utf8)
        control = location.control ?? location.path
    }

    /// Where new mail goes.
    static func inbox(of location: MailboxLocation) -> [UInt8] {
        location.inbox ?? location.path + Array("/inbox".utf8)
    }

    func place(_ name: MailboxName) throws(MailboxFailure) -> MboxPlace {
        guard !name.isInbox else { return place(inbox, [Array("INBOX".utf8)]) }
        guard let root else {
            throw MailboxFailure(
                .notPermitted, "\(name): this account has one mbox, \(pathText(inbox)), and no folder for others")
        }
        let parts = try Self.parts(name)
        let path = root + parts.flatMap { [UInt8(ascii: "/")] + $0 }
        guard path != inbox else { throw MailboxFailure(.notPermitted, "\(name) is the file of INBOX") }
        return place(path, parts)
    }

    private func place(_ path: [UInt8], _ parts: [[UInt8]]) -> MboxPlace {
        MboxPlace(path: path, stateDirectory: state(of: parts), accountPath: accountPath)
    }

    var accountPath: [UInt8] { root ?? inbox }

    /// Dovecot's own files of the mailbox lie there, too.
    func state(of parts: [[UInt8]]) -> [UInt8]? {
        root.map { Self.state(of: parts, in: $0) }
    }

    static func state(of parts: some Sequence<[UInt8]>, in root: [UInt8]) -> [UInt8] {
        root + Array("/.imap".utf8) + parts.flatMap { [UInt8(ascii: "/")] + $0 }
    }

    /// A mailbox's file and directory names.
    static func parts(_ name: MailboxName) throws(MailboxFailure) -> [[UInt8]] {
        guard name.namespace == nil else {
            throw MailboxFailure(.notPermitted, "\(name) is a mailbox of another account")
        }
        var parts: [[UInt8]] = []
        for part in name.parts {
            guard let encoded = ModifiedUTF7.encode(part), encoded.count <= 200 else {
                throw MailboxFailure(.notPermitted, "mailbox name \(name) is not UTF-8, or too long")
            }
            guard isMailbox(encoded) else {
                throw MailboxFailure(
                    .notPermitted, "mailbox name \(name): a part holds a /, begins with a . or ends in .lock")
            }
            parts.append(encoded)
        }
        return parts
    }

    /// Not Dovecot's indexes, the subscriptions, nor a lock.
    static func isMailbox(_ file: [UInt8]) -> Bool {
        !file.isEmpty && file.first != UInt8(ascii: ".") && !file.contains(UInt8(ascii: "/"))
            && !file.suffix(5).elementsEqual(".lock".utf8)
    }
}
