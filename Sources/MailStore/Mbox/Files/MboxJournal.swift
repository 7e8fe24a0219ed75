import Blocking
import Glibc
import MailModel

/// Makes the rewriting of an mbox's tail safe against a kill and a power cut.
///
/// An mbox is changed in its place: a copy that is renamed would lose what a program adds that has opened the file already
/// and waits for its lock (Dovecot with `mbox_write_locks = fcntl dotlock`), and in a spool the owner may make no files. So the
/// new tail is first written to a journal elsewhere, whole and synced, then over the old one. Whoever locks the mbox next finds
/// a journal that was not removed, and completes the work. What other programs added meanwhile is kept.
struct MboxJournal {
    static let headerSize: UInt64 = 256
    static let blockSize: UInt64 = 256 * 1024
    private static let pageSize: UInt64 = 4096
    private static let magic = "postroom-mbox-rewrite"

    /// What is done to which file.
    struct Change: Hashable {
        var identity: FileStatus.Identity
        /// Where the tail begins.
        var offset: UInt64
        var oldSize: UInt64
        var newSize: UInt64
        /// Of what a shorter tail leaves behind: it tells whether the file was cut already.
        var remainder: UInt64

        var text: [UInt8] {
            let words = [identity.device, identity.inode, offset, oldSize, newSize, remainder].map(String.init)
            let text = Array("\(magic) 1 \(words.joined(separator: " "))\n".utf8)
            return text + [UInt8](repeating: 0, count: max(0, Int(headerSize) - text.count))
        }

        init(identity: FileStatus.Identity, offset: UInt64, oldSize: UInt64, newSize: UInt64, remainder: UInt64) {
            self.identity = identity
            self.offset = offset
            self.oldSize = oldSize
            self.newSize = newSize
            self.remainder = remainder
        }

        init?(_ text: [UInt8]) {
            let words = text.prefix { $0 != 0x0A }.split(separator: 0x20)
            guard words.count == 8, words[0].elementsEqual(magic.utf8), words[1].elementsEqual("1".utf8) else {
                return nil
            }
            let values = words.dropFirst(2).compactMap { Digits.parse($0) }
            guard values.count == 6, values[2] <= values[3], values[2] <= values[4] else { return nil }
            self.init(
                identity: FileStatus.Identity(device: values[0], inode: values[1]), offset: values[2],
                oldSize: values[3], newSize: values[4], remainder: values[5])
        }
    }

    private let file: FileHandle
    private let directory: DirectoryHandle
    private let name: [UInt8]
    private let change: Change

    // MARK: Writing

