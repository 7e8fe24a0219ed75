import MailModel
import NIOCore

extension IMAPSessionPerformer {
    /// No more at once than a store gives.
    private static let maximumOctets = 256 << 10

    /// The next batch of a FETCH: as it was rendered before, or from the store.
    func fetch(
        _ mailbox: any IMAPMailbox, _ uids: ArraySlice<UInt32>, _ renderer: FetchRenderer
    ) async throws(MailboxFailure) -> [RenderedMessage] {
        guard let kind = renderer.memoryKind, let memory = try await mailbox.memory() else {
            return try await read(mailbox, uids, renderer)
        }
        let known = known(memory, kind, uids, mailbox.view)
        guard known.isEmpty else { return known }
        let read = try await read(mailbox, uids, renderer)
        memory.keep(kind, read.map { ($0.uid, $0.items) })
        return read
    }

    private func read(
        _ mailbox: any IMAPMailbox, _ uids: ArraySlice<UInt32>, _ renderer: FetchRenderer
    ) async throws(MailboxFailure) -> [RenderedMessage] {
        let messages = try await mailbox.fetch(uids, renderer.needs)
        return try messages.map { message throws(MailboxFailure) in try renderer.render(message) }
    }

    /// The first of these messages, as long as they are in the mailbox still and were rendered before.
    private func known(
        _ memory: MailboxMemory, _ kind: String, _ uids: ArraySlice<UInt32>, _ view: MailboxView
    ) -> [RenderedMessage] {
        var known: [RenderedMessage] = []
        var rest = uids
        var octets = 0
        while octets < Self.maximumOctets {
            let found = memory.find(kind, rest)
            guard !found.isEmpty else { break }
            for (uid, bytes) in found {
                guard view.index(of: uid) != nil else { return known }
                known.append(RenderedMessage(uid: uid, items: bytes))
                octets += bytes.readableBytes
            }
            rest = rest.dropFirst(found.count)
        }
        return known
    }
}
