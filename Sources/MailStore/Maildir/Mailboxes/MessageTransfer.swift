import Blocking
import MailModel

/// COPY and MOVE between two folders of one owner (which may be one and the same).
struct MessageTransfer: Sendable {
    private let source: MaildirFolder
    private let sourceName: MailboxName
    private let destination: MaildirFolder
    private let destinationName: MailboxName
    private let quota: AccountQuota

    init(
        from source: MaildirFolder, _ sourceName: MailboxName, to destination: MaildirFolder,
        _ destinationName: MailboxName, _ quota: AccountQuota
    ) throws(MailboxFailure) {
        guard source.owner == destination.owner else {
            throw MailboxFailure(.notPermitted, "messages can't go from one owner's folder to another's yet")
        }
        self.source = source
        self.sourceName = sourceName
        self.destination = destination
        self.destinationName = destinationName
        self.quota = quota
    }

    /// A message as the source's state shows it.
    private struct Item: Sendable {
        var uid: UInt32
        var file: MessageFile
        var flags: MessageFlags
        var keywords: [String]
    }

    private func items(_ uids: some Sequence<UInt32>) -> [Item] {
        let state = source.state
        return uids.compactMap { uid in
            guard let index = state.view.index(of: uid) else { return nil }
            let flags = state.view.flags[index]
            return Item(
                uid: uid, file: state.files[index], flags: flags.intersection(MessageFlags.system.union(.passed)),
                keywords: flags.keywordIndexes.compactMap {
                    $0 < state.view.keywords.count ? state.view.keywords[$0] : nil
                })
        }
    }

    /// Links every message into the destination's `tmp/` first, then names them all: all or none.
    func copy(_ uids: [UInt32]) async throws -> CopiedMessages {
        // A file whose name changed meanwhile is looked for again, twice.
        for attempt in 0..<3 {
            let items = items(uids)
            let isLast = attempt == 2
            let copied = try await destination.work { work -> CopiedMessages? in
                let names = try prepare(items, in: work)
                if names.contains(nil), !isLast {
                    work.discardCopies(names)
                    return nil
                }
                do {
                    let planned = try usage(of: zip(items, names).filter { $1 != nil }.map(\.0), in: work)
                    return try quota.add(planned, to: destinationName, as: .client) {
                        (try add(items, names, to: &work), planned)
                    }
                } catch {
                    work.discardCopies(names)
                    throw error
                }
            }
            if let copied { return copied }
            _ = try await source.refresh()
        }
        throw MailboxFailure(.unavailable, "the messages keep changing their names")
    }

    private func prepare(_ items: [Item], in work: FolderWork) throws -> [[UInt8]?] {
        let from = try work.open(source.place)
        return try work.prepareCopies(of: items.map { ($0.file.isNew ? from.new : from.cur, $0.file.name) })
    }

    private func add(
        _ items: [Item], _ names: [[UInt8]?], to work: inout FolderWork
    ) throws -> CopiedMessages {
        let there = zip(items, names).compactMap { item, name in name.map { (item, $0) } }
        let tmp = work.directories.tmp
        let added = try work.add(
            there.map { item, name in
                IncomingMessage(
                    directory: tmp, name: name, sizeFields: item.file.sizeFields, flags: item.flags,
                    keywords: item.keywords)
            }, isAtomic: true)
        return Self.result(there.map(\.0), added, work)
    }

    /// What these messages of the source count. Those that are gone count nothing.
    private func usage(of items: [Item], in work: FolderWork) throws -> QuotaUsage {
        let from = try work.open(source.place)
        var usage = QuotaUsage()
        for item in items where quota.quota.terms.counts(item.file.name) {
            do {
                usage.storage &+= try MessageSize.of(
                    item.file.name, in: item.file.isNew ? from.new : from.cur, quota.quota.terms.sizes)
                usage.messages &+= 1
            } catch  where MaildirDirectories.isMissing(error) {
                continue
            }
        }
        return usage
    }

