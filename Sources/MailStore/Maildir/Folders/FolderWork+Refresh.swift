import Blocking
import MailModel

extension FolderWork {
    /// A file system's clock may tick this slowly; a directory that changed within the last tick may change again unseen.
    private static let clockTickSeconds: Int64 = 2

    /// Looks for changes, at the cost of four `stat` calls when there are none.
    mutating func refresh() throws {
        let stamps = try readStamps()
        guard !state.isSettled || stamps != knownStamps else { return }
        guard state.isLoaded, stamps.uidList == state.uidList, stamps.courier == state.courier, state.courierIsSettled,
            try refreshFlags(stamps)
        else {
            try locked { try $0.reconcile() }
            return
        }
    }

    struct Stamps: Equatable {
        var uidList: UIDListFile.Stamp?
        var keywordFile: UIDListFile.Stamp?
        var cur: FileStatus.Time?
        var new: FileStatus.Time?
        var courier: CourierStamps?
    }

    private var knownStamps: Stamps {
        Stamps(
            uidList: state.uidList, keywordFile: state.keywordFile, cur: state.cur, new: state.new,
            courier: state.courier)
    }

    private func readStamps() throws -> Stamps {
        Stamps(
            uidList: try uidListFile.stamp(), keywordFile: try keywordStamp(),
            cur: try directories.cur.status().modified, new: try directories.new.status().modified,
            courier: try courierStamps())
    }

    private func keywordStamp() throws(SystemCallError) -> UIDListFile.Stamp? {
        try UIDListFile.Stamp.of(KeywordFile.fileName, in: control)
    }

    private mutating func accept(_ stamps: Stamps) {
        state.uidList = stamps.uidList
        state.keywordFile = stamps.keywordFile
        state.cur = stamps.cur
        state.new = stamps.new
        state.courier = stamps.courier
        let limit = FileStatus.Time.now.seconds - Self.clockTickSeconds
        state.curIsSettled = stamps.cur.map { $0.seconds < limit } ?? false
        state.newIsSettled = stamps.new.map { $0.seconds < limit } ?? false
        state.courierIsSettled = stamps.courier?.keywords.directory.map { $0.seconds < limit } ?? true
    }

    /// Without the lock: as long as the same messages are there, only their flags and places can have changed. False when
    /// some came or went.
    private mutating func refreshFlags(_ stamps: Stamps) throws -> Bool {
        try readKeywords(stamps)
        let scan = try scan(stamps)
        guard scan.files.count == state.files.count else { return false }
        var files: [MessageFile] = []
        files.reserveCapacity(state.files.count)
        for file in state.files {
            guard let found = scan.files[file.base] else { return false }
            files.append(found)
        }
        update(uids: state.view.uids, files: files)
        accept(stamps)
        return true
    }

    /// What is in the two directories. One whose time stamp is what it was, and can be relied on, is not read again: most
    /// changes are a delivery into `new/` beside a large `cur/`.
    private func scan(_ stamps: Stamps) throws(SystemCallError) -> FolderScan {
        var scan = FolderScan(reserving: state.files.count)
        // new/ first: what is moved to cur/ between the two is then seen twice rather than not at all.
        if state.newIsSettled, stamps.new == state.new {
            for file in state.files where file.isNew { scan.add(file) }
        } else {
            try scan.read(directories.new, isNew: true)
        }
        if state.curIsSettled, stamps.cur == state.cur {
            for file in state.files where !file.isNew { scan.add(file) }
        } else {
            try scan.read(directories.cur, isNew: false)
        }
        return scan
    }

    mutating func readKeywordsAgain() throws {
        try readKeywords(try readStamps())
    }

    private mutating func readKeywords(_ stamps: Stamps) throws {
        guard stamps.keywordFile != state.keywordFile || !state.isLoaded else { return }
        state.keywords.update(try KeywordFile.read(in: control))
        state.keywordFile = stamps.keywordFile
    }

    // MARK: Under the lock

    /// Makes sure of the next UID. Messages of others that have none yet can wait for the next look.
    mutating func loadUIDs() throws {
        guard
            try !state.isLoaded || uidListFile.stampNow() != state.uidList || courierStamps() != state.courier
        else { return }
        try reconcile()
    }

