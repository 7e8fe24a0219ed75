import MailModel
import NIOCore
import Synchronization

@testable import IMAP

final class MemoryAppend: IMAPAppend {
    private let account: MemoryAccount
    private let name: MailboxName
    private struct Message {
        var content: [UInt8] = []
        var flags: MessageFlags = []
        var keywords: [String] = []
        var internalDate: Int64?
    }

    private let messages = Mutex([Message()])

    init(_ account: MemoryAccount, _ name: MailboxName) {
        self.account = account
        self.name = name
    }

    func write(_ chunk: ByteBuffer) async throws(MailboxFailure) {
        messages.withLock { $0[$0.count - 1].content += Array(chunk.readableBytesView) }
    }

    private func end(_ flags: MessageFlags, _ keywords: [String], _ internalDate: Int64?) -> [Message] {
        messages.withLock { messages in
            let last = messages.count - 1
            messages[last].flags = flags
            messages[last].keywords = keywords
            messages[last].internalDate = internalDate
            return messages
        }
    }

    func next(
        flags: MessageFlags, keywords: [String], internalDate: Int64?, size: UInt64
    ) async throws(MailboxFailure) {
        let size = end(flags, keywords, internalDate).reduce(UInt64(size)) { $0 + UInt64($1.content.count) }
        guard size <= UInt64(account.quota) else { throw MailboxFailure(.overQuota, "\(size)") }
        messages.withLock { $0.append(Message()) }
    }

    func commit(
        flags: MessageFlags, keywords: [String], internalDate: Int64?
    ) async throws(MailboxFailure) -> CopiedMessages {
        account.state.withLock { $0.openAppends -= 1 }
        let messages = end(flags, keywords, internalDate)
        return try account.change(name) { mailbox throws(MailboxFailure) in
            var uids: [UInt32] = []
            for message in messages {
                let all = try mailbox.flags(message.flags, message.keywords)
                uids.append(mailbox.add(message.content, all, date: message.internalDate ?? 1_700_000_000))
            }
            return CopiedMessages(uidValidity: mailbox.view.uidValidity, sourceUIDs: [], destinationUIDs: uids)
        }
    }

    func abort() async {
        account.state.withLock { $0.openAppends -= 1 }
    }
}
