import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import Spool

struct SpoolSharingTests {
    @Test func `a second server is refused with a clear text, until the first is gone`() async throws {
        let test = try TestSpool()
        let first = try await test.open()
        do {
            _ = try await test.open()
            Issue.record("two servers have one spool")
        } catch {
            let failure = try #require(error as? SpoolFailure)
            #expect(failure.kind == .busy)
            #expect(failure.reason.contains("in use by another server (process \(getpid()))"), "\(failure)")
            #expect(failure.reason.contains(test.root["spool"]))
        }
        let message = try await first.add("text")
        await first.close()
        await #expect(throws: SpoolFailure.self) { try await first.add("text") }
        let second = try await test.open()
        #expect(try await second.message(message.id) == message)
    }

    @Test func `closing waits for what is under way`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let taken = Shared<[QueueID]>([])
        try await withThrowingTaskGroup { group in
            for _ in 0..<20 {
                group.addTask {
                    do {
                        let id = try await spool.add("text").id
                        taken.withLock { $0.append(id) }
                    } catch let failure as SpoolFailure {
                        #expect(failure.reason.contains("closed"))
                    }
                }
            }
            group.addTask { await spool.close() }
            try await group.waitForAll()
        }
        #expect(Set(test.files) == Set(taken.withLock { $0.map(\.description) }))
        let next = try await test.open()
        #expect(try await next.all().messages.count == test.files.count)
    }

    @Test func `a spool of another format is left alone`() async throws {
        let test = try TestSpool()
        await (try await test.open()).close()
        try test.root.file("spool/version", "postroom spool 9\n")
        do {
            _ = try await test.open()
            Issue.record("no failure")
        } catch {
            let failure = try #require(error as? SpoolFailure)
            #expect(failure.kind == .unavailable)
            #expect(failure.reason.contains("postroom spool 9"), "\(failure)")
        }
        #expect(try test.root.contents("spool/version") == "postroom spool 9\n")
    }

    @Test func `what a killed server had begun is swept, what it had finished stays`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        let message = try await spool.add("text")
        await spool.close()
        try test.root.file("spool/tmp/\(QueueID.make())", "half")
        let next = try await test.open()
        #expect(test.root.names("spool/tmp") == [])
        #expect(try await next.all().messages == [message])
    }

    @Test func `a scan gives the oldest first, nothing that came since, and clears away what is done`() async throws {
        let test = try TestSpool()
        let spool = try await test.open()
        var expected: [QueuedMessage] = []
        for number in 0..<600 { expected.append(try await spool.add("\(number)")) }
        let done = expected.remove(at: 300)
        try await spool.update(done.id, [.state([0], .delivered)])
        await spool.close()
        let next = try await test.open()
        try await next.add("new")
        let batches = Shared<[[QueuedMessage]]>([])
        let scan = try await next.scan { batch in
            batches.withLock { $0.append(batch) }
            _ = try? await next.add("newer")
        }
        let all = batches.withLock { $0 }
        #expect(all.flatMap { $0 } == expected)
        #expect(all.allSatisfy { $0.count <= 256 })
        #expect(scan == SpoolScan(messages: 599, finished: 1))
        await #expect(throws: SpoolFailure.self) { try await next.message(done.id) }
    }

    /// Many at once against what a plain dictionary says.
    @Test(arguments: [SpoolOptions.DirectorySyncs.shared, .each])
    func `parallel work on many messages ends as one would expect`(syncs: SpoolOptions.DirectorySyncs) async throws {
        let test = try TestSpool()
        let spool = try await test.open { $0.syncs = syncs }
        let model = Shared<[QueueID: QueuedMessage]>([:])
        try await withThrowingTaskGroup { group in
            for worker in 0..<12 {
                group.addTask {
                    var generator = SeededGenerator(seed: UInt64(worker))
                    var own: [QueueID] = []
                    for step in 0..<60 {
                        switch Int.random(in: 0..<6, using: &generator) {
                        case 0, 1:
                            let message = try await spool.add(
                                id: .make(), envelope: .sample,
                                recipients: (0..<3).map { try .sample("r\($0)-\(worker)-\(step)@x.example") },
                                header: [], body: ByteBuffer(string: "\(worker)-\(step)"))
                            own.append(message.id)
                            model.withLock { $0[message.id] = message }
                        case 2, 3:
                            guard let id = own.randomElement(using: &generator) else { continue }
                            let states: [QueuedState] = [
                                .delivered, .failed, .waiting(QueuedAttempts(count: UInt32(step))),
                            ]
                            let change = QueueChange.state(
                                [Int.random(in: 0..<3, using: &generator)], states[step % 3])
                            let message = try await spool.update(id, [change])
                            model.withLock { _ = $0[id]?.apply(change) }
                            #expect(message == model.withLock { $0[id] })
                        case 4:
                            guard let id = own.popLast() else { continue }
                            try await spool.remove(id)
                            model.withLock { $0[id] = nil }
                        default:
                            guard let id = own.randomElement(using: &generator) else { continue }
                            #expect(try await spool.message(id) == model.withLock { $0[id] })
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        // All of them change one message: no change is lost, whichever came first.
        let shared = try await spool.add(
            id: .make(), envelope: .sample, recipients: (0..<40).map { try .sample("r\($0)@x.example") }, header: [],
            body: ByteBuffer())
        try await withThrowingTaskGroup { group in
            for place in 0..<40 {
                group.addTask { try await spool.update(shared.id, [.state([place], .failed)]) }
            }
            try await group.waitForAll()
        }
        #expect(try await spool.message(shared.id).recipients.allSatisfy { $0.state == .failed })
        try await spool.remove(shared.id)
        await spool.close()
        let next = try await test.open()
        let (messages, scan) = try await next.all()
        #expect(scan.faults == [])
        let expected = model.withLock { $0 }.filter { $0.value.recipients.contains { !$0.state.isFinal } }
        #expect(Dictionary(uniqueKeysWithValues: messages.map { ($0.id, $0) }) == expected)
        #expect(test.root.names("spool/tmp") == [])
    }
}
