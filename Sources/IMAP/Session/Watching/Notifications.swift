import MailModel

/// What a client has asked to be told (RFC 5465), and what it knows already.
struct Notifications: Sendable {
    /// Whose messages are watched, at most: each is open while it is.
    static let maximumWatched = 256
    /// Of how many mailboxes it is remembered what the client knows.
    static let maximumKnown = 10_000

    struct Known: Sendable {
        var listing: MailboxListing
        var status: MailboxStatus?
    }

    /// A difference between what the client knows and what is there.
    enum Difference: Sendable {
        case appeared(MailboxListing)
        /// It may be read now.
        case opened(MailboxListing)
        case vanished(MailboxName)
        case renamed(MailboxListing, from: MailboxName)
        case subscription(MailboxListing)
    }

    /// Groups with names as the account has them.
    struct Group: Sendable {
        var filter: NotifyGroup.Filter
        var names: [MailboxName]
        var events: NotifyEvents
    }

    let selected: SelectedNotification?
    let groups: [Group]
    private(set) var known: [MailboxName: Known] = [:]
    /// What the session's own commands changed since it was last looked: the client knows of it (RFC 5465 §5).
    private var own: Set<OwnChange> = []

    /// What a command of the client's own has done.
    enum OwnChange: Hashable, Sendable {
        case name(MailboxName)
        case subscription(MailboxName)
    }

    init(_ request: NotifyRequest, _ name: ([UInt8]) -> MailboxName?) {
        selected = request.selected
        groups = request.groups.map { group in
            switch group.filter {
            case .subtree(let names), .mailboxes(let names):
                // RFC 5465 §6.6: what does not exist is passed over.
                Group(filter: group.filter, names: names.compactMap(name), events: group.events)
            case .inboxes, .personal, .subscribed: Group(filter: group.filter, names: [], events: group.events)
            }
        }
    }

    var tellsServerMetadata: Bool { groups.contains { $0.events.contains(.serverMetadataChange) } }

    /// RFC 5465 §6: what all groups that name a mailbox want of it.
    func events(_ name: MailboxName, isSubscribed: Bool) -> NotifyEvents {
        var events: NotifyEvents = []
        for group in groups {
            let isNamed =
                switch group.filter {
                // §6.3: any of a user's own mailboxes may be delivered to.
                case .inboxes, .personal: name.namespace == nil
                case .subscribed: isSubscribed
                case .mailboxes: group.names.contains(name)
                case .subtree: group.names.contains { $0 == name || name.isDescendant(of: $0) }
                }
            if isNamed { events.formUnion(group.events) }
        }
        return events
    }

    /// Those of whose messages or names something is to be told.
    func isObserved(_ listing: MailboxListing) -> Bool {
        let events = events(listing.name, isSubscribed: listing.isSubscribed)
        return listing.isSelectable && !events.isDisjoint(with: NotifyEvents.ofMessages.union(.mailboxName))
    }

    func events(_ name: MailboxName) -> NotifyEvents {
        events(name, isSubscribed: known[name]?.listing.isSubscribed ?? false)
    }

    /// Whose messages are to be watched.
    var watched: Set<MailboxName> {
        Set(
            known.values.lazy.map(\.listing).filter { listing in
                listing.isSelectable
                    && !events(listing.name, isSubscribed: listing.isSubscribed).isDisjoint(with: .ofMessages)
            }.map(\.name))
    }

    /// Whose identity must be known to tell a renaming from a removal.
    var named: [MailboxName] {
        known.values.map(\.listing).filter { $0.isSelectable && events($0.name).contains(.mailboxName) }.map(\.name)
    }

    mutating func expect(_ change: OwnChange) {
        own.insert(change)
    }

    private func isOwn(_ difference: Difference) -> Bool {
        switch difference {
        case .appeared(let listing): own.contains(.name(listing.name))
        case .vanished(let name): own.contains(.name(name))
        case .renamed(let listing, from: let old): own.contains(.name(listing.name)) && own.contains(.name(old))
        case .subscription(let listing): own.contains(.subscription(listing.name))
        case .opened: false
        }
    }

