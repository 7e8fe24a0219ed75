import Testing

@testable import Spool

@Suite("Queue ids")
struct QueueIDTests {
    @Test("Ids rise, differ, and are read back from their text")
    func make() throws {
        let ids = (0..<1000).map { _ in QueueID.make() }
        #expect(Set(ids).count == 1000)
        for id in ids { #expect(QueueID(id.description) == id) }
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
    }

    @Test(
        "What could be another file's name is no id",
        arguments: ["", "..", "a/b", "4bcdfg/", "héllo12", "4bcdfghjklmnpqrst4"])
    func reject(_ text: String) {
        #expect(QueueID(text) == nil)
    }
}
