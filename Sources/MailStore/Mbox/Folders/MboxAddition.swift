import Blocking
import Glibc
import MailModel

/// A message on its way into an mbox: its own header, with the fields that it gets, and its body, in a file that lies elsewhere.
struct MboxAddition: Sendable {
    var sender: [UInt8]
    var date: Int64
    /// With its empty line, and without the fields that are an mbox's own.
    var header: [UInt8]
    var file: FileHandle
    var bodyOffset: UInt64
    var bodySize: UInt64
    var flags: MessageFlags = []
    var keywords: [String] = []
}

/// Adds to the end of an mbox, under its locks. What fails is cut off again.
enum MboxAppender {
    /// - Parameter write: writes the messages with the function it is given, each with its `From ` line and an empty line behind.
    static func append(
        to file: FileHandle, _ access: MboxAccess,
        _ write: (_ write: ([UInt8]) throws -> Void) throws -> Void
    ) throws {
        let size = try file.status().size
        let lineEnds = size > 0 ? try missingLineEnds(file, size) : []
        let journal = try MboxAppendJournal.open(access.place, access.roots)
        let length = try journal?.record(file, size, lineEnds, write)
        do {
            try access.step(.appendPlanned)
            var position = size
            func append(_ bytes: [UInt8]) throws {
                try file.write(bytes, at: position)
                position += UInt64(bytes.count)
                try access.step(.appendedBlock)
            }
            if let journal, let length {
                try journal.forEachBlock(length) { try append($0) }
            } else {
                try append(lineEnds)
                try write { try append($0) }
            }
            try access.step(.appended)
            try file.sync()
            try access.step(.appendSynced)
        } catch {
            // As nobody was told of it, nobody shall find a part of it. (A test's "kill" is no system call's failure.)
            if error is SystemCallError || error is MailboxFailure {
                try file.truncate(to: size)
                try file.sync()
                try journal?.clear()
            }
            throw error
        }
        try journal?.clear()
    }

    /// An empty line parts messages, whoever wrote the one before.
    static func missingLineEnds(_ file: FileHandle, _ size: UInt64) throws -> [UInt8] {
        let end = try file.read(from: size - min(size, 4), count: 4)
        if end.suffix(2) == [0x0A, 0x0A] || end == [0x0D, 0x0A, 0x0D, 0x0A] { return [] }
        if size == 1, end == [0x0A] { return [] }
        return end.last == 0x0A ? [0x0A] : [0x0A, 0x0A]
    }
}

extension MboxWork {
    /// Adds messages, in their order, all or none: durable when it returns. Returns their UIDs.
    mutating func add(
        _ additions: [MboxAddition], to name: MailboxName, _ quota: MboxQuota
    ) throws -> [UInt32] {
        guard !additions.isEmpty else { return [] }
        return try locked { work, file in
            guard let last = UInt32(exactly: additions.count), work.state.view.uidNext < .max - 1 - last else {
                throw MailboxFailure(.limitExceeded, "\(pathText(work.access.place.path)): all UIDs are used")
            }
            let first = work.state.view.uidNext
            let uids = (0..<last).map { first + $0 }
            if let index = work.state.entries.indices.last,
                try !MboxAppender.missingLineEnds(file, file.status().size).isEmpty
            {
                work.state.entries[index].extent.sum = MboxEntry.unknownSum
            }
            var state = work.state
            state.view.uidNext = first + last
            let isFirst = state.entries.isEmpty
            let headers = zip(additions, uids).enumerated().map { offset, pair in
                let fields = work.fields(pair.0, pair.1, isFirst: isFirst && offset == 0, &state)
                return FromLine.make(sender: pair.0.sender, at: pair.0.date)
                    + fields.rewriting(pair.0.header[...], isCut: pair.0.isCut)
            }
            let size = zip(headers, additions).reduce(0) { $0 &+ UInt64($1.0.count) &+ $1.1.bodySize &+ 1 }
            try quota.add(size, to: name, as: .client) {
                try MboxAppender.append(to: file, work.access) { write in
                    for (header, addition) in zip(headers, additions) {
                        try write(header)
                        try addition.copyBody(write)
                        try write([0x0A])
                    }
                }
            }
            work.state.view.keywords = state.view.keywords
            work.state.view.uidNext = state.view.uidNext
            work.state.stamp = nil
            // The first message tells the last UID; it is written with the new messages known, which may have to move.
            if try !work.look(file, .trusting) { try work.assignUIDs(in: file) }
            return uids
        }
    }

    private func fields(
        _ addition: MboxAddition, _ uid: UInt32, isFirst: Bool, _ state: inout MboxState
    ) -> MboxFields {
        var fields = MboxFields()
        fields.uid = uid
        // What does not fit is left out: the last keyword taken is no reason to turn mail away.
        let keywords = addition.keywords.compactMap { state.flag($0) }.reduce(into: MessageFlags()) { $0.insert($1) }
        fields.flags = addition.flags.intersection(.system)
        fields.keywords = state.keywords(keywords, keeping: [])
        fields.contentLength = addition.bodySize
        if isFirst {
            fields.base = MboxFields.Base(
                uidValidity: state.view.uidValidity, lastUID: state.view.uidNext - 1,
                keywords: state.view.keywords.map { Array($0.utf8) })
        }
        return fields
    }
}

extension MboxAddition {
    /// The header goes on in what counts as body.
    var isCut: Bool { bodySize > 0 && !MboxFields.hasEnd(header) }

    func copyBody(_ write: ([UInt8]) throws -> Void) throws {
        var position: UInt64 = 0
        while position < bodySize {
            let block = try file.read(
                from: bodyOffset + position, count: Int(min(MboxJournal.blockSize, bodySize - position)))
            guard !block.isEmpty else { throw SystemCallError("read", file.path, EIO) }
            try write(block)
            position += UInt64(block.count)
        }
    }
}
