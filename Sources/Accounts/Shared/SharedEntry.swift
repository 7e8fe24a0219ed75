package import LDAP
package import MailModel

/// An entry that has a mailbox for others, as a rule reads it.
package struct SharedEntry: Hashable, Sendable {
    /// A folder of a sharable Maildir, the Maildir, and the link by which mail comes to the folder.
    package struct Linked: Hashable, Sendable {
        /// Absolute, without a trailing `/`.
        package var link: [UInt8]
        package var maildir: [UInt8]
        package var folder: MailboxName
    }

    /// Its DN.
    package var entryName: String
    /// One part of a mailbox's name.
    package var display: [UInt8]
    package var account: Account
    package var location: MailboxLocation
    /// Beside the one that mail goes to.
    package var folders: [MailboxName]
    package var linked: Linked?
}

extension SharedMailboxRule {
    package static let maximumFolders = 256

    /// What an entry says of its mailbox. Every value of it is input: what can't be a name or a path is a fault.
    package func shared(_ entry: LDAPEntry, _ accounts: AccountRules) throws(AccountFault) -> SharedEntry {
        var variables = LoginVariables(user: [], service: "imap")
        let fields = mapping.evaluate(entry, &variables)
        let display = try part(display.render(variables, EntryValues(entry)), "the name that clients see")
        let login = fields["user"] ?? display
        variables.user = login
        let account = try accounts.account(
            login: login, identity: entry.identity, fields: fields, variables)
        guard case .here(let location) = account.location else {
            throw AccountFault("its mailbox is on another machine")
        }
        var names: [MailboxName] = []
        let values = folders.map { entry[$0] } ?? []
        guard values.count <= Self.maximumFolders else {
            throw AccountFault("\(values.count) folders are more than \(Self.maximumFolders)")
        }
        for value in values {
            let name = try folder(value)
            if !names.contains(name) { names.append(name) }
        }
        var shared = SharedEntry(
            entryName: entry.name, display: display, account: account, location: location, folders: names)
        if let link {
            guard location.format == .maildir, location.layout == .maildirPlusPlus else {
                throw AccountFault("\(location) is no Maildir whose folders begin with a dot")
            }
            guard let value = entry[link.deliveryFolder].first else {
                throw AccountFault("\(link.deliveryFolder.spelling) is missing: it names the folder that mail goes to")
            }
            guard let slash = location.path.lastIndex(of: UInt8(ascii: "/")), slash > 0 else {
                throw AccountFault("\(location) has no parent for the sharable Maildir")
            }
            let maildir = Self.replacing(link.path, with: link.maildir, in: Array(location.path[..<slash]))
            shared.linked = .init(link: location.path, maildir: maildir, folder: try folder(value))
            shared.location.path = maildir
            // Between the words of a group's name (maildirmake(1) takes no blanks).
            shared.display = shared.display.map { $0 == 0x20 ? UInt8(ascii: "_") : $0 }
        }
        return shared
    }

    /// All mailboxes that it comes to for a reader.
    package func mailboxes(_ entry: SharedEntry) -> [SharedMailbox] {
        let whole = SharedMailbox(
            namespace: namespace, path: [entry.display], location: entry.location, owner: entry.account.owner,
            rights: rights, flags: flags, account: namespace == .otherUsers ? entry.account.login : nil)
        guard let linked = entry.linked else { return [whole] }
        // The sharable Maildir's own cur and new are nobody's mailbox: Courier shows its folders alone.
        return ([linked.folder] + entry.folders.filter { $0 != linked.folder }).map { folder in
            var mailbox = whole
            mailbox.path += folder.parts
            mailbox.isWhole = false
            mailbox.folder = folder
            return mailbox
        }
    }

    /// Names come to clients with separators between their parts, and to disk as they are.
    private func part(_ value: [UInt8], _ what: String) throws(AccountFault) -> [UInt8] {
        guard !value.isEmpty else { throw AccountFault("\(what) is empty") }
        guard value.count <= 200, MailboxName(parts: [value]) != nil, String(validating: value, as: UTF8.self) != nil
        else { throw AccountFault("\(what) is too long, holds control characters, or is no UTF-8") }
        guard !value.contains(UInt8(ascii: "/")), value.first != UInt8(ascii: ".") else {
            throw AccountFault("\(what), \"\(Self.shown(value))\", holds a / or begins with a dot")
        }
        // Courier allows no dots there; they would part the name in two.
        return value.map { $0 == UInt8(ascii: ".") ? UInt8(ascii: "_") : $0 }
    }

    /// `past.editions` is `editions` below `past`.
    private func folder(_ value: [UInt8]) throws(AccountFault) -> MailboxName {
        let parts = value.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
        guard value.count <= 200, !value.contains(UInt8(ascii: "/")), let name = MailboxName(parts: parts),
            !name.isInbox, String(validating: value, as: UTF8.self) != nil
        else { throw AccountFault("\"\(Self.shown(value))\" can't be the name of a folder") }
        return name
    }

    private static func shown(_ value: [UInt8]) -> String {
        String(decoding: value.prefix(64).map { $0 < 0x20 || $0 == 0x7F ? UInt8(ascii: "?") : $0 }, as: UTF8.self)
    }

    /// As sed's `s///g` does it: from left to right, nothing twice.
    static func replacing(_ old: [UInt8], with new: [UInt8], in text: [UInt8]) -> [UInt8] {
        guard !old.isEmpty else { return text }
        var result: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            if rest.starts(with: old) {
                result += new
                rest = rest.dropFirst(old.count)
            } else {
                result.append(rest.removeFirst())
            }
        }
        return result
    }
}
