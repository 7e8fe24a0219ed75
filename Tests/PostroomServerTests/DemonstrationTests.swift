import PostroomServer
import Synchronization
import Testing

@Suite struct `The demo` {
    @Test func `shows how the group resolves, sends a mail to it, and reads it back as each member`() async throws {
        let said = Mutex("")
        try await Demonstration.run(keepsServing: false, isColoured: false) { text in
            said.withLock { $0 += text + "\n" }
        }
        let story = said.withLock { $0 }
        for text in [
            "anna@example.org in maildir:", "ben@example.org in maildir:", "chris@example.org in maildir:",
            "550 5.1.1 <dora@example.org>", "S: 250 2.0.0 Ok", "anna: 1 new mail", "ben: 1 new mail",
            "chris: 1 new mail",
        ] {
            #expect(story.contains(text), "\(text)")
        }
    }
}
