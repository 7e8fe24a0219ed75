import MailModel
import NIOCore
import Net

/// NOTIFY (RFC 5465), and word of annotations to clients that enabled METADATA (RFC 5464 §4.1).
extension IMAPServerEngine {
    static let notifyCapabilities = [
        "NOTIFY"
    ]

    // MARK: NOTIFY

    mutating func notify(
        _ tag: [UInt8], _ request: NotifyRequest?, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        let completion = Completion(tag: tag, text: "OK Notify completed.")
        guard let request else {
            endNotifications()
            return rewatch(account, &output) { engine, output in engine.finish(completion, &output) }
        }
        guard !request.hasUnsupportedEvents else {
            // badevent = "BADEVENT" SP "(" event *(SP event) ")": those that are there (§8)
            let names = NotifyEvents.names.map(\.name).joined(separator: " ")
            return finish(Completion(tag: tag, text: "NO [BADEVENT (\(names))] No such event here."), &output)
        }
        return wait(.account(account, .list)) { engine, answer, output in
            guard case .listings(let listings) = answer else { return engine.finish(answer, completion, &output) }
            guard listings.count <= Notifications.maximumKnown else { return engine.overflow(tag, account, &output) }
            var fresh = Notifications(request) { engine.name($0) }
            fresh.learn(listings)
            let watched = fresh.watched
            guard watched.count <= Notifications.maximumWatched else { return engine.overflow(tag, account, &output) }
            engine.notifications = fresh
            // §5.1: with the UID.
            if fresh.selected?.events.contains(.flagChange) ?? false {
                engine.enabled.insert(.flagNews)
            } else {
                engine.enabled.remove(.flagNews)
            }
            let names = watched.union(fresh.named).sorted { $0.description < $1.description }
            // Watched first: what happens between the two is told twice rather than never.
            return engine.rewatch(account, &output) { engine, output in
                engine.learnStatuses(of: names, account) { engine, output in
                    engine.writeInaccessible(of: watched, account, &output)
                    if request.showsStatus { engine.writeStatuses(of: watched, account, &output) }
                    // §3.1: what has happened to the selected mailbox is told at once, as by NOOP.
                    return engine.refresh(tag, completion.text, &output)
                }
            }
        }
    }

    mutating func endNotifications() {
        notifications = nil
        enabled.remove(.flagNews)
    }

    /// §5.8: too much to be watched; nothing is, then.
    private mutating func overflow(
        _ tag: [UInt8], _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        endNotifications()
        let completion = Completion(tag: tag, text: "NO [NOTIFICATIONOVERFLOW] Too many mailboxes.")
        return rewatch(account, &output) { engine, output in engine.finish(completion, &output) }
    }

    private var tellsMetadata: Bool { !enabled.isDisjoint(with: [.metadata, .serverMetadata]) }

    /// Has the performer watch what is to be watched now. One that can't is as good as an overflow: the client is told.
    mutating func rewatch(
        _ account: any IMAPAccount, _ output: inout ByteBuffer,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        // The selected mailbox tells of itself; its own group says what.
        let watched = notifications?.watched ?? []
        let hasGroups = !(notifications?.groups.isEmpty ?? true)
        let list = hasGroups || tellsMetadata ? WatchList(account: account, mailboxes: watched) : nil
        return wait(.watch(list)) { engine, answer, output in
            if case .failed = answer, engine.notifications != nil {
                engine.endNotifications()
                output.writeStaticString("* OK [NOTIFICATIONOVERFLOW] Notifications have ended.\r\n")
            }
            return next(&engine, &output)
        }
    }

    private mutating func learnStatuses(
        of names: [MailboxName], _ account: any IMAPAccount,
        then next: @escaping @Sendable (inout IMAPServerEngine, inout ByteBuffer) -> Step
    ) -> Step {
        wait(.account(account, .status(names, isOneOfMany: true))) { engine, answer, output in
            if case .statuses(let statuses) = answer {
                for (name, status) in zip(names, statuses) { engine.notifications?.learn(status, of: name) }
            }
            return next(&engine, &output)
        }
    }

    /// §3.1: of what may be listed but not read no messages are told, and the client is told so.
    private func writeInaccessible(
        of names: Set<MailboxName>, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        guard let notifications else { return }
        let naming = naming(account)
        for name in names.sorted(by: { $0.description < $1.description }) {
            guard let known = notifications.known[name], known.status == nil else { continue }
            let line = MailboxTree.Line(
                name: name, wire: naming.encode(name), attributes: ["\\NoAccess"], isSelectable: true)
            MailboxTree.write(line, "LIST", separator: naming.separator, &output)
        }
    }

    /// §3.1: the STATUS of every mailbox whose messages are watched, but the selected one.
    private func writeStatuses(
        of names: Set<MailboxName>, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        guard let notifications else { return }
        for name in names.sorted(by: { $0.description < $1.description }) where name != selected?.name {
            guard let status = notifications.known[name]?.status else { continue }
            let items = notifications.items(
                status, since: nil, notifications.events(name), showsModSeqs: enabled.showsModSeqs)
            if !items.isEmpty { write(status, items, name, account, &output) }
        }
    }

    // MARK: News

    /// The performer has news of what is watched.
    mutating func tellWatched(_ output: inout ByteBuffer) -> Step {
        guard let account, tellsMetadata || notifications != nil else { return .needInput }
        switch input {
        case .commands, .idle: break
        // In the middle of a command's own dialogue: behind it.
        case .authentication, .append:
            hasWaitingNews = true
            return .needInput
        }
        hasWaitingNews = false
        return wait(.watched(account)) { engine, answer, output in
            guard case .watched(let changes) = answer else { return .needInput }
            return engine.tell(changes, account, &output)
        }
    }

