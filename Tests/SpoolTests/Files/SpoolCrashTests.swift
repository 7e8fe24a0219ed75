import Blocking
import Foundation
import MailModel
import NIOCore
import PostroomTesting
import Testing

@testable import Spool

struct SpoolCrashTests {
    @Test func `killed two hundred times, it has lost nothing that it took and keeps nothing half`() async throws {
        let root = try TemporaryMailRoot()
        var generator = SystemRandomNumberGenerator()
        let pool = BlockingPool(name: "spool", threads: 16)
        var taken = 0
        for round in 0..<200 {
            let child = try await ChildProcess.start(
                [
                    SpoolLedger.writer, "work", root["spool"], "\(round)",
                    "\(Int.random(in: 500...60_000, using: &generator))",
                ], outputFile: root["said-\(round)"])
            #expect(await child.waitForExit() == .signal(SIGKILL), "\(child.output)")
            let ledger = SpoolLedger(child.output)
            taken += ledger.added.count
            let spool = try await MessageSpool.open(
                SpoolOptions(path: root.bytes("spool"), minimumFree: 0), pool: pool)
            #expect(root.names("spool/tmp") == [])
            #expect(ledger.failures == 0)
            try await ledger.check(spool)
            // The next round starts with an empty spool, so that each is checked once.
            for message in root.names("spool/messages").flatMap({ root.names("spool/messages/\($0)") }) {
                try await spool.remove(#require(QueueID(message)))
            }
            await spool.close()
        }
        #expect(taken > 200)
        #expect(root.names("spool/corrupt") == [])
    }
}
