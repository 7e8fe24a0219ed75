import Blocking
import Glibc
import MailModel

/// Makes an append safe against a kill and a power cut: what is to be added is first written here, whole and synced. Whoever locks
/// the mbox next finds what was not finished, and cuts off what there is of it: its sender was told nothing, and sends it
/// again. What other programs added behind it meanwhile is kept.
///
/// The file stays, empty while nothing is being added: making it anew would cost a sync of its directory for each message.
struct MboxAppendJournal {
    private static let headerSize: UInt64 = 128
    private static let magic = "postroom-mbox-append"
    /// How far a torn message may seem to go on in what another program put behind it.
    private static let maximumOverlap: UInt64 = 1024

    private let file: FileHandle

    /// What was to be added where.
    private struct Plan {
        var identity: FileStatus.Identity
        var oldSize: UInt64
        var length: UInt64

        var text: [UInt8] {
            let words = [identity.device, identity.inode, oldSize, length].map(String.init)
            let text = Array("\(magic) 1 \(words.joined(separator: " "))\n".utf8)
            return text + [UInt8](repeating: 0, count: max(0, Int(headerSize) - text.count))
        }

        init(identity: FileStatus.Identity, oldSize: UInt64, length: UInt64) {
            self.identity = identity
            self.oldSize = oldSize
            self.length = length
        }

        init?(_ text: [UInt8]) {
            let words = text.prefix { $0 != 0x0A }.split(separator: 0x20)
            guard words.count == 6, words[0].elementsEqual(magic.utf8), words[1].elementsEqual("1".utf8) else {
                return nil
            }
            let values = words.dropFirst(2).compactMap { Digits.parse($0) }
            guard values.count == 4, !values[2].addingReportingOverflow(values[3]).overflow else { return nil }
            self.init(
                identity: FileStatus.Identity(device: values[0], inode: values[1]), oldSize: values[2],
                length: values[3])
        }
    }

    // MARK: Adding

    /// Nil where the owner may make no file: then an append is as safe as any other program's.
    static func open(_ place: MboxPlace, _ roots: MailRoots) throws -> MboxAppendJournal? {
        do {
            guard let (directory, name) = try place.openAppendJournal(roots, making: true) else { return nil }
            do throws(SystemCallError) {
                return MboxAppendJournal(file: try directory.fileForChanging(name))
            } catch {
                guard error.isMissing else { throw error }
                let journal = MboxAppendJournal(file: try directory.makeFile(name))
                try directory.sync()
                return journal
            }
        } catch  where MaildirDirectories.isDenied(error) || (error as? SystemCallError)?.number == EROFS {
            return nil
        }
    }

