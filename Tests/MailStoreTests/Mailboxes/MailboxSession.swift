import MailModel
import MailStore
import NIOCore
import PostroomTesting
import Testing

/// Shorthands for what tests do to mailboxes.
extension MailboxStore {
    func open(_ name: String = "INBOX", readOnly: Bool = false) async throws -> any OpenMailbox {
        try await open(try mailboxName(name), readOnly: readOnly, onChange: {})
    }

    @discardableResult
    func append(
        _ text: String, to name: String = "INBOX", flags: MessageFlags = [], keywords: [String] = [],
        date: Int64? = nil
    ) async throws -> CopiedMessages {
        let append = try await append(to: try mailboxName(name), size: UInt64(text.utf8.count))
        try await append.write(ByteBuffer(string: text))
        return try await append.commit(flags: flags, keywords: keywords, internalDate: date)
    }
}

func mailboxName(_ text: String) throws -> MailboxName {
    try #require(MailboxName(parts: text.split(separator: "/").map { Array($0.utf8) }))
}

extension OpenMailbox {
    /// The texts of all messages by UID.
    func texts() async throws -> [UInt32: String] {
        var texts: [UInt32: String] = [:]
        var rest = view.uids[...]
        while !rest.isEmpty {
            let batch = try await fetch(rest, .text)
            guard let last = batch.last else { break }
            for message in batch { texts[message.uid] = message.content.map { String(buffer: $0) } }
            rest = rest.drop { $0 <= last.uid }
        }
        return texts
    }

    func keywords(of uid: UInt32) -> [String] {
        let view = view
        guard let index = view.index(of: uid) else { return [] }
        return view.flags[index].keywordIndexes.map { view.keywords[$0] }.sorted()
    }

    func flags(of uid: UInt32) -> MessageFlags? {
        let view = view
        return view.index(of: uid).map { view.flags[$0].intersection(.system) }
    }
}

/// What `body` failed with; nil where it did not, or with something else.
func failureKind(_ body: () async throws -> Void) async -> MailboxFailure.Kind? {
    do {
        try await body()
        return nil
    } catch {
        return (error as? MailboxFailure)?.kind
    }
}
