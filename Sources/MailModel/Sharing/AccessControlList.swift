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

    /// Of a user or a group.
    fileprivate var name: String {
        switch self {
        case .anyone, .authenticated, .owner: ""
        case .group(let name), .user(let name), .groupOverride(let name): name
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

    /// Beside what is said of the same identifier already. As for Dovecot, an identifier with several lines has both what it
    /// is given and what is taken from it, nothing though one of them may be: they replace those of entries that say less.
    package mutating func add(_ entry: AccessControlEntry) {
        guard let index = entries.firstIndex(where: { $0.identifier == entry.identifier }) else {
            entries.append(entry)
            return
        }
        entries[index].rights = (entries[index].rights ?? []).union(entry.rights ?? [])
        entries[index].negativeRights = (entries[index].negativeRights ?? []).union(entry.negativeRights ?? [])
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
    ///   - standard: what a login has to begin with, where the first entry that speaks of it only takes.
    ///   - unmatched: what a login has of which no entry speaks; `standard` for nil. The owner has all.
    ///   - global: entries of the site, which say more than any of the mailbox.
    package func rights(
        of accessor: Accessor, standard: MailboxRights, unmatched: MailboxRights? = nil,
        global: AccessControlList = AccessControlList()
    ) -> MailboxRights {
        let least = accessor.isOwner ? AccessIdentifier.owner.precedence : 0
        // Of the site's own even one that speaks of anyone speaks of owners.
        let local = sorted(accessor).filter { $0.identifier.precedence >= least }
        let matching = local.map { ($0, false) } + global.sorted(accessor).map { ($0, true) }
        guard !matching.isEmpty else { return accessor.isOwner ? .all : unmatched ?? standard }
        return Self.rights(matching, after: accessor.isOwner ? .all : standard)
    }

    /// `rights` where this list, the site's, says nothing else.
    package func replacing(_ rights: MailboxRights, of accessor: Accessor) -> MailboxRights {
        Self.rights(sorted(accessor).map { ($0, true) }, after: rights)
    }

    private static func rights(
        _ matching: [(entry: AccessControlEntry, isGlobal: Bool)], after standard: MailboxRights
    ) -> MailboxRights {
        var rights = standard
        var negative: MailboxRights = []
        var previous: (precedence: Int, isGlobal: Bool)?
        for (entry, isGlobal) in matching {
            let place = (entry.identifier.precedence, isGlobal)
            let isSame = previous.map { $0 == place } ?? false
            if let given = entry.rights { rights = isSame ? rights.union(given) : given }
            if let taken = entry.negativeRights { negative = isSame ? negative.union(taken) : taken }
            previous = place
        }
        return rights.subtracting(negative)
    }

    /// Those that speak of a login, those that say least first; of one kind in the order of their names, since the first of
    /// several groups replaces what was before and the others add.
    private func sorted(_ accessor: Accessor) -> [AccessControlEntry] {
        entries.filter { accessor.matches($0.identifier) }.sorted {
            guard $0.identifier.precedence == $1.identifier.precedence else {
                return $0.identifier.precedence < $1.identifier.precedence
            }
            return $0.identifier.name.utf8.lexicographicallyPrecedes($1.identifier.name.utf8)
        }
    }
}