    mutating func learn(_ status: MailboxStatus?, of name: MailboxName) {
        known[name]?.status = status
    }

    /// Takes the account's mailboxes as they are now. What is new has no status yet.
    mutating func learn(_ listings: [MailboxListing]) {
        own = []
        known = Dictionary(
            listings.map { ($0.name, Known(listing: $0, status: known[$0.name]?.status)) }, uniquingKeysWith: { $1 })
    }

    /// - Parameter identities: of the observed mailboxes that are new or could not be read before.
    func differences(
        to listings: [MailboxListing], identities: [MailboxName: [UInt8]]
    ) -> [Difference] {
        let now = Dictionary(listings.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        var gone: [[UInt8]: MailboxName] = [:]
        var differences: [Difference] = []
        for (name, before) in known where before.listing.isSelectable && !(now[name]?.isSelectable ?? false) {
            if let identity = before.status?.identity, !identity.isEmpty { gone[identity] = name }
        }
        var renamed: Set<MailboxName> = []
        var newNames: [MailboxName: MailboxName] = [:]
        for listing in listings.sorted(by: { $0.name.parts.count < $1.name.parts.count }) {
            let before = known[listing.name]?.listing
            if listing.isSelectable, !(before?.isSelectable ?? false) {
                guard events(listing.name, isSubscribed: listing.isSubscribed).contains(.mailboxName) else { continue }
                if let identity = identities[listing.name], let old = gone[identity] {
                    renamed.insert(old)
                    newNames[old] = listing.name
                    // §5.4: what lies below has gone with it.
                    let isBelow = old.parent.map { newNames[$0] != nil && newNames[$0] == listing.name.parent } ?? false
                    if !isBelow || old.parts.last != listing.name.parts.last {
                        differences.append(.renamed(listing, from: old))
                    }
                } else {
                    differences.append(.appeared(listing))
                }
            } else if listing.isSelectable, known[listing.name]?.status == nil, identities[listing.name] != nil {
                differences.append(.opened(listing))
            } else if (before?.isSubscribed ?? false) != listing.isSubscribed,
                events(listing.name, isSubscribed: true).contains(.subscriptionChange)
            {
                differences.append(.subscription(listing))
            }
        }
        for name in known.keys.sorted(by: { $0.description < $1.description }) where !renamed.contains(name) {
            guard let before = known[name]?.listing else { continue }
            if before.isSelectable, !(now[name]?.isSelectable ?? false), events(name).contains(.mailboxName) {
                differences.append(.vanished(name))
            } else if before.isSubscribed, now[name] == nil, events(name).contains(.subscriptionChange) {
                var listing = before
                listing.isSubscribed = false
                differences.append(.subscription(listing))
            }
        }
        return differences.filter { !isOwn($0) }
    }

    /// What STATUS tells of a mailbox of which it was not, or something else, known (RFC 5465 §5.1 to §5.3); empty for nothing.
    func items(
        _ status: MailboxStatus, since before: MailboxStatus?, _ events: NotifyEvents, showsModSeqs: Bool
    ) -> [StatusItem] {
        var items: [StatusItem] = []
        let isOther = before.map { $0.uidValidity != status.uidValidity } ?? true
        if events.contains(.messageNew),
            isOther || before?.messages != status.messages || before?.uidNext != status.uidNext
        {
            items += [.messages, .uidNext]
        }
        if events.contains(.flagChange) {
            if isOther || before?.unseen != status.unseen { items.append(.unseen) }
        }
        // §3.1: what NOTIFY itself tells has it whether or not it was enabled.
        let showsModSeqs = showsModSeqs || (before == nil && events.contains(.flagChange))
        let hasOtherModSeq = isOther || before?.highestModSeq != status.highestModSeq
        if showsModSeqs, hasOtherModSeq, !items.isEmpty || events.contains(.flagChange) { items.append(.highestModSeq) }
        if !items.isEmpty, isOther || items.contains(.highestModSeq) { items.append(.uidValidity) }
        return items
    }
}
