import MailModel

/// Which mailboxes the sources of an ESEARCH name (RFC 5465 §6, RFC 7377 §2.2). What does not exist, can't be opened or is
/// no name at all is passed over.
struct MultisearchScope {
    let listings: [MailboxListing]
    let naming: MailboxNameCoding
    let selected: MailboxName?

    /// In the sources' order, each once.
    func names(_ sources: [MultisearchRequest.Source]) -> [MailboxName] {
        let known = listings.filter(\.isSelectable).sorted { $0.name.description < $1.name.description }
        var names: [MailboxName] = []
        var seen: Set<MailboxName> = []
        func add(_ found: [MailboxListing]) {
            for listing in found where seen.insert(listing.name).inserted { names.append(listing.name) }
        }
        for source in sources {
            switch source {
            case .selected: if let selected, seen.insert(selected).inserted { names.append(selected) }
            // Deliveries without a folder of their own go there.
            case .inboxes: add(known.filter(\.name.isInbox))
            case .personal: add(known)
            case .subscribed: add(known.filter(\.isSubscribed))
            case .mailboxes(let wire):
                let asked = Set(wire.compactMap { naming.decode($0) })
                add(known.filter { asked.contains($0.name) })
            case .subtree(let wire):
                let roots = wire.compactMap { naming.decode($0) }
                add(
                    known.filter { listing in roots.contains { listing.name == $0 || listing.name.isDescendant(of: $0) }
                    })
            case .subtreeOne(let wire):
                let roots = wire.compactMap { naming.decode($0) }
                add(known.filter { listing in roots.contains { listing.name == $0 || listing.name.parent == $0 } })
            }
        }
        return names
    }
}
