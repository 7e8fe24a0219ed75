import Blocking
import Glibc
import MailModel
import NIOCore
import PostroomTesting
import Synchronization
import Testing

@testable import Spool

/// Steps on files that fail when they are told to.
private final class Faults: Sendable {
    private struct State {
        var failing: (step: SpoolStep, number: Int32)?
        var steps: [SpoolStep] = []
    }

    private let state = Mutex(State())

    var steps: [SpoolStep] { state.withLock { $0.steps } }

    func fail(_ step: SpoolStep?, _ number: Int32 = EIO) {
        state.withLock { $0.failing = step.map { ($0, number) } }
    }

    func before(_ step: SpoolStep) throws {
        try state.withLock { state in
            state.steps.append(step)
            if let failing = state.failing, failing.step == step {
                throw SystemCallError("injected \(step)", Array("/spool".utf8), failing.number)
            }
        }
    }
}

struct SpoolFailureTests {
    private static let adding: [SpoolStep] = [.makeTemporaryFile, .write, .syncFile, .rename, .syncDirectory]

    @Test func `a message is synced, named and its name synced before it is taken`() async throws {
        let faults = Faults()
        let spool = try await TestSpool().open { $0.beforeStep = { try faults.before($0) } }
        try await spool.add("text")
        #expect(faults.steps == Self.adding)
        let staged = try await spool.begin(id: .make())
        try await staged.append(ByteBuffer(string: "text"))
        _ = try await staged.commit(envelope: .sample, recipients: [.sample("a@b.example")])
        #expect(faults.steps.dropFirst(5) == [.makeTemporaryFile, .write, .write, .syncFile, .rename, .syncDirectory])
    }

    @Test func `a delivery is synced before it is told, a mere delay is not`() async throws {
        let faults = Faults()
        let spool = try await TestSpool().open { $0.beforeStep = { try faults.before($0) } }
        let id = try await spool.add("text").id
        try await spool.update(id, [.state([0], .waiting(QueuedAttempts(count: 1)))])
        #expect(faults.steps.dropFirst(5) == [.openForChange, .append])
        try await spool.update(id, [.state([0], .delivered)])
        #expect(faults.steps.dropFirst(7) == [.openForChange, .append, .syncChange])
        try await spool.remove(id)
        #expect(faults.steps.dropFirst(10) == [.remove, .syncDirectory])
    }

    @Test(arguments: adding, [EIO, ENOSPC, EDQUOT])
    func `a step that fails leaves no message and no file, and the next one is taken`(
        step: SpoolStep, number: Int32
    ) async throws {
        let faults = Faults()
        let test = try TestSpool()
        let spool = try await test.open { $0.beforeStep = { try faults.before($0) } }
        for isStaged in [false, true] {
            faults.fail(step, number)
            do {
                if isStaged {
                    let staged = try await spool.begin(id: .make())
                    try await staged.append(ByteBuffer(string: "text"))
                    _ = try await staged.commit(envelope: .sample, recipients: [.sample("a@b.example")])
                } else {
                    try await spool.add("text")
                }
                Issue.record("no failure")
            } catch {
                let failure = try #require(error as? SpoolFailure)
                #expect(failure.kind == (number == EIO ? .unavailable : .noSpace))
                #expect(failure.smtpReply.code == (number == EIO ? 451 : 452))
                #expect(failure.reason.contains("injected \(step)"))
            }
            faults.fail(nil)
            // What a staged message leaves goes with it, on a thread of the pool.
            while !test.root.names("spool/tmp").isEmpty { await Task.yield() }
            #expect(test.files == [])
        }
        let message = try await spool.add("text")
        #expect(test.files == ["\(message.id)"])
        #expect(try await spool.text(message.id).hasSuffix("text"))
    }