    /// Notes what is to be added behind `oldSize`, and returns how much it is.
    func record(
        _ mbox: FileHandle, _ oldSize: UInt64, _ lineEnds: [UInt8],
        _ write: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws -> UInt64 {
        do {
            try file.truncate(to: 0)
            try file.write(lineEnds, at: Self.headerSize)
            var length = UInt64(lineEnds.count)
            try write { bytes in
                try file.write(bytes, at: Self.headerSize + length)
                length += UInt64(bytes.count)
            }
            // Only a journal that is whole has a header.
            try file.syncData()
            let plan = Plan(identity: try mbox.status().identity, oldSize: oldSize, length: length)
            try file.write(plan.text, at: 0)
            try file.syncData()
            return length
        } catch {
            try file.truncate(to: 0)
            throw error
        }
    }

    func forEachBlock(_ length: UInt64, _ body: ([UInt8]) throws -> Void) throws {
        var position: UInt64 = 0
        while position < length {
            let block = try read(position, min(MboxJournal.blockSize, length - position))
            guard !block.isEmpty else { throw SystemCallError("read", file.path, EIO) }
            try body(block)
            position += UInt64(block.count)
        }
    }

    func clear() throws(SystemCallError) {
        try file.truncate(to: 0)
    }

    private func read(_ position: UInt64, _ count: UInt64) throws(SystemCallError) -> [UInt8] {
        try file.read(from: Self.headerSize + position, count: Int(count))
    }

    // MARK: Recovering

    /// Whether something was not finished, or is being added.
    static func isPending(_ place: MboxPlace, _ roots: MailRoots) throws -> Bool {
        guard let (directory, name) = try place.openAppendJournal(roots, making: false) else { return false }
        do throws(SystemCallError) {
            return try directory.status(name).size > 0
        } catch {
            guard [ENOENT, EACCES].contains(error.number) else { throw error }
            return false
        }
    }

    /// Takes away what there is of a message that was not finished. Under the mbox's locks.
    static func recover(_ mbox: FileHandle, _ place: MboxPlace, _ roots: MailRoots) throws {
        guard try isPending(place, roots),
            let (directory, name) = try place.openAppendJournal(roots, making: false)
        else { return }
        let journal = MboxAppendJournal(file: try directory.fileForChanging(name))
        let status = try mbox.status()
        guard let plan = Plan(try journal.file.read(from: 0, count: Int(headerSize))),
            plan.identity == status.identity, status.size > plan.oldSize
        else { return try journal.clear() }
        let common = try journal.common(mbox, plan, status.size)
        // Whole: only the word that it was delivered was never said.
        guard common < plan.length else { return try journal.clear() }
        if plan.oldSize + common == status.size {
            try mbox.truncate(to: plan.oldSize)
            try mbox.sync()
            return try journal.clear()
        }
        if let start = try otherMail(mbox, plan, common, status.size), start > plan.oldSize {
            let rewriting = try MboxJournal.make(for: mbox, from: plan.oldSize, place, roots) { write in
                var position = start
                while position < status.size {
                    let block = try mbox.read(
                        from: position, count: Int(min(MboxJournal.blockSize, status.size - position)))
                    guard !block.isEmpty else { throw SystemCallError("read", mbox.path, EIO) }
                    try write(block)
                    position += UInt64(block.count)
                }
            }
            try rewriting.apply(to: mbox)
        } else if try isEmpty(mbox, from: plan.oldSize + common, to: status.size) {
            // The file grew, its blocks were never written: a power cut.
            try mbox.truncate(to: plan.oldSize)
            try mbox.sync()
        }
        // Otherwise another program has taken it for a message and changed it: it has been shown, and stays.
        try journal.clear()
    }

    /// How much of what was to be added is there.
    private func common(_ mbox: FileHandle, _ plan: Plan, _ size: UInt64) throws -> UInt64 {
        let most = min(plan.length, size - plan.oldSize)
        var position: UInt64 = 0
        while position < most {
            let count = min(MboxJournal.blockSize, most - position)
            let planned = try read(position, count)
            let found = try mbox.read(from: plan.oldSize + position, count: Int(count))
            let same = UInt64(zip(planned, found).prefix { $0 == $1 }.count)
            position += same
            if same < count { break }
        }
        return position
    }

    /// Where mail of another program begins behind a torn message. What is torn may seem to be longer than it is, by what
    /// both have in common.
    private static func otherMail(
        _ mbox: FileHandle, _ plan: Plan, _ common: UInt64, _ size: UInt64
    ) throws -> UInt64? {
        let end = plan.oldSize + common
        let first = plan.oldSize + (common - min(common, maximumOverlap))
        // The line ends that other programs put before it part it from nothing.
        let last = min(size, end + 2)
        let bytes = try mbox.read(from: first, count: Int(last - first) + FromLine.maximumLength)
        for start in stride(from: Int(last - first), through: 0, by: -1) where start < bytes.count {
            let line = bytes[start...].prefix(FromLine.maximumLength).prefix { $0 != 0x0A }
            if FromLine.date(line) != nil { return first + UInt64(start) }
        }
        return nil
    }

    private static func isEmpty(_ file: FileHandle, from start: UInt64, to end: UInt64) throws -> Bool {
        var position = start
        while position < end {
            let block = try file.read(from: position, count: Int(min(MboxJournal.blockSize, end - position)))
            guard !block.isEmpty, block.allSatisfy({ $0 == 0 }) else { return false }
            position += UInt64(block.count)
        }
        return true
    }
}
