import Blocking
import MailModel

/// COPY and MOVE between two mboxes of one owner (which may be one and the same). The messages are read into a file of their own
/// first, so that never two mboxes are locked at once.
struct MboxTransfer: Sendable {
    let source: MboxFolder
    let sourceName: MailboxName
    let destination: MboxFolder
    let name: MailboxName
    let quota: MboxQuota
    let pool: BlockingPool

    init(
        from source: MboxFolder, _ sourceName: MailboxName, to destination: MboxFolder, _ name: MailboxName,
        _ quota: MboxQuota, pool: BlockingPool
    ) {
        self.source = source
        self.sourceName = sourceName
        self.destination = destination
        self.name = name
        self.quota = quota
        self.pool = pool
    }

    func copy(_ uids: [UInt32]) async throws -> CopiedMessages {
        let staging = try await pool.run { try FileHandle.unnamed() }
        let staged = try await source.reading(pool: pool, for: nil) { state, file in
            try Self.stage(uids, state, file, in: staging)
        }
        let (name, quota) = (name, quota)
        return try await destination.work { work in
            try work.refresh(whole: false)
            let added = try work.add(staged.map(\.1), to: name, quota)
            return CopiedMessages(
                uidValidity: work.state.view.uidValidity, sourceUIDs: staged.map(\.0), destinationUIDs: added)
        }
    }

    /// Removed here once the copies are durable.
    func move(_ uids: [UInt32]) async throws -> CopiedMessages {
        // It adds nothing to what the account holds, unless it did not count where it was.
        let isCounted = quota.quota.ignores(sourceName)
        let transfer = MboxTransfer(
            from: source, sourceName, to: destination, name, isCounted ? quota : quota.unlimited, pool: pool)
        let copied = try await transfer.copy(uids)
        guard !copied.sourceUIDs.isEmpty else { return copied }
        try await source.work { try $0.expunge(copied.sourceUIDs, having: []) }
        return copied
    }

    private static func stage(
        _ uids: [UInt32], _ state: MboxState, _ file: FileHandle, in staging: FileHandle
    ) throws -> [(UInt32, MboxAddition)] {
        guard MboxState.Stamp(try file.status()) == state.stamp else { throw MboxReader.Stale() }
        try staging.truncate(to: 0)
        var position: UInt64 = 0
        var staged: [(UInt32, MboxAddition)] = []
        for uid in uids {
            guard let entry = state.entry(of: uid) else { continue }
            let extent = entry.extent
            let header = try MboxReader.header(of: entry, in: file)
            let start = position
            var read = extent.body
            while read < extent.end {
                let block = try file.read(from: read, count: Int(min(MboxJournal.blockSize, extent.end - read)))
                guard !block.isEmpty else { throw MboxReader.Stale() }
                try staging.write(block, at: position)
                read += UInt64(block.count)
                position += UInt64(block.count)
            }
            let line = try file.read(from: extent.from, count: Int(min(extent.header - extent.from, 400)))
            let sender = line.dropFirst(FromLine.start.count).prefix { $0 > 0x20 }
            staged.append(
                (
                    uid,
                    MboxAddition(
                        sender: Array(sender), date: entry.date, header: header, file: staging, bodyOffset: start,
                        bodySize: position - start, flags: entry.flags.intersection(.system),
                        keywords: entry.flags.keywordIndexes.compactMap {
                            $0 < state.view.keywords.count ? state.view.keywords[$0] : nil
                        })
                ))
        }
        return staged
    }
}
