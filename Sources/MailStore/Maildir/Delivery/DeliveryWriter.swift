import Blocking
import Glibc
import MailModel
import NIOCore

/// The blocking half of a delivery: everything here runs on a pool's thread, as the owner.
struct DeliveryWriter: Sendable {
    private let roots: MailRoots
    private let options: MaildirOptions

    init(_ roots: MailRoots, _ options: MaildirOptions) {
        self.roots = roots
        self.options = options
    }

    func step(_ step: DurabilityStep) throws {
        try options.afterStep?(step)
    }

    /// Delivers to every member of `group`, one file for all where it can be linked. `written` is a file that is there
    /// already; its temporary name is removed in the end.
    func deliver(
        _ group: DeliveryGroup, _ source: MessageSource, written: WrittenMessage?
    ) -> [Result<DeliveredMessage, DeliveryFailure>] {
        var shared = written
        // A single copy is renamed; several are linked from one temporary name.
        var keepsTemporaryName = group.members.count > 1
        defer {
            if let shared { DurableFile.discard(shared.temporaryName, in: shared.directory) }
        }
        return group.members.map { member in
            do {
                let directories = try MaildirDirectories(making: member.path, roots)
                if let message = shared, let delivered = try link(message, to: directories, member) {
                    return .success(delivered)
                }
                let message = try write(group.header, source, in: directories)
                guard keepsTemporaryName, shared == nil else {
                    return .success(try rename(message, to: directories, member))
                }
                shared = message
                if let delivered = try link(message, to: directories, member) { return .success(delivered) }
                // A file system without links (CIFS, some FUSE): a file for each.
                shared = nil
                keepsTemporaryName = false
                return .success(try rename(message, to: directories, member))
            } catch {
                return .failure(DeliveryFailure(error))
            }
        }
    }

    /// A message of our own into the owner's INBOX, quota or not.
    func deliver(_ message: [UInt8], to path: [UInt8], _ quota: AccountQuota) throws {
        let directories = try MaildirDirectories(making: path, roots)
        let written = try write([], .memory(ByteBuffer(bytes: message)), in: directories)
        do {
            _ = try name(
                written, DeliveryGroup.Member(index: 0, path: path, quota: quota), in: directories, as: .unconditional
            ) { name throws(SystemCallError) in
                try written.directory.renameWithoutReplacing(written.temporaryName, to: directories.new, name)
            }
        } catch {
            DurableFile.discard(written.temporaryName, in: written.directory)
            throw error
        }
    }

    // MARK: Writing

    /// Makes the temporary file and writes all of the message into it.
    func write(
        _ header: [UInt8], _ source: MessageSource, in directories: MaildirDirectories
    ) throws -> WrittenMessage {
        let (name, file) = try makeTemporaryFile(in: directories)
        do {
            var lineEnds = LineEndsToLF()
            var sizes: (UInt64, UInt64)
            var output: [UInt8] = []
            switch source {
            case .memory(let body):
                output.reserveCapacity(header.count + body.readableBytes)
                lineEnds.convert(header, into: &output)
                body.withUnsafeReadableBytes { lineEnds.convert($0, into: &output) }
                lineEnds.finish(into: &output)
                try file.write(output)
                sizes = (lineEnds.size, lineEnds.virtualSize)
            case .file(let other, let offset, let size, let virtualSize):
                lineEnds.convert(header, into: &output)
                lineEnds.finish(into: &output)
                try file.write(output)
                try copy(other, from: offset, count: size, to: file)
                sizes = (lineEnds.size + size, lineEnds.virtualSize + virtualSize)
            }
            try step(.contentsWritten)
            try file.sync()
            try step(.fileSynced)
            return WrittenMessage(
                directory: directories.tmp, temporaryName: name, file: file, size: sizes.0, virtualSize: sizes.1)
        } catch {
            DurableFile.discard(name, in: directories.tmp)
            throw error
        }
    }

    func makeTemporaryFile(in directories: MaildirDirectories) throws -> (name: [UInt8], file: FileHandle) {
        let name = UniqueName.next()
        let file = try directories.tmp.makeFile(name)
        try step(.temporaryFileMade)
        return (name, file)
    }

    private func copy(_ source: FileHandle, from offset: UInt64, count: UInt64, to target: FileHandle) throws {
        let blockSize: UInt64 = 256 * 1024
        var copied: UInt64 = 0
        while copied < count {
            let block = try source.read(from: offset + copied, count: Int(min(blockSize, count - copied)))
            guard !block.isEmpty else { throw SystemCallError("read", source.path, EIO) }
            try target.write(block)
            copied += UInt64(block.count)
        }
    }

    // MARK: Naming

    private func rename(
        _ message: WrittenMessage, to directories: MaildirDirectories, _ member: DeliveryGroup.Member
    ) throws -> DeliveredMessage {
        do {
            let delivered = try name(message, member, in: directories) { name throws(SystemCallError) in
                try message.directory.renameWithoutReplacing(message.temporaryName, to: directories.new, name)
            }
            return delivered
        } catch {
            DurableFile.discard(message.temporaryName, in: message.directory)
            throw error
        }
    }

    /// Nil where the file can't be linked: another file system, too many links.
    private func link(
        _ message: WrittenMessage, to directories: MaildirDirectories, _ member: DeliveryGroup.Member
    ) throws -> DeliveredMessage? {
        do {
            return try name(message, member, in: directories) { name throws(SystemCallError) in
                try message.directory.link(message.temporaryName, to: directories.new, name)
            }
        } catch let error as SystemCallError where [EXDEV, EMLINK, EPERM, EOPNOTSUPP].contains(error.number) {
            return nil
        }
    }

    /// Gives the message its name in `new/`, if there is room for it, and makes that name durable.
    private func name(
        _ message: WrittenMessage, _ member: DeliveryGroup.Member, in directories: MaildirDirectories,
        as arrival: QuotaCounter.Arrival = .delivery, by call: ([UInt8]) throws(SystemCallError) -> Void
    ) throws -> DeliveredMessage {
        let usage = member.quota.usage(of: message.size, virtual: message.virtualSize)
        return try member.quota.add(usage, to: .inbox, as: arrival) {
            (try name(message, at: member.path, in: directories, by: call), usage)
        }
    }

    private func name(
        _ message: WrittenMessage, at path: [UInt8], in directories: MaildirDirectories,
        by call: ([UInt8]) throws(SystemCallError) -> Void
    ) throws -> DeliveredMessage {
        var attempts = 0
        while true {
            let name = UniqueName.next() + Array(",S=\(message.size),W=\(message.virtualSize)".utf8)
            do throws(SystemCallError) {
                try call(name)
            } catch {
                attempts += 1
                guard error.isExisting, attempts < 8 else { throw error }
                continue
            }
            do {
                try step(.nameMade)
                try directories.new.sync()
                try step(.directorySynced)
            } catch let error as SystemCallError {
                // Not durable: the sender will try again, so this one must not stay.
                DurableFile.discard(name, in: directories.new)
                throw error
            }
            return DeliveredMessage(path: path, fileName: name)
        }
    }
}

func pathText(_ path: [UInt8]) -> String { String(decoding: path, as: UTF8.self) }
