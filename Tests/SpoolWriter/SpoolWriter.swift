import Blocking
import Glibc
import MailModel
import NIOCore
import Spool
import Synchronization

/// Works on a spool until it is killed, and says on standard output what it was told is durable; or measures the spool.
///
///     SpoolWriter work FOLDER SEED MICROSECONDS   kills itself after that time (0: after 300 messages it ends)
///     SpoolWriter add FOLDER shared|each CONCURRENCY COUNT SIZE
///     SpoolWriter update|remove FOLDER shared|each CONCURRENCY
///     SpoolWriter scan FOLDER
@main
struct SpoolWriter {
    static func main() async throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        guard arguments.count >= 2 else { exit(64) }
        func number(_ place: Int) -> Int { arguments.indices.contains(place) ? Int(arguments[place]) ?? 0 : 0 }
        let syncs: SpoolOptions.DirectorySyncs =
            arguments.indices.contains(2) && arguments[2] == "each" ? .each : .shared
        let options = SpoolOptions(path: Array(arguments[1].utf8), minimumFree: 0, minimumFreeShare: 0, syncs: syncs)
        switch arguments[0] {
        case "work": try await Work(options, seed: UInt64(number(2)), lifetime: UInt32(number(3))).run()
        case "add": try await Measurement(options).add(concurrency: number(3), count: number(4), size: number(5))
        case "update": try await Measurement(options).change(concurrency: number(3), removes: false)
        case "remove": try await Measurement(options).change(concurrency: number(3), removes: true)
        case "scan": try await Measurement(options).scan()
        default: exit(64)
        }
    }
}

/// Adds, changes and removes messages, four at a time.
struct Work {
    let options: SpoolOptions
    let seed: UInt64
    let lifetime: UInt32

    init(_ options: SpoolOptions, seed: UInt64, lifetime: UInt32) {
        self.options = options
        self.seed = seed
        self.lifetime = lifetime
    }

    func run() async throws {
        let spool = try await open()
        say("open")
        if lifetime > 0 {
            let lifetime = lifetime
            var thread = pthread_t()
            let time = Unmanaged.passRetained(Box(lifetime)).toOpaque()
            pthread_create(
                &thread, nil,
                { argument in
                    if let argument { usleep(Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().value) }
                    kill(getpid(), SIGKILL)
                    return nil
                }, time)
        }
        await withTaskGroup { group in
            for worker in 0..<4 {
                group.addTask {
                    var chance = Chance(state: seed &* 31 &+ UInt64(worker))
                    var round = 0
                    while lifetime > 0 || round < 75 {
                        round += 1
                        do throws(SpoolFailure) {
                            try await step(spool, &chance)
                        } catch {
                            say("failed \(error.kind)")
                        }
                    }
                }
            }
        }
        await spool.close()
        say("closed")
    }

    /// Where the disk fails now and then, opening does too.
    private func open() async throws -> MessageSpool {
        let pool = BlockingPool(name: "spool", threads: 16)
        for _ in 0..<1000 {
            do throws(SpoolFailure) {
                return try await MessageSpool.open(options, pool: pool)
            } catch {
                say("failed \(error.kind)")
            }
        }
        return try await MessageSpool.open(options, pool: pool)
    }

    private func step(_ spool: MessageSpool, _ chance: inout Chance) async throws(SpoolFailure) {
        let id = QueueID.make()
        let lines = [1, 3, 40, 900, 20000][Int(chance.next() % 5)]
        let recipients = Sample.recipients(id, count: 1 + Int(chance.next() % 3))
        if chance.next() % 2 == 0 {
            _ = try await spool.add(
                id: id, envelope: Sample.envelope(id), recipients: recipients, header: Sample.header(id, lines),
                body: Sample.body(id, lines))
        } else {
            let staged = try await spool.begin(id: id)
            try await staged.append(ByteBuffer(bytes: Sample.header(id, lines)))
            var body = Sample.body(id, lines)
            while let piece = body.readSlice(length: min(30_000, body.readableBytes)), piece.readableBytes > 0 {
                try await staged.append(piece)
            }
            if chance.next() % 2 == 0 { try await staged.prepare() }
            if chance.next() % 8 == 0 { return staged.abort() }
            _ = try await staged.commit(envelope: Sample.envelope(id), recipients: recipients)
        }
        say("added \(id) \(recipients.count) \(lines)")
        for place in recipients.indices {
            switch chance.next() % 6 {
            case 0:
                let attempts = QueuedAttempts(count: 1, next: 17, last: SMTPReply(451, nil, "later"))
                try await spool.update(id, [.state([place], .waiting(attempts))])
            case 1:
                say("delivering \(id) \(place)")
                try await spool.update(id, [.state([place], .delivered)])
                say("delivered \(id) \(place)")
            case 2:
                // Taken by a next hop, its sender told of that some time later.
                say("changing \(id) \(place) untold")
                let success = QueuedSuccess(.relayed, SMTPReply(250, nil, "taken"), host: "mx.example.net")
                try await spool.update(id, [.state([place], .untold(success))])
                say("changed \(id) \(place) untold")
                guard chance.next() % 2 == 0 else { break }
                say("changing \(id) \(place) delivered")
                try await spool.update(id, [.state([place], .delivered)])
                say("changed \(id) \(place) delivered")
            case 3:
                say("expanding \(id) \(place)")
                _ = try await spool.expand(id, [.expand(place, Sample.copies(id, of: place), .expanded)])
                say("expanded \(id) \(place)")
            default: break
            }
        }
        if chance.next() % 4 == 0 {
            say("removing \(id)")
            try await spool.remove(id)
            say("removed \(id)")
        }
    }
}

private final class Box: Sendable {
    let value: UInt32
    init(_ value: UInt32) { self.value = value }
}

/// SplitMix64.
struct Chance {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Messages whose every part tells which message it belongs to.
enum Sample {
    static func header(_ id: QueueID, _ lines: Int) -> [UInt8] { Array("X-Message: \(id) \(lines)\r\n\r\n".utf8) }

    static func body(_ id: QueueID, _ lines: Int) -> ByteBuffer {
        ByteBuffer(string: String(repeating: "\(id)\r\n", count: lines))
    }

    static func envelope(_ id: QueueID) -> QueuedEnvelope {
        QueuedEnvelope(
            sender: EnvelopeSender(path: EmailAddress("from-\(id)@example.org").map { .address($0) } ?? .null),
            arrival: 1, client: "192.0.2.1")
    }

    static func recipients(_ id: QueueID, count: Int) -> [QueuedRecipient] {
        (0..<count).compactMap { recipient("to-\(id)-\($0)@example.net") }
    }

    /// What a recipient becomes.
    static func copies(_ id: QueueID, of place: Int) -> [QueuedRecipient] {
        ["a", "b"].compactMap { recipient("to-\(id)-\(place)-\($0)@example.net") }
    }

    private static func recipient(_ address: String) -> QueuedRecipient? {
        EmailAddress(address).map { address in
            QueuedRecipient(
                recipient: EnvelopeRecipient(address: address), given: address,
                way: .remote(.smtp, nextHop: nil, domain: address.domain))
        }
    }
}

/// One line, whole, whatever fails; what was said survives this process.
func say(_ line: String) {
    // A disk that fails now and then writes half a line, too; nobody else may go on behind it.
    voice.withLock { _ in
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty { rest = rest.dropFirst(max(0, attemptToWrite(Array(rest)))) }
    }
}

private let voice = Mutex(())

private func attemptToWrite(_ bytes: [UInt8]) -> Int { write(1, bytes, bytes.count) }
