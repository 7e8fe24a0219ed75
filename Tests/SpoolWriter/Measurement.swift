import Blocking
import Glibc
import MailModel
import NIOCore
import Spool
import Synchronization

/// Figures of one operation, for the machine and the file system at hand.
struct Measurement {
    let options: SpoolOptions

    init(_ options: SpoolOptions) {
        self.options = options
    }

    private func open(_ options: SpoolOptions? = nil) async throws -> MessageSpool {
        try await MessageSpool.open(options ?? self.options, pool: BlockingPool(name: "spool", threads: 64))
    }

    private func measure(
        _ what: String, concurrency: Int, count: Int, _ body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        let next = Counter()
        let (begin, cpu) = (ContinuousClock.now, cpuSeconds())
        try await withThrowingTaskGroup { group in
            for _ in 0..<concurrency {
                group.addTask {
                    while true {
                        let number = next.next()
                        guard number < count else { return }
                        try await body(number)
                    }
                }
            }
            try await group.waitForAll()
        }
        let time = (ContinuousClock.now - begin) / .seconds(1)
        let each = (cpuSeconds() - cpu) / Double(count) * 1_000_000
        say("\(what) \(options.syncs) at \(concurrency): \(Int(Double(count) / time))/s, CPU \(Int(each)) us each")
    }

    func add(concurrency: Int, count: Int, size: Int) async throws {
        let spool = try await open()
        let body = ByteBuffer(repeating: 0x41, count: size)
        try await measure("add", concurrency: concurrency, count: count) { _ in
            let id = QueueID.make()
            _ = try await spool.add(
                id: id, envelope: Sample.envelope(id), recipients: Sample.recipients(id, count: 1),
                header: Sample.header(id, 1), body: body)
        }
        await spool.close()
    }

    /// Of all messages that wait.
    func change(concurrency: Int, removes: Bool) async throws {
        let spool = try await open()
        let ids = Mutex<[QueueID]>([])
        _ = try await spool.scan { batch in ids.withLock { $0 += batch.map(\.id) } }
        let all = ids.withLock { $0 }
        try await measure(removes ? "remove" : "update", concurrency: concurrency, count: all.count) { number in
            if removes {
                try await spool.remove(all[number])
            } else {
                try await spool.update(all[number], [.state([0], .delivered)])
            }
        }
        await spool.close()
    }

    func scan() async throws {
        let begin = ContinuousClock.now
        let spool = try await open()
        say("open: \(ContinuousClock.now - begin)")
        let (start, cpu, before) = (ContinuousClock.now, cpuSeconds(), residentKiB())
        let kept = Mutex<[QueuedMessage]>([])
        let result = try await spool.scan { batch in kept.withLock { $0 += batch } }
        let time = ContinuousClock.now - start
        say(
            """
            scan: \(result.messages) messages in \(time), CPU \(cpuSeconds() - cpu) s, \
            resident \(before) KiB before, \(residentKiB()) KiB with all of them kept, faults \(result.faulty)
            """)
        await spool.close()
    }

    private func cpuSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1_000_000_000
    }

    private func residentKiB() -> Int {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 100)
        guard fgets(&line, 100, file) != nil else { return 0 }
        let fields = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            .split(separator: " ")
        return fields.count > 1 ? (Int(fields[1]) ?? 0) * 4 : 0
    }
}

private final class Counter: Sendable {
    private let value = Atomic<Int>(0)

    func next() -> Int { value.add(1, ordering: .relaxed).oldValue }
}
