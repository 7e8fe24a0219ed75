import IMAP
import MailModel
import SiteConfiguration

/// The namespaces of a site beside the personal one, and what is in them for everybody.
struct SharedNamespaces: Sendable {
    /// A mailbox with its whole name as clients see it.
    struct Placed: Hashable, Sendable {
        var parts: [[UInt8]]
        var mailbox: SharedMailbox
        /// The site's own, whose root is only a name.
        var hidesInbox = false

        /// What clients call a mailbox of the account; nil for one that they are not shown.
        func shown(_ name: MailboxName) -> MailboxName? {
            guard mailbox.isWhole else {
                return name == mailbox.folder ? MailboxName(parts: parts, in: mailbox.namespace) : nil
            }
            guard !(name.isInbox && hidesInbox) else { return nil }
            return MailboxName(parts: name.isInbox ? parts : parts + name.parts, in: mailbox.namespace)
        }
    }

    private(set) var foreign: [MailboxNameCoding.Foreign] = []
    /// Dovecot's public namespaces that have a location of their own.
    private(set) var everybodys: [Placed] = []
    /// Those in which each reader has a `\Seen` of his own.
    private var ownSeen: Set<SharedMailbox.Namespace> = []
    /// Whether ACLs count; otherwise what everybody sees everybody may change, as far as Dovecot's own acl plugin goes.
    private var hasRights = true

    /// More than any client shows.
    static let maximumMailboxes = 10_000

    init() {}

    init(
        _ namespaces: [NamespaceModel], separator: UInt8, owner: Owner?, hasRights: Bool = true,
        _ faults: FaultCollector
    ) {
        self.hasRights = hasRights
        for namespace in namespaces where namespace.kind.value != .personal {
            add(namespace, separator: separator, owner: owner, faults)
        }
    }

    /// Courier's and Dovecot's usual names for kinds of which the site says nothing.
    mutating func addUsual() {
        for (kind, name) in [(SharedMailbox.Namespace.otherUsers, "user"), (.shared, "shared")]
        where !foreign.contains(where: { $0.kind == kind }) {
            foreign.append(MailboxNameCoding.Foreign(kind, prefix: [Array(name.utf8)]))
        }
    }

    private mutating func add(
        _ namespace: NamespaceModel, separator: UInt8, owner: Owner?, _ faults: FaultCollector
    ) {
        let kind: SharedMailbox.Namespace = namespace.kind.value == .shared ? .otherUsers : .shared
        let written = namespace.prefix?.value ?? ""
        // A shared namespace's own ends in the variables of whose mailboxes they are: `shared/%%u/`.
        let prefix = String(written.prefix { $0 != "%" })
        if let own = namespace.separator, Array(own.value.utf8) != [separator] {
            faults.warning(
                at: own.location, "namespace \(namespace.name): its names are parted as those of INBOX's namespace",
                remedy: "use the same separator in all namespaces")
        }
        var parts = prefix.utf8.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == separator || $0 == UInt8(ascii: "/") }
        ).map(Array.init)
        guard parts.count > 1, parts.removeLast().isEmpty, parts.count <= 8, MailboxName(parts: parts, in: kind) != nil,
            parts != [Array("INBOX".utf8)]
        else {
            faults.warning(
                at: namespace.prefix?.location ?? namespace.kind.location,
                "namespace \(namespace.name): its mailboxes are not shown",
                remedy:
                    "give it a prefix that ends in the separator, for example shared\(Character(UnicodeScalar(separator)))"
            )
            return
        }
        if !foreign.contains(where: { $0.prefix == parts }) {
            foreign.append(MailboxNameCoding.Foreign(kind, prefix: parts))
        }
        guard kind == .shared, let location = namespace.mailLocation else {
            if namespace.hasOwnSeen { ownSeen.insert(kind) }
            return
        }
        guard let place = MailboxLocation(fixed: location.value), let owner else {
            faults.warning(
                at: location.location, "namespace \(namespace.name): its location is not served",
                remedy: "maildir:/path without variables, and one owner of all mail (store.owner)")
            return
        }
        everybodys.append(
            Placed(
                parts: parts,
                mailbox: SharedMailbox(
                    namespace: kind, path: [], location: place, owner: owner, rights: hasRights ? nil : .all,
                    flags: namespace.hasOwnSeen ? .perUser : .shared),
                hidesInbox: true))
    }

    /// A directory's mailboxes below the first namespace of their kind; those without one are left out.
    func placed(_ mailboxes: [SharedMailbox], separator: UInt8) -> [Placed] {
        mailboxes.prefix(Self.maximumMailboxes).compactMap { mailbox in
            guard let namespace = foreign.first(where: { $0.kind == mailbox.namespace }), !mailbox.path.isEmpty else {
                return nil
            }
            // A login with the separator in it is shown as what its client will send.
            let below = mailbox.path.flatMap {
                $0.split(separator: separator, omittingEmptySubsequences: false).map(Array.init)
            }
            guard let name = MailboxName(parts: namespace.prefix + below, in: mailbox.namespace) else { return nil }
            var placed = Placed(parts: name.parts, mailbox: mailbox)
            if ownSeen.contains(mailbox.namespace) { placed.mailbox.flags = .perUser }
            return placed
        }
    }
}

extension MailboxLocation {
    /// `maildir:/path` or `mbox:/path` without variables. Of the options only those that say where Dovecot's indexes lie.
    fileprivate init?(fixed text: String) {
        let parts = text.split(separator: ":").map(String.init)
        guard parts.count >= 2, let format = Format(rawValue: parts[0]), parts[1].hasPrefix("/"),
            !parts[1].contains(where: { "%~".contains($0) }),
            parts.dropFirst(2).allSatisfy({ $0.hasPrefix("INDEX=") || $0.hasPrefix("INDEXPVT=") })
        else { return nil }
        self.init(format: format, path: Array(parts[1].utf8))
    }
}