    /// Renames every message from the one folder to the other: it is always in exactly one of them. Across file systems it
    /// is copied, and removed here once the copy is durable.
    func move(_ uids: [UInt32]) async throws -> CopiedMessages {
        var moved = CopiedMessages(uidValidity: 0, sourceUIDs: [], destinationUIDs: [])
        var rest = uids
        for _ in 0..<3 {
            let items = items(rest)
            let part: CopiedMessages
            do {
                part = try await destination.work { work in
                    try moving(items, in: &work) { work in
                        let from = try work.open(source.place)
                        let added = try work.add(
                            items.map { item in
                                IncomingMessage(
                                    directory: item.file.isNew ? from.new : from.cur, name: item.file.name,
                                    sizeFields: item.file.sizeFields, flags: item.flags, keywords: item.keywords)
                            }, isAtomic: false)
                        if added.uids.contains(where: { $0 != nil }) {
                            try from.cur.sync()
                            try from.new.sync()
                        }
                        return Self.result(items, added, work)
                    }
                }
            } catch let error as SystemCallError where error.isCrossDevice {
                return try await moveByCopying(rest)
            }
            moved.uidValidity = part.uidValidity
            moved.sourceUIDs += part.sourceUIDs
            moved.destinationUIDs += part.destinationUIDs
            _ = try await source.refresh()
            let done = Set(moved.sourceUIDs)
            let view = source.view
            rest = uids.filter { !done.contains($0) && view.index(of: $0) != nil }
            if rest.isEmpty { break }
        }
        return moved
    }

    private func moveByCopying(_ uids: [UInt32]) async throws -> CopiedMessages {
        let copied = try await copy(uids)
        let (quota, name) = (quota, sourceName)
        try await source.work { work in
            try quota.remove(from: name, &work) { try $0.remove(copied.sourceUIDs) }
        }
        return copied
    }

    /// A move changes what the account holds only between a folder that counts and one that does not.
    private func moving(
        _ items: [Item], in work: inout FolderWork, _ body: (inout FolderWork) throws -> CopiedMessages
    ) throws -> CopiedMessages {
        switch (quota.quota.ignores(sourceName), quota.quota.ignores(destinationName)) {
        case (true, false):
            let planned = try usage(of: items, in: work)
            return try quota.add(planned, to: destinationName, as: .client) {
                let moved = try body(&work)
                return (moved, try usage(of: moved, work))
            }
        case (false, true):
            let removed = RemovedMessages(quota.quota.terms)
            return try quota.remove(from: sourceName, removed) {
                let moved = try body(&work)
                let usage = try usage(of: moved, work)
                removed.add(usage)
                return moved
            }
        case (true, true), (false, false): return try quota.counter.move { try body(&work) }
        }
    }

    /// What messages count that are in the destination now.
    private func usage(of moved: CopiedMessages, _ work: FolderWork) throws -> QuotaUsage {
        var usage = QuotaUsage()
        for uid in moved.destinationUIDs {
            guard let index = work.index(of: uid) else { continue }
            let file = work.state.files[index]
            guard quota.quota.terms.counts(file.name) else { continue }
            usage.storage &+= try MessageSize.of(
                file.name, in: work.directory(of: file), quota.quota.terms.sizes)
            usage.messages &+= 1
        }
        return usage
    }

    private static func result(_ items: [Item], _ added: FolderWork.Added, _ work: FolderWork) -> CopiedMessages {
        var result = CopiedMessages(
            uidValidity: work.state.view.uidValidity, sourceUIDs: [], destinationUIDs: [])
        for case (let item, let uid?) in zip(items, added.uids) {
            result.sourceUIDs.append(item.uid)
            result.destinationUIDs.append(uid)
        }
        return result
    }
}

extension FolderWork {
    /// Another folder's directories, or this one's.
    func open(_ other: FolderPlace) throws -> MaildirDirectories {
        other == place ? directories : try MaildirDirectories(roots, other.path)
    }
}
