import MailModel
import NIOCore
import Testing

struct MailboxMemoryTests {
    private func messages(_ uids: some Sequence<UInt32>, size: Int = 10) -> [(uid: UInt32, bytes: ByteBuffer)] {
        uids.map { ($0, ByteBuffer(repeating: UInt8(truncatingIfNeeded: $0), count: size)) }
    }

    @Test func `what was kept is found, up to the first message of which nothing was`() {
        let memory = MailboxMemory(in: MailboxMemoryRoom(limit: 10_000))
        memory.keep("a", messages(stride(from: 2, through: 40, by: 2)))
        #expect(memory.find("a", [4, 6, 10, 11, 12]).map(\.uid) == [4, 6, 10])
        #expect(memory.find("a", [4, 6]).map { $0.bytes } == messages([4, 6]).map { $0.bytes })
        #expect(memory.find("a", [5, 6]).isEmpty)
        #expect(memory.find("a", [41]).isEmpty)
        #expect(memory.find("b", [4]).isEmpty)
        memory.keep("a", messages(41...60))
        #expect(memory.find("a", [40, 41]).map(\.uid) == [40])
        #expect(memory.find("a", [41, 60]).map(\.uid) == [41, 60])
    }

    @Test func `who was not asked for longest makes room, and who goes gives back what he had`() {
        let room = MailboxMemoryRoom(limit: 5000)
        var memories = (0..<4).map { _ in MailboxMemory(in: room) }
        for memory in memories.prefix(3) { memory.keep("a", messages(1...10, size: 100)) }
        #expect(memories[0].find("a", [1]).count == 1)
        for _ in 0..<2 { memories[3].keep("a", messages(1...10, size: 100)) }
        #expect(memories[1].find("a", [1]).isEmpty)
        #expect(memories[0].find("a", [1]).count == 1)
        #expect(room.used <= 5000)
        memories = []
        #expect(room.used == 0)
    }

    @Test func `few messages and great ones are not kept`() {
        let memory = MailboxMemory(in: MailboxMemoryRoom(limit: 1000))
        memory.keep("a", messages(1...3))
        memory.keep("a", messages(10...30, size: 100))
        #expect(memory.find("a", [1]).isEmpty)
        #expect(memory.find("a", [10]).isEmpty)
    }
}