    private mutating func tell(
        _ changes: WatchedChanges, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        if changes.isOverflown, notifications != nil {
            endNotifications()
            output.writeStaticString("* OK [NOTIFICATIONOVERFLOW] More happened than could be told.\r\n")
            return rewatch(account, &output) { _, _ in .needInput }
        }
        tellMetadata(changes, account, &output)
        guard notifications != nil else { return .needInput }
        guard changes.tree else { return tellStatuses(of: changes.mailboxes, account, &output) }
        return wait(.account(account, .list)) { engine, answer, output in
            // A disk that can't be read now: the next change asks again.
            guard case .listings(let listings) = answer, let notifications = engine.notifications else {
                return .needInput
            }
            let fresh = listings.filter { notifications.isObserved($0) && notifications.known[$0.name]?.status == nil }
                .map(\.name)
            return engine.wait(.account(account, .status(fresh, isOneOfMany: true))) { engine, answer, output in
                var statuses: [MailboxName: MailboxStatus] = [:]
                if case .statuses(let found) = answer {
                    for (name, status) in zip(fresh, found) { statuses[name] = status }
                }
                return engine.tellTree(listings, statuses, changes.mailboxes, account, &output)
            }
        }
    }

    private func tellMetadata(
        _ changes: WatchedChanges, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        for (name, entries) in changes.metadata.sorted(by: { ($0.key?.description ?? "") < ($1.key?.description ?? "") }
        ) {
            let isWanted =
                if let name {
                    enabled.contains(.metadata) || notifications?.events(name).contains(.mailboxMetadataChange) ?? false
                } else {
                    tellsMetadata || notifications?.tellsServerMetadata ?? false
                }
            if isWanted { writeChanged(entries.sorted(), of: name, account, &output) }
        }
    }

    private mutating func tellTree(
        _ listings: [MailboxListing], _ statuses: [MailboxName: MailboxStatus], _ changed: Set<MailboxName>,
        _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        guard var current = notifications else { return .needInput }
        let naming = naming(account)
        let differences = current.differences(to: listings, identities: statuses.mapValues(\.identity))
        current.learn(listings)
        for (name, status) in statuses { current.learn(status, of: name) }
        notifications = current
        if !differences.isEmpty {
            let tree = MailboxTree(listings, naming)
            for difference in differences { write(difference, tree, naming, &output) }
        }
        guard listings.count <= Notifications.maximumKnown, current.watched.count <= Notifications.maximumWatched else {
            endNotifications()
            output.writeStaticString("* OK [NOTIFICATIONOVERFLOW] Too many mailboxes.\r\n")
            return rewatch(account, &output) { _, _ in .needInput }
        }
        // What came into a mailbox between the look at it and its being watched is told by nothing else.
        let unsure = changed.union(statuses.keys)
        return rewatch(account, &output) { engine, output in engine.tellStatuses(of: unsure, account, &output) }
    }

    /// §5.4, §5.5: mailbox names and subscriptions are told as LIST tells them.
    ///
    /// §5.4: what comes or goes changes what lies above it, too.
    private func write(
        _ difference: Notifications.Difference, _ tree: MailboxTree, _ naming: MailboxNameCoding,
        _ output: inout ByteBuffer
    ) {
        var parent: MailboxName?
        var line: MailboxTree.Line
        switch difference {
        case .vanished(let name):
            line = self.line(name, tree, naming)
            parent = name.parent
        case .appeared(let listing), .opened(let listing), .renamed(let listing, from: _), .subscription(let listing):
            line = self.line(listing.name, tree, naming)
            if listing.isSubscribed { line.attributes.append("\\Subscribed") }
            if case .renamed(_, let old) = difference { line.oldName = naming.encode(old) }
            if case .appeared = difference {
                parent = listing.name.parent
                // Its messages can't be told, and it is not for want of a mailbox.
                if let known = notifications?.known[listing.name], known.listing.isSelectable, known.status == nil {
                    line.attributes.append("\\NoAccess")
                }
            }
        }
        MailboxTree.write(line, "LIST", separator: naming.separator, &output)
        guard let parent, let known = notifications?.known[parent], known.listing.isSelectable,
            notifications?.events(parent).contains(.mailboxName) ?? false
        else { return }
        var above = self.line(parent, tree, naming)
        if known.listing.isSubscribed { above.attributes.append("\\Subscribed") }
        MailboxTree.write(above, "LIST", separator: naming.separator, &output)
    }

    private func line(
        _ name: MailboxName, _ tree: MailboxTree, _ naming: MailboxNameCoding
    ) -> MailboxTree.Line {
        tree.line(of: name)
            ?? MailboxTree.Line(
                name: name, wire: naming.encode(name), attributes: ["\\NonExistent"], isSelectable: false)
    }

    private mutating func tellStatuses(
        of names: Set<MailboxName>, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) -> Step {
        let names = names.filter { $0 != selected?.name }.sorted { $0.description < $1.description }
        guard !names.isEmpty, notifications != nil else { return .needInput }
        return wait(.account(account, .status(names, isOneOfMany: true))) { engine, answer, output in
            guard case .statuses(let statuses) = answer else { return .needInput }
            for (name, status) in zip(names, statuses) {
                guard let status, let notifications = engine.notifications else { continue }
                let items = notifications.items(
                    status, since: notifications.known[name]?.status, notifications.events(name),
                    showsModSeqs: engine.enabled.showsModSeqs)
                if !items.isEmpty { engine.write(status, items, name, account, &output) }
                engine.notifications?.learn(status, of: name)
            }
            return .needInput
        }
    }
}
