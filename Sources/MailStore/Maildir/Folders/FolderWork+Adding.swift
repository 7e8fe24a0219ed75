import Blocking
import Glibc
import MailModel

/// A message on its way into a folder, as a file that lies somewhere already.
struct IncomingMessage: Sendable {
    var directory: DirectoryHandle
    var name: [UInt8]
    /// The `,S=…,W=…` of its new name.
    var sizeFields: [UInt8]
    var flags: MessageFlags
    var keywords: [String]
}

extension FolderWork {
    /// What happened to messages that were to come in, in their order.
    struct Added {
        /// Nil for those whose file was not there any more.
        var uids: [UInt32?]
    }

    /// Renames files into the folder and gives them UIDs, in their order: durable when it returns. UIDs are written first,
    /// so that one that a client learns of is never given again; those of files that turn out to be gone stay unused.
    ///
    /// With `isAtomic` the files come in together: a failure takes back those that came in already.
    mutating func add(_ messages: [IncomingMessage], isAtomic: Bool) throws -> Added {
        try locked { work in
            try work.loadUIDs()
            let known = work.state.view
            var records: [UIDList.Record] = []
            var files: [MessageFile] = []
            var keywords: [(base: ArraySlice<UInt8>, flags: MessageFlags)] = []
            for (offset, message) in messages.enumerated() {
                let (uid, overflow) = known.uidNext.addingReportingOverflow(UInt32(clamping: offset))
                guard !overflow, uid < .max else {
                    throw MailboxFailure(.limitExceeded, "\(pathText(work.place.path)): all UIDs are used")
                }
                var name = MessageFileName(base: UniqueName.next() + message.sizeFields)
                let flags = message.flags.union(try work.addKeywordsThatFit(message.keywords))
                let letters = work.state.keywords.letters(flags)
                // What Courier finds in new/ has no UID to it.
                let isNew = !work.state.keepsCourier
                if !letters.isEmpty || !isNew { name.letters = letters }
                records.append(UIDList.Record(uid: uid, fields: [], base: name.base))
                files.append(MessageFile(name: name.bytes, isNew: isNew))
                if !flags.keywordIndexes.isEmpty { keywords.append((name.base[...], flags)) }
            }
            guard let last = records.last?.uid else { return Added(uids: []) }
            try work.keepCourierKeywords(keywords)
            try work.keepCourierList(adding: records)
            try work.uidListFile.append(records[...])
            work.state.view.uidNext = last + 1
            work.state.uidList = try work.uidListFile.stamp()
            work.state.courier = try work.courierStamps()
            try work.step(.uidListSynced)
            return try work.bringIn(messages, records, files, isAtomic: isAtomic)
        }
    }

    private mutating func bringIn(
        _ messages: [IncomingMessage], _ records: [UIDList.Record], _ files: [MessageFile], isAtomic: Bool
    ) throws -> Added {
        var added: [(uid: UInt32, file: MessageFile, message: IncomingMessage)] = []
        var uids: [UInt32?] = []
        do {
            for (index, message) in messages.enumerated() {
                guard
                    try message.directory.moveIfPresent(
                        message.name, to: directory(of: files[index]), files[index].name)
                else {
                    uids.append(nil)
                    continue
                }
                added.append((records[index].uid, files[index], message))
                uids.append(records[index].uid)
            }
            try step(.nameMade)
            if let file = files.first { try directory(of: file).sync() }
            try step(.directorySynced)
        } catch {
            if isAtomic {
                for entry in added { DurableFile.discard(entry.file.name, in: directory(of: entry.file)) }
            } else {
                show(added.map { ($0.uid, $0.file) })
            }
            throw error
        }
        show(added.map { ($0.uid, $0.file) })
        return Added(uids: uids)
    }

    /// New messages have the highest UIDs: they go behind the others.
    private mutating func show(_ added: [(uid: UInt32, file: MessageFile)]) {
        update(uids: state.view.uids + added.map(\.uid), files: state.files + added.map(\.file))
    }

    // MARK: Copies

    /// Files in `tmp/` that are the same as the given ones of another folder: links where possible. Nil for those that are
    /// not there. A failure leaves none.
    func prepareCopies(of files: [(directory: DirectoryHandle, name: [UInt8])]) throws -> [[UInt8]?] {
        var names: [[UInt8]?] = []
        do {
            for file in files {
                let name = UniqueName.next()
                do {
                    try link(file.name, in: file.directory, to: name)
                    names.append(name)
                } catch let error as SystemCallError where error.isMissing {
                    names.append(nil)
                }
            }
        } catch {
            discardCopies(names)
            throw error
        }
        return names
    }

    func discardCopies(_ names: [[UInt8]?]) {
        for case let name? in names { DurableFile.discard(name, in: directories.tmp) }
    }

    private func link(_ name: [UInt8], in directory: DirectoryHandle, to copy: [UInt8]) throws {
        do throws(SystemCallError) {
            try directory.link(name, to: directories.tmp, copy)
        } catch  where [EXDEV, EMLINK, EPERM, EOPNOTSUPP].contains(error.number) {
            try duplicate(try directory.file(name), as: copy)
        }
    }

    private func duplicate(_ source: FileHandle, as copy: [UInt8]) throws {
        let target = try directories.tmp.makeFile(copy)
        do {
            var offset: UInt64 = 0
            while true {
                let block = try source.read(from: offset, count: 256 * 1024)
                if block.isEmpty { break }
                try target.write(block)
                offset += UInt64(block.count)
            }
            try target.setModified(try source.status().modified.seconds)
            try target.sync()
        } catch {
            DurableFile.discard(copy, in: directories.tmp)
            throw error
        }
    }
}

extension MessageFile {
    /// The size fields of the name, to be kept in a new one.
    var sizeFields: [UInt8] {
        var fields: [UInt8] = []
        for letter in [UInt8(ascii: "S"), UInt8(ascii: "W")] {
            guard let value = MessageFileName.field(letter, of: Array(base)) else { continue }
            fields += [UInt8(ascii: ","), letter, UInt8(ascii: "=")] + Array(String(value).utf8)
        }
        return fields
    }
}