    /// Writes a journal; `tail` writes the new tail with the function it is given.
    static func make(
        for mbox: FileHandle, from offset: UInt64, _ place: MboxPlace, _ roots: MailRoots,
        tail: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws -> MboxJournal {
        guard let (directory, name) = try place.openJournal(roots, making: true) else {
            throw MailboxFailure(.unavailable, "\(pathText(place.path)): no place for a journal")
        }
        return try make(for: mbox, from: offset, in: directory, name, tail: tail)
    }

    private static func make(
        for mbox: FileHandle, from offset: UInt64, in directory: DirectoryHandle, _ name: [UInt8],
        tail: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws -> MboxJournal {
        let temporaryName = name + Array(".tmp".utf8)
        _ = try directory.removeIfPresent(temporaryName)
        let journal = try directory.makeFile(temporaryName)
        do {
            try journal.write([UInt8](repeating: 0, count: Int(headerSize)))
            var length: UInt64 = 0
            try tail { bytes in
                try journal.write(bytes)
                length += UInt64(bytes.count)
            }
            let status = try mbox.status()
            var sums: [UInt8] = []
            try forEachPage(from: offset, to: status.size) { start, end in
                let sum = try sum(mbox, start, end)
                withUnsafeBytes(of: sum.littleEndian) { sums += $0 }
                if sums.count >= 64 * 1024 {
                    try journal.write(sums)
                    sums = []
                }
            }
            try journal.write(sums)
            let newSize = offset + length
            let change = Change(
                identity: status.identity, offset: offset, oldSize: status.size, newSize: newSize,
                remainder: newSize < status.size ? try sum(mbox, newSize, status.size) : 0)
            try journal.write(change.text, at: 0)
            try journal.sync()
            try directory.rename(temporaryName, to: directory, name)
            try directory.sync()
            return MboxJournal(file: journal, directory: directory, name: name, change: change)
        } catch {
            DurableFile.discard(temporaryName, in: directory)
            throw error
        }
    }

    /// Brings the new tail into the mbox. A failure before the first old byte is touched leaves all as it was.
    func apply(to mbox: FileHandle, step: (MboxStep) throws -> Void = { _ in }) throws {
        if change.newSize > change.oldSize {
            do {
                try mbox.truncate(to: change.newSize)
                try step(.fileExtended)
                // What may find no room comes first.
                try copy(to: mbox, from: change.oldSize, to: change.newSize, step)
            } catch let error as SystemCallError {
                try mbox.truncate(to: change.oldSize)
                DurableFile.discard(name, in: directory)
                throw error
            }
        }
        try copy(to: mbox, from: change.offset, to: min(change.oldSize, change.newSize), step)
        try mbox.sync()
        try step(.tailSynced)
        if change.newSize < change.oldSize {
            try mbox.truncate(to: change.newSize)
            try step(.fileTruncated)
            try mbox.sync()
        }
        _ = try directory.removeIfPresent(name)
    }

    private func copy(
        to mbox: FileHandle, from start: UInt64, to end: UInt64, _ step: (MboxStep) throws -> Void
    ) throws {
        var position = start
        while position < end {
            let block = try newBytes(position, min(end, position + Self.blockSize))
            guard !block.isEmpty else { throw SystemCallError("read", file.path, EIO) }
            try mbox.write(block, at: position)
            position += UInt64(block.count)
            try step(.blockWritten)
        }
    }

    private func newBytes(_ start: UInt64, _ end: UInt64) throws -> [UInt8] {
        try file.read(from: Self.headerSize + start - change.offset, count: Int(end - start))
    }

    // MARK: Recovering

    /// Completes what was not completed. Under the mbox's locks.
    static func recover(_ mbox: FileHandle, _ place: MboxPlace, _ roots: MailRoots) throws {
        guard let (directory, name) = try place.openJournal(roots, making: false) else { return }
        let file: FileHandle
        do throws(SystemCallError) {
            file = try directory.file(name)
        } catch {
            guard [ENOENT, EACCES].contains(error.number) else { throw error }
            return
        }
        let status = try mbox.status()
        guard let change = Change(try file.read(from: 0, count: Int(headerSize))), change.identity == status.identity
        else { return try setAside(name, in: directory) }
        let journal = MboxJournal(file: file, directory: directory, name: name, change: change)
        switch try journal.progress(of: mbox, size: status.size) {
        case .notBegun, .complete:
            _ = try directory.removeIfPresent(name)
        case .begun where change.newSize < change.oldSize && status.size > change.oldSize:
            // Mail was added behind the old tail: it has to come along.
            let whole = try make(for: mbox, from: change.offset, in: directory, name) { write in
                var position = change.offset
                while position < change.newSize {
                    let block = try journal.newBytes(position, min(change.newSize, position + blockSize))
                    guard !block.isEmpty else { throw SystemCallError("read", file.path, EIO) }
                    try write(block)
                    position += UInt64(block.count)
                }
                position = change.oldSize
                while position < status.size {
                    let block = try mbox.read(from: position, count: Int(min(blockSize, status.size - position)))
                    guard !block.isEmpty else { throw SystemCallError("read", mbox.path, EIO) }
                    try write(block)
                    position += UInt64(block.count)
                }
            }
            try whole.apply(to: mbox)
        case .begun:
            try journal.applyAgain(to: mbox)
        case .changedByOthers:
            try setAside(name, in: directory)
        }
    }

    private func applyAgain(to mbox: FileHandle) throws {
        try copy(to: mbox, from: change.offset, to: change.newSize) { _ in }
        try mbox.sync()
        if change.newSize < change.oldSize {
            try mbox.truncate(to: change.newSize)
            try mbox.sync()
        }
        _ = try directory.removeIfPresent(name)
    }

    /// Not thrown away: the tail's messages are in it, behind its first line.
    private static func setAside(_ name: [UInt8], in directory: DirectoryHandle) throws {
        try directory.rename(name, to: directory, name + Array(".unused-\(FileStatus.Time.now.seconds)".utf8))
        try directory.sync()
    }

    private enum Progress {
        case notBegun
        case begun
        case complete
        case changedByOthers
    }

    private func progress(of mbox: FileHandle, size: UInt64) throws -> Progress {
        if change.newSize < change.oldSize {
            guard size >= change.oldSize,
                try Self.sum(mbox, change.newSize, change.oldSize) == change.remainder
            else { return .complete }
        } else if change.newSize > change.oldSize {
            if size == change.oldSize { return .notBegun }
            guard size > change.oldSize else { return .changedByOthers }
            guard size >= change.newSize, try isGrowth(of: mbox) else { return .notBegun }
        } else if size < change.oldSize {
            return .changedByOthers
        }
        return try isOldOrNew(mbox) ? .begun : .changedByOthers
    }

    /// The part behind the old end is ours: what the new tail has there, or nothing yet.
    private func isGrowth(of mbox: FileHandle) throws -> Bool {
        var position = change.oldSize
        while position < change.newSize {
            let count = Int(min(Self.blockSize, change.newSize - position))
            let new = try newBytes(position, position + UInt64(count))
            let current = try mbox.read(from: position, count: count)
            guard new.count == count, current.count == count else { return false }
            for (old, new) in zip(current, new) where old != 0 && old != new { return false }
            position += UInt64(count)
        }
        return true
    }

    /// Whether every page of the tail is as it was before or as it shall be: then nobody else changed it.
    private func isOldOrNew(_ mbox: FileHandle) throws -> Bool {
        var number: UInt64 = 0
        let sums = Self.headerSize + change.newSize - change.offset
        var isValid = true
        try Self.forEachPage(from: change.offset, to: change.oldSize) { start, end in
            guard isValid else { return }
            let stored = try file.read(from: sums + number * 8, count: 8)
            number += 1
            guard stored.count == 8 else {
                isValid = false
                return
            }
            let old = stored.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
            if try Self.sum(mbox, start, end) == old { return }
            let newEnd = min(end, change.newSize)
            guard start < newEnd else {
                isValid = false
                return
            }
            let current = try mbox.read(from: start, count: Int(newEnd - start))
            isValid = try current == newBytes(start, newEnd)
        }
        return isValid
    }

    private static func forEachPage(
        from offset: UInt64, to end: UInt64, _ body: (UInt64, UInt64) throws -> Void
    ) throws {
        var start = offset
        while start < end {
            let next = min(end, (start / pageSize + 1) * pageSize)
            try body(start, next)
            start = next
        }
    }

    private static func sum(_ file: FileHandle, _ start: UInt64, _ end: UInt64) throws -> UInt64 {
        var reader = BlockReader(file, size: end)
        return try reader.sum(from: start, to: end)
    }
}
