import Blocking
import Glibc
import MailModel

/// Reading a folder: files, UID list and keywords become its contents; files without a UID get one.
extension MaildirFolder.State {
    static let uidListName = Array("dovecot-uidlist".utf8)
    static let keywordsName = Array("dovecot-keywords".utf8)

    /// Does nothing when nothing has changed since the last time.
    mutating func synchronize(_ handles: MaildirHandles) throws(MailboxFailure) {
        let now = try FolderMarks(handles)
        if let marks, marks.isSettled, marks == now { return }
        let before = contents
        let unknown = try join(handles)
        if !unknown.isEmpty || list == nil { try giveUIDs(handles) }
        marks = try FolderMarks(handles)
        if contents.highestModSeq != before.highestModSeq || contents.uidValidity != before.uidValidity
            || contents.messages.count != before.messages.count || contents.firstRecentUID != before.firstRecentUID
        {
            generation += 1
        }
    }

    /// A modification sequence above all before it, here and, since it follows the clock, in earlier processes.
    mutating func nextModSeq() -> UInt64 {
        let now = FileStatus.Time.now
        let clock = UInt64(clamping: now.seconds) &* 1000 &+ UInt64(clamping: now.nanoseconds / 1_000_000)
        return max(contents.highestModSeq &+ 1, clock)
    }

    /// Files that have no UID yet.
    private mutating func join(_ handles: MaildirHandles) throws(MailboxFailure) -> [FolderContents.File] {
        var files = try handles.scan()
        list = try handles.control(Self.uidListName, limit: UIDList.maximumSize).flatMap { UIDList($0) }
        let keywords = KeywordList(try handles.control(Self.keywordsName, limit: 65536) ?? [])
        guard let list else { return files }
        // A name that is being changed while the directory is read may be passed over: who seems gone is looked for again.
        let seen = Set(files.map { Array($0.name.base) })
        if contents.messages.contains(where: { !seen.contains(Array($0.file.base)) }) {
            let again = try handles.scan()
            files += again.filter { !seen.contains(Array($0.name.base)) }
        }
        return contents.join(files, list, keywords, modSeq: nextModSeq())
    }

    /// Under the lock that Dovecot takes too: reads the list as it is now, and adds what it lacks.
    private mutating func giveUIDs(_ handles: MaildirHandles) throws(MailboxFailure) {
        let lock = try UIDListLock(handles.main)
        defer { lock.release() }
        var unknown = try join(handles)
        var isWhole = true
        if list == nil {
            // Missing or damaged: every UID that was given is void.
            let now = UInt32(clamping: FileStatus.Time.now.seconds)
            let validity = max(contents.uidValidity &+ 1, now)
            list = UIDList(uidValidity: validity, headerFields: Array(" G\(Self.makeGUID())".utf8))
            isWhole = false
            unknown = contents.join(
                try handles.scan(), list ?? UIDList(uidValidity: validity), contents.keywords, modSeq: nextModSeq())
        }
        let records = contents.add(unknown, modSeq: nextModSeq())
        guard var list, !records.isEmpty || !isWhole else { return }
        list.records += records
        list.uidNext = contents.uidNext
        try write(list, adding: isWhole ? records : nil, handles)
        self.list = list
    }

    /// Adds lines to the list, or replaces it: when there is none, and when most of its lines are of messages long gone.
    private func write(
        _ list: UIDList, adding records: [UIDList.Record]?, _ handles: MaildirHandles
    ) throws(MailboxFailure) {
        let isMostlyDead = list.records.count > 2 * contents.messages.count + 100
        do throws(SystemCallError) {
            if let records, !isMostlyDead {
                let file = try handles.main.fileForAppending(Self.uidListName)
                try file.write(records.flatMap { UIDList.line($0) })
                try file.syncData()
            } else {
                var living = list
                let uids = Set(contents.messages.map(\.uid))
                living.records.removeAll { !uids.contains($0.uid) }
                try DurableFile.replace(
                    Self.uidListName, in: handles.main, temporaryName: Array("dovecot-uidlist.tmp".utf8),
                    contents: living.bytes)
            }
        } catch {
            throw error.mailboxFailure
        }
    }

    /// 32 hexadecimal digits that no other mailbox has.
    private static func makeGUID() -> String {
        (0..<4).map { _ in
            let digits = String(UInt32.random(in: 0...(.max)), radix: 16)
            return String(repeating: "0", count: 8 - digits.count) + digits
        }.joined()
    }

    /// The index of a keyword, added to the folder's list where it is new.
    mutating func keywordIndex(_ name: String, _ handles: MaildirHandles) throws(MailboxFailure) -> Int {
        if let index = contents.keywords.index(of: name) { return index }
        let lock = try UIDListLock(handles.main)
        defer { lock.release() }
        var keywords = KeywordList(try handles.control(Self.keywordsName, limit: 65536) ?? [])
        guard let index = keywords.add(name) else {
            throw MailboxFailure(.limitExceeded, "a Maildir folder holds at most 26 keywords; \(name) is one more")
        }
        do throws(SystemCallError) {
            try DurableFile.replace(
                Self.keywordsName, in: handles.main, temporaryName: Array("dovecot-keywords.lock".utf8),
                contents: keywords.bytes)
        } catch {
            throw error.mailboxFailure
        }
        contents.keywords = keywords
        generation += 1
        return index
    }
}
