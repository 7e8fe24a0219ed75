import Foundation
import MailModel
import NIOCore
import Testing

@testable import Spool

/// What a `SpoolWriter` said before it ended.
struct SpoolLedger {
    static var writer: String {
        let bundle = URL(fileURLWithPath: CommandLine.arguments[0])
        return bundle.deletingLastPathComponent().appendingPathComponent("SpoolWriter").path
    }

    private(set) var added: [QueueID: (recipients: Int, lines: Int)] = [:]
    /// Begun at least; the process may have ended between the change and saying so.
    private(set) var delivering: [QueueID: Set<Int>] = [:]
    private(set) var delivered: [QueueID: Set<Int>] = [:]
    private(set) var removing: Set<QueueID> = []
    private(set) var removed: Set<QueueID> = []
    private(set) var failures = 0

    init(_ output: String) {
        // A last line without its end was not said.
        for line in output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
            let words = line.split(separator: " ")
            guard words.count > 1 else { continue }
            if words[0] == "failed" { failures += 1 }
            guard let id = QueueID(words[1]) else { continue }
            switch words[0] {
            case "added" where words.count == 4: added[id] = (Int(words[2]) ?? 0, Int(words[3]) ?? 0)
            case "delivering" where words.count == 3: delivering[id, default: []].insert(Int(words[2]) ?? 0)
            case "delivered" where words.count == 3: delivered[id, default: []].insert(Int(words[2]) ?? 0)
            case "removing": removing.insert(id)
            case "removed": removed.insert(id)
            default: break
            }
        }
    }

    /// Everything that was said is so, and every message that waits is whole.
    func check(_ spool: MessageSpool) async throws {
        let (messages, scan) = try await spool.all()
        #expect(scan.faults == [])
        let found = Set(messages.map(\.id))
        for id in added.keys where !removing.contains(id) {
            // Gone only where all of its copies were delivered.
            let isFinished = delivering[id]?.count == added[id]?.recipients
            #expect(found.contains(id) || isFinished, "message \(id) was taken and is lost")
        }
        #expect(found.isDisjoint(with: removed))
        for message in messages {
            let id = message.id
            let words = try await spool.text(id).split(separator: "\r\n", omittingEmptySubsequences: false)
            let lines = Int(words[0].split(separator: " ").last ?? "") ?? -1
            let isWhole =
                words[0] == "X-Message: \(id) \(lines)" && words.count == lines + 3
                && words.dropFirst(2).dropLast().allSatisfy { $0 == id.description }
            #expect(isWhole, "message \(id) is not whole")
            #expect(message.envelope.sender.path.description == "from-\(id)@example.org")
            for (place, recipient) in message.recipients.enumerated() {
                #expect(recipient.given.description == "to-\(id)-\(place)@example.net")
                if delivered[id]?.contains(place) == true {
                    #expect(recipient.state == .delivered, "\(id) \(place)")
                }
            }
            if let told = added[id] {
                #expect(message.recipients.count == told.recipients)
                #expect(lines == told.lines)
            }
        }
    }
}