    /// Joins the list with the directories, and gives UIDs to messages that have none. With `claimingRecent`, what is in `new/` goes to
    /// `cur/`.
    mutating func reconcile(claimingRecent: Bool = false) throws {
        try readKeywords(try readStamps())
        let isFirst = !state.isLoaded
        var (list, isUsable) = try readList()
        // Before the directories are read: what changes while they are read shows as another stamp next time.
        var stamps = try readStamps()
        var scan = try scan(stamps)
        try findMissing(list, &scan)
        let new = isFirst ? Set(scan.files.values.filter(\.isNew).map(\.base)) : []
        // Courier gives another UID to what it finds in new/.
        if claimingRecent || state.keepsCourier { try moveToCur(&scan) }

        if isFirst { adopt(list) }
        let known = state.view
        var files: [MessageFile] = []
        var uids: [UInt32] = []
        var kept: [UIDList.Record] = []
        var gone: Set<UInt32> = []
        for record in list.records {
            guard let file = scan.files[record.base[...]] else {
                gone.insert(record.uid)
                kept.append(record)
                continue
            }
            // A message that sessions were told is gone came back: its UID can't.
            if !isFirst, record.uid < known.uidNext, known.index(of: record.uid) == nil {
                isUsable = false
                continue
            }
            scan.remove(record.base[...])
            files.append(file)
            uids.append(record.uid)
            kept.append(record)
            if let size = record.virtualSize { state.virtualSizes[record.uid] = size }
        }
        let keptCount = kept.count
        list.records = kept
        list.nextUID = max(list.nextUID, isFirst ? 1 : known.uidNext)
        for file in ArrivalOrder.sorted(scan.files.values) {
            guard list.nextUID < .max else {
                throw MailboxFailure(.limitExceeded, "\(pathText(place.path)): all UIDs are used")
            }
            list.records.append(UIDList.Record(uid: list.nextUID, fields: [], base: Array(file.base)))
            files.append(file)
            uids.append(list.nextUID)
            list.nextUID += 1
        }
        try keepCourierList(list, without: gone)
        try write(list, added: list.records.count - keptCount, gone: gone, isUsable: isUsable)
        if isFirst {
            state.view.uidValidity = list.uidValidity
            state.view.firstRecentUID = zip(uids, files).first { new.contains($0.1.base) }?.0 ?? list.nextUID
        }
        if state.keepsCourier { try adoptCourierKeywords(&files, stamps) }
        update(uids: uids, files: files, uidNext: list.nextUID)
        stamps.uidList = try uidListFile.stamp()
        stamps.courier?.list = try CourierUIDFile(directory: directories.root).stamp()
        accept(stamps)
    }

    /// The list on disk, or a new one for a folder that has none or a broken one.
    private mutating func readList() throws -> (list: UIDList, isUsable: Bool) {
        let own: UIDList? = if case .list(let list) = try uidListFile.read() { list } else { nil }
        switch try withCourier(own) {
        case let list?:
            // UIDs that began again are another mailbox to every session that has this one open.
            guard !state.isLoaded || list.uidValidity == state.view.uidValidity else { throw FolderReplaced() }
            return (list, list.isAppendable)
        case nil:
            guard !state.isLoaded else { throw FolderReplaced() }
            return (UIDList(uidValidity: try nextUIDValidity()), false)
        }
    }

    private func nextUIDValidity() throws -> UInt32 {
        let account =
            place.accountControlPath == place.controlPath ? control : try roots.openOrMake(place.accountControlPath)
        return try UIDValidityCounter.next(in: account, above: state.view.uidValidity)
    }

    /// Reading a directory while files in it are renamed may miss some. What the list has and the scan has not is looked
    /// for once more before it counts as gone.
    private func findMissing(_ list: UIDList, _ scan: inout FolderScan) throws {
        let known = state.view
        let isMissing = list.records.contains { record in
            // What is known to be gone need not be looked for.
            let wasThere = !state.isLoaded || record.uid >= known.uidNext || known.index(of: record.uid) != nil
            return wasThere && scan.files[record.base[...]] == nil
        }
        guard isMissing else { return }
        let second = try FolderScan.all(directories)
        for file in second.files.values { scan.add(file) }
        // Seen only by the first: expunged meanwhile, or missed by the second.
        for (base, file) in scan.files where second.files[base] == nil {
            if try !directory(of: file).exists(file.name) { scan.remove(base) }
        }
    }

