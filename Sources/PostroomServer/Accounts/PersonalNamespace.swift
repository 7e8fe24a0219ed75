import IMAP
import MailModel
import SiteConfiguration

/// The namespace that holds INBOX as clients see it: how its names are written, which of its mailboxes are there without
/// anybody having made them, and what they are for.
struct PersonalNamespace: Sendable {
    /// Maildir++'s own separator and no prefix, as Dovecot has it where no namespace says otherwise.
    private(set) var naming = MailboxNameCoding(separator: UInt8(ascii: "."))
    /// Dovecot's `auto`: shown from the first login on, made when they are first used. Whether they are subscribed, too.
    private(set) var automatic: [MailboxName: Bool] = [:]
    /// `special_use` by name; nil where nothing is said of any mailbox, and names speak for themselves.
    private(set) var specialUses: [MailboxName: MailboxListing.SpecialUse]?

    /// A site that says which character separates names means it for every form of mailbox.
    private var hasOwnSeparator = false

    init() {}

    init(_ namespaces: [NamespaceModel], _ faults: FaultCollector) {
        for namespace in namespaces where namespace.kind.value == .personal && !namespace.isInbox {
            faults.warning(
                at: namespace.kind.location, "namespace \(namespace.name): mailboxes beside INBOX's own are not shown",
                remedy: "clients see the namespace that holds INBOX")
        }
        guard let namespace = namespaces.first(where: { $0.kind.value == .personal && $0.isInbox }) else { return }
        if let naming = Self.naming(namespace, faults) { self.naming = naming }
        hasOwnSeparator = namespace.separator != nil || !(namespace.prefix?.value ?? "").isEmpty
        for mailbox in namespace.mailboxes { add(mailbox, faults) }
    }

    /// As clients of an account see it: mboxes are files in directories, whose names have a `/` between them unless the site
    /// says otherwise.
    func serving(_ location: MailboxLocation) -> PersonalNamespace {
        guard location.format == .mbox, !hasOwnSeparator else { return self }
        var namespace = self
        namespace.naming = MailboxNameCoding(separator: UInt8(ascii: "/"))
        return namespace
    }

    private static func naming(_ namespace: NamespaceModel, _ faults: FaultCollector) -> MailboxNameCoding? {
        let text = Array((namespace.separator?.value ?? ".").utf8)
        guard let separator = text.first, text.count == 1, separator > 0x20, separator < 0x7F,
            !"%*\"\\&".utf8.contains(separator)
        else {
            faults.error(
                at: namespace.separator?.location ?? namespace.kind.location,
                "namespace \(namespace.name): \(namespace.separator?.value ?? "") can't separate the parts of names",
                remedy: "one character, for example . or /")
            return nil
        }
        guard let prefix = namespace.prefix, !prefix.value.isEmpty else {
            return MailboxNameCoding(separator: separator)
        }
        var parts = prefix.value.utf8.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
        guard parts.count > 1, parts.removeLast().isEmpty, parts.count <= 8, MailboxName(parts: parts) != nil else {
            faults.error(
                at: prefix.location,
                "namespace \(namespace.name): the prefix \(prefix.value) does not end in the separator",
                remedy: "for example INBOX\(String(decoding: text, as: UTF8.self))")
            return nil
        }
        return MailboxNameCoding(separator: separator, prefix: parts)
    }

    private mutating func add(_ mailbox: MailboxModel, _ faults: FaultCollector) {
        let parts = mailbox.name.value.utf8.split(separator: naming.separator, omittingEmptySubsequences: false)
            .map(Array.init)
        // Maildir++ has dots between the parts, and files no slashes in their names.
        let isPossible = !parts.contains { $0.contains(UInt8(ascii: ".")) || $0.contains(UInt8(ascii: "/")) }
        guard isPossible, let name = MailboxName(parts: parts),
            !mailbox.name.value.contains(where: { "*?".contains($0) })
        else {
            faults.warning(
                at: mailbox.name.location, "what is said of mailbox \(mailbox.name.value) has no effect",
                remedy: "name one mailbox, without the prefix, whose parts hold no . and no /")
            return
        }
        if mailbox.creation != .no, !name.isInbox { automatic[name] = mailbox.creation == .subscribe }
        guard let use = mailbox.specialUses.first else { return }
        guard let known = MailboxListing.SpecialUse.allCases.first(where: { "\\" + $0.rawValue == use.value }) else {
            faults.warning(
                at: use.location, "\(use.value) is no use of a mailbox",
                remedy: MailboxListing.SpecialUse.allCases.map { "\\" + $0.rawValue }.joined(separator: " "))
            return
        }
        if mailbox.specialUses.count > 1 {
            faults.warning(
                at: use.location, "mailbox \(mailbox.name.value) is shown as \(use.value) alone",
                remedy: "name one use of each mailbox")
        }
        specialUses = (specialUses ?? [:]).merging([name: known]) { $1 }
    }

    /// A store's mailboxes with those that are there by themselves, and with the uses that the site gives them.
    func completed(_ listings: [MailboxListing]) -> [MailboxListing] {
        var listings = listings
        var missing = automatic
        for index in listings.indices {
            guard let isSubscribed = missing.removeValue(forKey: listings[index].name) else { continue }
            listings[index].isSelectable = true
            // As for Dovecot: nobody gets rid of them.
            listings[index].isSubscribed = listings[index].isSubscribed || isSubscribed
        }
        listings += missing.map { MailboxListing(name: $0.key, isSubscribed: $0.value) }
        guard let specialUses else { return listings }
        return listings.map { listing in
            var listing = listing
            listing.specialUse = specialUses[listing.name]
            return listing
        }
    }
}