    @Test func `after a sync that failed, a change is written to a new file and not behind what may be lost`()
        async throws
    {
        let faults = Faults()
        let test = try TestSpool()
        let spool = try await test.open { $0.beforeStep = { try faults.before($0) } }
        let message = try await spool.add("text")
        faults.fail(.syncChange)
        await #expect(throws: SpoolFailure.self) { try await spool.update(message.id, [.state([0], .delivered)]) }
        #expect(try await spool.message(message.id) == message)
        let inode = try test.root.status("spool/messages/\(QueueID.Shard(message.id).name)/\(message.id)").st_ino
        // The new file can't be written either: still the state before.
        faults.fail(.syncFile)
        await #expect(throws: SpoolFailure.self) { try await spool.update(message.id, [.state([0], .delivered)]) }
        #expect(try await spool.message(message.id) == message)
        #expect(test.root.names("spool/tmp") == [])
        faults.fail(nil)
        try await spool.update(message.id, [.state([0], .failed)])
        #expect(try await spool.message(message.id).recipients[0].state == .failed)
        #expect(try await spool.text(message.id).hasSuffix("text"))
        let other = try test.root.status("spool/messages/\(QueueID.Shard(message.id).name)/\(message.id)").st_ino
        #expect(other != inode)
    }

    @Test(arguments: [SpoolStep.openForChange, .append, .remove])
    func `a change that fails is told and changes nothing`(step: SpoolStep) async throws {
        let faults = Faults()
        let spool = try await TestSpool().open { $0.beforeStep = { try faults.before($0) } }
        let message = try await spool.add("text")
        faults.fail(step)
        await #expect(throws: SpoolFailure.self) {
            if step == .remove {
                try await spool.remove(message.id)
            } else {
                try await spool.update(message.id, [.held(true)])
            }
        }
        #expect(try await spool.message(message.id) == message)
        faults.fail(nil)
        #expect(try await spool.setHeld(message.id, true).isHeld)
    }

    @Test func `no descriptor is lost, whatever fails`() async throws {
        let faults = Faults()
        let test = try TestSpool()
        let spool = try await test.open { $0.beforeStep = { try faults.before($0) } }
        func open() -> Int {
            let names = (try? MailRoots([Array("/proc".utf8)]).open(Array("/proc/\(getpid())/fd".utf8)).entries()) ?? []
            return names.filter { entry in
                var target = [UInt8](repeating: 0, count: 4096)
                let path = "/proc/self/fd/\(String(decoding: entry.name, as: UTF8.self))"
                let count = target.withUnsafeMutableBytes { bytes in
                    bytes.baseAddress.map { readlink(path, $0.assumingMemoryBound(to: CChar.self), 4096) } ?? -1
                }
                return count > 0 && String(decoding: target.prefix(count), as: UTF8.self).hasPrefix(test.root.path)
            }.count
        }
        let before = open()
        #expect(before > 50)
        for step in SpoolStep.allCases + SpoolStep.allCases {
            faults.fail(step)
            for _ in 0..<5 {
                do {
                    let id = try await spool.add("text").id
                    try await spool.update(id, [.state([0], .delivered)])
                    _ = try await spool.content(id).chunk(at: 0, count: 10)
                    try await spool.begin(id: .make()).append(ByteBuffer(string: "x"))
                    try await spool.remove(id)
                } catch {
                    #expect(error is SpoolFailure)
                }
            }
        }
        await test.pool.shutDown()
        #expect(open() == before)
    }

    @Test func `when the disk fails now and then, what was taken is whole and what was refused is not there`()
        async throws
    {
        let root = try TemporaryMailRoot()
        let output = root["said"]
        // libfiu: every fifth sync, every thirtieth write of the process fails.
        let child = try await ChildProcess.start(
            [
                "/usr/bin/fiu-run", "-x", "-f", "", "-c", "enable_random name=posix/io/sync/*,probability=0.2", "-c",
                "enable_random name=posix/io/rw/*,probability=0.03", SpoolLedger.writer, "work", root["spool"], "7",
                "0",
            ], outputFile: output)
        #expect(await child.waitForExit() == .code(0), "\(child.output)")
        let ledger = SpoolLedger(child.output)
        #expect(ledger.failures > 10, "\(child.output.suffix(500))")
        #expect(ledger.added.count > 10)
        let spool = try await MessageSpool.open(
            SpoolOptions(path: root.bytes("spool"), minimumFree: 0), pool: BlockingPool(name: "spool", threads: 8))
        try await ledger.check(spool)
    }
}