    private func moveToCur(_ scan: inout FolderScan) throws(SystemCallError) {
        for file in scan.files.values where file.isNew {
            var name = MessageFileName(file.name)
            name.letters = name.letters ?? []
            let moved = MessageFile(name: name.bytes, isNew: false)
            // Where another program moved it, the next look will show.
            guard try directories.new.renameIfPresent(file.name, to: directories.cur, moved.name) else { continue }
            scan.add(moved)
        }
    }

    /// Appends what is new; writes the list anew when it can't be appended to or has become mostly the past.
    private func write(_ list: UIDList, added: Int, gone: Set<UInt32>, isUsable: Bool) throws {
        let isOutgrown = gone.count > 32 + list.records.count / 8
        if !isUsable || isOutgrown {
            var list = list
            list.records.removeAll { gone.contains($0.uid) }
            try uidListFile.replace(list)
        } else if added > 0 {
            try uidListFile.append(list.records.suffix(added))
        } else {
            return
        }
        try step(.uidListSynced)
    }

    /// Goes on from what an index remembers, if it is of this mailbox: what is still as it was keeps its modification
    /// sequence, and what went meanwhile is known to have gone.
    private mutating func adopt(_ list: UIDList) {
        state.view.identity = list.guid
        guard let remembered = state.remembered else { return }
        state.remembered = nil
        // Not even another mailbox at this place goes back behind it: a client knows only the name.
        state.view.highestModSeq = remembered.highestModSeq
        guard remembered.identity == list.guid, remembered.uidValidity == list.uidValidity,
            remembered.uids.last ?? 0 < list.nextUID
        else { return }
        for (index, uid) in remembered.uids.enumerated() {
            // Without a keyword that is no more it counts as changed.
            guard let flags = state.keywords.translated(remembered.flags[index], remembered.keywords) else { continue }
            state.view.uids.append(uid)
            state.view.flags.append(flags)
            state.view.modSeqs.append(remembered.modSeqs[index])
        }
        state.view.expunged = remembered.expunged
        // A keyword's name alone is no change of any message.
        state.view.keywords = state.keywords.names
        state.wasAdopted = true
    }

    // MARK: The view

    /// Makes the view say what these files say; messages that changed get a new modification sequence.
    mutating func update(uids: [UInt32], files: [MessageFile], uidNext: UInt32? = nil) {
        let old = state.view
        let oldFiles = state.files
        var flags: [MessageFlags] = []
        var modSeqs: [UInt64] = []
        flags.reserveCapacity(uids.count)
        modSeqs.reserveCapacity(uids.count)
        let next = state.nextModSeq()
        var isChanged = uids.count != old.uids.count || old.keywords != state.keywords.names || next == 0
        var position = 0
        var gone: [UInt32] = []
        for (uid, file) in zip(uids, files) {
            while position < old.uids.count, old.uids[position] < uid {
                gone.append(old.uids[position])
                position += 1
            }
            let isKnown = position < old.uids.count && old.uids[position] == uid
            // Most names are as they were: their letters need not be read again.
            let now =
                isKnown && position < oldFiles.count && oldFiles[position].name == file.name
                    && state.readKeywords == state.keywords.version
                ? old.flags[position] : state.keywords.flags(file.letters)
            let isSame = isKnown && old.flags[position] == now
            flags.append(now)
            modSeqs.append(isSame ? old.modSeqs[position] : next)
            if !isSame { isChanged = true }
            if isKnown { position += 1 }
        }
        gone += old.uids[position...]
        if !gone.isEmpty { isChanged = true }
        state.files = files
        state.readKeywords = state.keywords.version
        state.view.uidNext = max(uidNext ?? old.uidNext, old.uidNext)
        guard isChanged || state.view.uidNext != old.uidNext || !state.isLoaded else { return }
        state.view.keywords = state.keywords.names
        state.view.uids = uids
        state.view.flags = flags
        state.view.modSeqs = modSeqs
        // A folder that was found as it was left goes on where it was.
        if state.isLoaded || isChanged || !state.wasAdopted { state.view.highestModSeq = next }
        if state.isLoaded || state.wasAdopted {
            state.view.expunged.add(gone, modSeq: next)
        } else {
            state.view.expunged = ExpungedMessages(floor: next)
        }
        if state.virtualSizes.count > uids.count {
            let present = Set(uids)
            state.virtualSizes = state.virtualSizes.filter { present.contains($0.key) }
        }
        publish()
    }
}
