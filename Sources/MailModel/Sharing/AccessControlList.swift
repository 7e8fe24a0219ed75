/// Of whom an ACL's entry speaks. Later ones say more than earlier ones, as for Dovecot.
package enum AccessIdentifier: Hashable, Sendable {
    case anyone
    /// Everybody who has logged in: here nobody else reads mail.
    case authenticated
    case group(String)
    case owner
    case user(String)
    /// A group whose entry says more than that of a user.
    case groupOverride(String)

    /// How much an entry says beside others.
    package var precedence: Int {
        switch self {
        case .anyone: 0
        case .authenticated: 1
        case .group: 2
        case .owner: 3
        case .user: 4
        case .groupOverride: 5
        }
    }
}

/// What an ACL gives one identifier, and what it takes from it whatever else gives it.
package struct AccessControlEntry: Hashable, Sendable {
    package var identifier: AccessIdentifier
    /// Nil where the entry only takes.
    package var rights: MailboxRights?
    package var negativeRights: MailboxRights?

    package init(
        _ identifier: AccessIdentifier, rights: MailboxRights? = nil, negativeRights: MailboxRights? = nil
    ) {
        self.identifier = identifier
        self.rights = rights
        self.negativeRights = negativeRights
    }
}

/// One login as ACLs see it.
package struct Accessor: Hashable, Sendable {
    package var login: String
    package var groups: Set<String>
    /// The mailbox is the login's own.
    package var isOwner: Bool

    package init(login: String, groups: Set<String> = [], isOwner: Bool) {
        self.login = login
        self.groups = groups
        self.isOwner = isOwner
    }

    package func matches(_ identifier: AccessIdentifier) -> Bool {
        switch identifier {
        case .anyone, .authenticated: true
        case .group(let name), .groupOverride(let name): groups.contains(name)
        case .owner: isOwner
        case .user(let name): name == login
        }
    }
}

/// The entries of one mailbox, each identifier once.
package struct AccessControlList: Hashable, Sendable {
    package private(set) var entries: [AccessControlEntry] = []

    package init() {}

    package init(_ entries: some Sequence<AccessControlEntry>) {
        for entry in entries { add(entry) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    package func entry(of identifier: AccessIdentifier) -> AccessControlEntry? {
        entries.first { $0.identifier == identifier }
    }

    /// Beside what is said of the same identifier already.
    package mutating func add(_ entry: AccessControlEntry) {
        guard let index = entries.firstIndex(where: { $0.identifier == entry.identifier }) else {
            entries.append(entry)
            return
        }
        if let rights = entry.rights { entries[index].rights = (entries[index].rights ?? []).union(rights) }
        if let rights = entry.negativeRights {
            entries[index].negativeRights = (entries[index].negativeRights ?? []).union(rights)
        }
    }

    /// Instead of what is said of the same identifier. An entry that says nothing is left out.
    package mutating func set(_ entry: AccessControlEntry) {
        let index = entries.firstIndex { $0.identifier == entry.identifier }
        guard entry.rights != nil || entry.negativeRights != nil else {
            if let index { entries.remove(at: index) }
            return
        }
        if let index { entries[index] = entry } else { entries.append(entry) }
    }

    package mutating func remove(_ identifier: AccessIdentifier) {
        entries.removeAll { $0.identifier == identifier }
    }

    /// What a login may do, as Dovecot reckons it: an entry that says more replaces what one that says less gave; what
    /// several groups give is added up; the owner has all rights unless an entry speaks of the owner or of the login.
    ///
    /// - Parameters:
    ///   - standard: what a login has of which no entry speaks.
    ///   - global: entries of the site, which say more than any of the mailbox.
    package func rights(
        of accessor: Accessor, standard: MailboxRights, global: [AccessControlEntry] = []
    ) -> MailboxRights {
        var rights: MailboxRights = accessor.isOwner ? .all : standard
        var negative: MailboxRights = []
        var isOwnerApplied = !accessor.isOwner
        var previous: (precedence: Int, isGlobal: Bool)?
        let sorted = Self.sorted(entries).map { ($0, false) } + Self.sorted(global).map { ($0, true) }
        for (entry, isGlobal) in sorted {
            let precedence = entry.identifier.precedence
            if !isOwnerApplied, precedence >= AccessIdentifier.owner.precedence || isGlobal {
                isOwnerApplied = true
                if entry.identifier != .owner { (rights, negative) = (.all, []) }
            }
            guard accessor.matches(entry.identifier) else { continue }
            let isSame = previous.map { $0 == (precedence, isGlobal) } ?? false
            if let given = entry.rights { rights = isSame ? rights.union(given) : given }
            if let taken = entry.negativeRights { negative = isSame ? negative.union(taken) : taken }
            previous = (precedence, isGlobal)
        }
        if !isOwnerApplied, !sorted.isEmpty { (rights, negative) = (.all, []) }
        return rights.subtracting(negative)
    }

    private static func sorted(_ entries: [AccessControlEntry]) -> [AccessControlEntry] {
        // A stable order: of equal ones as the file has them.
        entries.enumerated().sorted {
            ($0.element.identifier.precedence, $0.offset) < ($1.element.identifier.precedence, $1.offset)
        }.map(\.element)
    }
}
