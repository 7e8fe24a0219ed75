import Blocking
package import MailModel
package import NIOCore

/// A message that comes in pieces: written to the first mailbox's `tmp/` as it arrives, linked or copied into the others
/// once it is whole. Ends with `commit` or `abort`.
package actor StreamedMaildirDelivery {
    private struct Writing {
        var group: Int
        var directories: MaildirDirectories
        var temporaryName: [UInt8]
        var file: FileHandle
        var lineEnds: LineEndsToLF
        /// Where the message as received begins, behind the group's header.
        var bodyOffset: UInt64
        var headerVirtualSize: UInt64
    }

    private let delivery: MaildirDelivery
    private let groups: [DeliveryGroup]
    private var outcomes: [DeliveryOutcome?]
    private var writing: Writing?
    private var failure: MailboxFailure?
    private var isEnded = false

    init(_ delivery: MaildirDelivery, _ groups: [DeliveryGroup], _ outcomes: [DeliveryOutcome?]) async {
        self.delivery = delivery
        self.groups = groups
        self.outcomes = outcomes
        await open()
    }

    /// Why nothing can be delivered, if that is known already: the rest of the message need not be read.
    package var firstFailure: MailboxFailure? {
        if let failure { return failure }
        guard writing == nil else { return nil }
        for case .failure(let failure) in outcomes { return failure }
        return nil
    }

    /// Adds a piece, with the line ends of the wire. After a failure further pieces are dropped.
    package func append(_ chunk: ByteBuffer) async {
        guard var current = writing, failure == nil, !isEnded else { return }
        var output: [UInt8] = []
        output.reserveCapacity(chunk.readableBytes)
        chunk.withUnsafeReadableBytes { current.lineEnds.convert($0, into: &output) }
        writing = current
        await write(output, to: current.file)
    }

    /// Makes every copy durable.
    /// - Returns: one outcome per recipient, in their order.
    package func commit() async -> [DeliveryOutcome] {
        guard !isEnded else { return outcomes.map { $0 ?? MaildirDelivery.lost } }
        guard var current = writing, failure == nil else {
            let failure = firstFailure ?? MailboxFailure(.unavailable, "the delivery had not begun")
            await abort()
            return outcomes.map { $0 ?? .failure(failure) }
        }
        isEnded = true
        var output: [UInt8] = []
        current.lineEnds.finish(into: &output)
        await write(output, to: current.file)
        let message = WrittenMessage(
            directory: current.directories.tmp, temporaryName: current.temporaryName, file: current.file,
            size: current.lineEnds.size, virtualSize: current.lineEnds.virtualSize)
        let primary = groups[current.group]
        let writer = DeliveryWriter(delivery.stores.roots, delivery.stores.options)
        if failure == nil {
            await work(as: primary.owner) {
                try writer.step(.contentsWritten)
                try message.file.sync()
                try writer.step(.fileSynced)
            }
        }
        if let failure {
            await discard(current)
            return outcomes.map { $0 ?? .failure(failure) }
        }
        let source = MessageSource.file(
            message.file, offset: current.bodyOffset, size: message.size - current.bodyOffset,
            virtualSize: message.virtualSize - current.headerVirtualSize)
        for (index, outcome) in await delivery.deliver(primary, source, written: message) { outcomes[index] = outcome }
        let others = groups.enumerated().filter { $0.offset != current.group }.map(\.element)
        var results = outcomes
        await delivery.deliver(others, source, into: &results)
        outcomes = results
        return outcomes.map { $0 ?? MaildirDelivery.lost }
    }

    package func abort() async {
        isEnded = true
        if let writing { await discard(writing) }
    }

    /// Opens the file in the first mailbox that takes it; what stops one owner need not stop the next.
    private func open() async {
        let stores = delivery.stores
        let writer = DeliveryWriter(stores.roots, stores.options)
        for (position, group) in groups.enumerated() {
            for member in group.members {
                do {
                    let (directories, name, file) = try await stores.run(as: group.owner, making: member.path) {
                        let directories = try MaildirDirectories(making: member.path, stores.roots)
                        let (name, file) = try writer.makeTemporaryFile(in: directories)
                        return (directories, name, file)
                    }
                    var lineEnds = LineEndsToLF()
                    var header: [UInt8] = []
                    lineEnds.convert(group.header, into: &header)
                    writing = Writing(
                        group: position, directories: directories, temporaryName: name, file: file, lineEnds: lineEnds,
                        bodyOffset: lineEnds.size, headerVirtualSize: lineEnds.virtualSize)
                    await write(header, to: file)
                    return
                } catch {
                    outcomes[member.index] = .failure(mailboxFailure(error))
                }
            }
        }
    }

    private func write(_ bytes: [UInt8], to file: FileHandle) async {
        guard !bytes.isEmpty, failure == nil else { return }
        do {
            // The file is open already: writing needs no identity.
            try await delivery.stores.pool.run { try file.write(bytes) }
        } catch {
            failure = mailboxFailure(error)
        }
    }

    private func work(as owner: Owner, _ body: @escaping @Sendable () throws -> Void) async {
        do {
            try await delivery.stores.pool.runWithIdentity(owner, body)
        } catch {
            failure = mailboxFailure(error)
        }
    }

    private func discard(_ current: Writing) async {
        writing = nil
        do {
            try await delivery.stores.pool.runWithIdentity(groups[current.group].owner) {
                DurableFile.discard(current.temporaryName, in: current.directories.tmp)
            }
        } catch {
            // The file stays in tmp/, which is swept when it is old.
        }
    }
}
