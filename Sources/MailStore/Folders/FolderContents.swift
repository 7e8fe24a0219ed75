import MailModel

/// What a folder holds, joined from its files and its UID list: a value that the folder replaces as a whole.
struct FolderContents: Sendable {
    struct Message: Sendable {
        var uid: UInt32
        var file: MaildirFileName
        /// Still in `new/`.
        var isNew: Bool
        var flags: MessageFlags
        var modSeq: UInt64
    }

    /// A file as a scan of `new/` and `cur/` found it.
    struct File: Sendable {
        var name: MaildirFileName
        var isNew: Bool
    }

    var uidValidity: UInt32 = 0
    var uidNext: UInt32 = 1
    var highestModSeq: UInt64 = 1
    var keywords = KeywordList()
    /// In ascending order of UID.
    var messages: [Message] = []
    /// Messages at or above have not been claimed as recent by any session.
    var firstRecentUID: UInt32 = 1

    /// Joins a scan with the list. Files that the list does not know are returned, in the order of their arrival, and are
    /// not part of the contents yet.
    mutating func join(_ files: [File], _ list: UIDList, _ keywords: KeywordList, modSeq: UInt64) -> [File] {
        var byBase: [ArraySlice<UInt8>: File] = [:]
        byBase.reserveCapacity(files.count)
        for file in files {
            // One that is being moved may show up in both: `cur/` is where it will be.
            if let other = byBase[file.name.base], !other.isNew { continue }
            byBase[file.name.base] = file
        }
        let isSameMailbox = list.uidValidity == uidValidity
        var old = (isSameMailbox ? messages : [])[...]
        var joined: [Message] = []
        joined.reserveCapacity(list.records.count)
        var changed = !isSameMailbox || keywords != self.keywords
        for record in list.records {
            while let first = old.first, first.uid < record.uid {
                old.removeFirst()
                changed = true
            }
            let known = old.first?.uid == record.uid ? old.popFirst() : nil
            guard let file = byBase.removeValue(forKey: record.base[...]) else {
                if known != nil { changed = true }
                continue
            }
            let flags = MaildirFlags.flags(of: file.name.flagLetters)
            var message = Message(uid: record.uid, file: file.name, isNew: file.isNew, flags: flags, modSeq: modSeq)
            if let known, known.flags == flags { message.modSeq = known.modSeq } else { changed = true }
            joined.append(message)
        }
        if !old.isEmpty { changed = true }
        if !isSameMailbox { firstRecentUID = list.uidNext }
        uidValidity = list.uidValidity
        uidNext = list.uidNext
        self.keywords = keywords
        messages = joined
        if changed { highestModSeq = max(highestModSeq, modSeq) }
        firstRecentUID = min(firstRecentUID, joined.first { $0.isNew }?.uid ?? uidNext)
        return byBase.values.sorted(by: Self.arrivedBefore)
    }

    private static func arrivedBefore(_ left: File, _ right: File) -> Bool {
        let (one, other) = (left.name.arrival, right.name.arrival)
        if one != other { return one < other }
        return left.name.bytes.lexicographicallyPrecedes(right.name.bytes)
    }

    /// Adds files with fresh UIDs, in the order given; returns their records for the list. Files that no UID is left for
    /// stay out.
    mutating func add(_ files: [File], modSeq: UInt64) -> [UIDList.Record] {
        var records: [UIDList.Record] = []
        for file in files {
            guard uidNext < .max else { break }
            let uid = uidNext
            uidNext += 1
            let flags = MaildirFlags.flags(of: file.name.flagLetters)
            messages.append(Message(uid: uid, file: file.name, isNew: file.isNew, flags: flags, modSeq: modSeq))
            if file.isNew { firstRecentUID = min(firstRecentUID, uid) }
            records.append(UIDList.Record(uid: uid, fields: [], base: Array(file.name.base)))
        }
        if !records.isEmpty { highestModSeq = max(highestModSeq, modSeq) }
        return records
    }

    func index(of uid: UInt32) -> Int? {
        var low = 0
        var high = messages.count
        while low < high {
            let middle = low + (high - low) / 2
            if messages[middle].uid < uid { low = middle + 1 } else { high = middle }
        }
        return low < messages.count && messages[low].uid == uid ? low : nil
    }

    func view(generation: UInt64) -> MailboxView {
        MailboxView(
            uidValidity: uidValidity, uidNext: uidNext, highestModSeq: highestModSeq, keywords: keywords.names,
            uids: messages.map(\.uid), flags: messages.map(\.flags), modSeqs: messages.map(\.modSeq),
            firstRecentUID: firstRecentUID, generation: generation)
    }
}
