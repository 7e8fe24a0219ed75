import MailModel
import MailStore
import NIOCore

/// COPY and MOVE from one account's mailbox into another account's: read as the one owner, written as the other. A moved
/// message leaves the one only when the other has it for good.
struct AccountTransfer: Sendable {
    let mailbox: any OpenMailbox
    let store: any MailboxStore
    let name: MailboxName
    /// To the destination.
    let rights: MailboxRights

    func run(_ uids: [UInt32], moves: Bool) async throws(MailboxFailure) -> CopiedMessages {
        let view = try await mailbox.refresh()
        let present = uids.filter { view.index(of: $0) != nil }
        guard !present.isEmpty else {
            return CopiedMessages(uidValidity: view.uidValidity, sourceUIDs: [], destinationUIDs: [])
        }
        let append = try await store.append(to: name, size: 0)
        var written: [UInt32] = []
        var copied: CopiedMessages
        do throws(MailboxFailure) {
            var pending: (flags: MessageFlags, keywords: [String], date: Int64?)?
            for uid in present {
                // One at a time: a message's text is all that is held.
                let message = try await mailbox.fetch([uid][...], [.text, .internalDate]).first
                guard let message, let content = message.content, let index = view.index(of: uid) else { continue }
                if let pending {
                    try await append.next(
                        flags: pending.flags, keywords: pending.keywords, internalDate: pending.date,
                        size: UInt64(content.readableBytes))
                }
                try await write(content, append)
                pending = (
                    view.flags[index].intersection(.system).permitted(rights),
                    rights.contains(.write) ? view.keywordNames(at: index) : [], message.internalDate
                )
                written.append(uid)
            }
            guard let last = pending else {
                await append.abort()
                return CopiedMessages(uidValidity: view.uidValidity, sourceUIDs: [], destinationUIDs: [])
            }
            copied = try await append.commit(
                flags: last.flags, keywords: last.keywords, internalDate: last.date)
        } catch {
            await append.abort()
            throw error
        }
        copied.sourceUIDs = written
        guard moves else { return copied }
        _ = try await mailbox.store(written, FlagChange(.add, flags: .deleted))
        _ = try await mailbox.expunge(written)
        return copied
    }

    private func write(_ content: ByteBuffer, _ append: any MessageAppend) async throws(MailboxFailure) {
        var rest = content
        while let chunk = rest.readSlice(length: min(rest.readableBytes, 1 << 20)), chunk.readableBytes > 0 {
            try await append.write(chunk)
        }
    }
}

extension MailboxView {
    fileprivate func keywordNames(at index: Int) -> [String] {
        flags[index].keywordIndexes.compactMap { $0 < keywords.count ? keywords[$0] : nil }
    }
}
