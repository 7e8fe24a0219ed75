/// A maildrop with what this session did to it.
struct Maildrop: Sendable {
    let opened: any POP3Maildrop
    let messages: [POP3Message]
    private var deleted: Set<Int> = []
    private var retrieved: Set<Int> = []
    private var deletedSize: UInt64 = 0
    private let totalSize: UInt64

    init(_ opened: any POP3Maildrop) {
        self.opened = opened
        messages = opened.messages
        totalSize = messages.reduce(0) { $0 &+ $1.size }
    }

    var count: Int { messages.count - deleted.count }
    var size: UInt64 { totalSize &- deletedSize }

    /// Those that are not deleted, with their numbers.
    func remaining(from first: Int) -> some Sequence<(number: Int, message: POP3Message)> {
        (first...max(messages.count, first)).lazy
            .filter { $0 <= messages.count && !deleted.contains($0) }.map { ($0, messages[$0 - 1]) }
    }

    enum Choice: Sendable {
        case message(POP3Message)
        case none
        case deleted
    }

    func message(_ number: Int) -> Choice {
        guard number >= 1, number <= messages.count else { return .none }
        return deleted.contains(number) ? .deleted : .message(messages[number - 1])
    }

    mutating func delete(_ number: Int) {
        guard case .message(let message) = message(number) else { return }
        deleted.insert(number)
        deletedSize &+= message.size
    }

    mutating func noteRetrieved(_ number: Int) {
        retrieved.insert(number)
    }

    mutating func reset() {
        deleted = []
        retrieved = []
        deletedSize = 0
    }

    var deletedMessages: [POP3Message] { deleted.sorted().map { messages[$0 - 1] } }
    var retrievedMessages: [POP3Message] { retrieved.subtracting(deleted).sorted().map { messages[$0 - 1] } }
}
