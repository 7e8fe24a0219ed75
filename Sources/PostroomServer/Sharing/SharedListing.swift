import IMAP
import Logging
import MailModel
import MailStore

/// LIST over the account's own mailboxes and those that it is shown of others: what a login may not look up is not there.
struct SharedListing {
    let own: [MailboxListing]
    let ownRoute: MailboxRoute
    let sharing: AccountSharing
    let logger: Logger

    func listings() async throws(MailboxFailure) -> [MailboxListing] {
        let (visible, subscribed) = try await ownListings()
        var found: [MailboxName: MailboxListing] = [:]
        for placed in await sharing.placed() {
            for listing in await foreignListings(placed) where found.count < SharedNamespaces.maximumMailboxes {
                found[listing.name] = listing
            }
        }
        for name in subscribed {
            found[name, default: MailboxListing(name: name, isSelectable: false)].isSubscribed = true
        }
        return visible + found.values
    }

    /// Those that may be looked up, and the subscribed names that lie in others' namespaces.
    private func ownListings() async throws(MailboxFailure) -> ([MailboxListing], [MailboxName]) {
        let rights = try await ownRoute.rights(to: own.map(\.name), sharing.options)
        var visible: [MailboxListing] = []
        var subscribed: [MailboxName] = []
        for (listing, rights) in zip(own, rights) {
            if listing.isSubscribed, let name = foreign(listing.name) {
                subscribed.append(name)
                if !listing.isSelectable, !listing.hasChildren { continue }
            }
            if let shown = shown(listing, rights, isVisible: listing.name.isInbox) { visible.append(shown) }
        }
        return (visible, subscribed)
    }

    private func foreign(_ name: MailboxName) -> MailboxName? {
        let matching = sharing.namespaces.foreign.filter { name.parts.starts(with: $0.prefix) }
        guard let namespace = matching.max(by: { $0.prefix.count < $1.prefix.count }) else { return nil }
        return MailboxName(parts: name.parts, in: namespace.kind)
    }

    /// One without the right to look it up is no more than a name above others, or one that was subscribed.
    private func shown(_ listing: MailboxListing, _ rights: MailboxRights, isVisible: Bool = false) -> MailboxListing? {
        guard !rights.contains(.lookup), !isVisible else { return listing }
        guard listing.isSubscribed else { return nil }
        return MailboxListing(name: listing.name, isSelectable: false, isSubscribed: true)
    }

    /// None of an account that can't be looked at now: the others are shown all the same.
    private func foreignListings(_ placed: SharedNamespaces.Placed) async -> [MailboxListing] {
        do throws(MailboxFailure) {
            let route = try sharing.route(to: placed)
            let mailbox = placed.mailbox
            let all = try await route.store.list().filter { $0.isSelectable }
            let those =
                mailbox.isWhole
                ? all.filter { !($0.name.isInbox && placed.hidesInbox) }
                : all.filter { $0.name == mailbox.folder }
            let rights = try await route.rights(to: those.map(\.name), sharing.options)
            return zip(those, rights).compactMap { listing, rights in
                guard rights.contains(.lookup) else { return nil }
                let below = mailbox.isWhole && !listing.name.isInbox ? listing.name.parts : []
                // Its use and its subscriptions are its owner's.
                return MailboxName(parts: placed.parts + below, in: mailbox.namespace).map { MailboxListing(name: $0) }
            }
        } catch {
            logger.warning(
                "a shared mailbox can't be looked at",
                metadata: [
                    "user": "\(sharing.login)", "mailbox": "\(placed.mailbox.location)", "reason": "\(error.reason)",
                ])
            return []
        }
    }
}
