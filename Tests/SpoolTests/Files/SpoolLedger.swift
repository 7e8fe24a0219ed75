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
    /// Became two others each.
    private(set) var expanding: [QueueID: Set<Int>] = [:]
    private(set) var expanded: [QueueID: Set<Int>] = [:]
    /// The last state that was said, and the one that was begun behind it.
    private var changing: [QueueID: [Int: String]] = [:]
    private var changed: [QueueID: [Int: String]] = [:]
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
            case "expanding" where words.count == 3: expanding[id, default: []].insert(Int(words[2]) ?? 0)
            case "expanded" where words.count == 3: expanded[id, default: []].insert(Int(words[2]) ?? 0)
            case "changing" where words.count == 4: changing[id, default: [:]][Int(words[2]) ?? 0] = String(words[3])
            case "changed" where words.count == 4: changed[id, default: [:]][Int(words[2]) ?? 0] = String(words[3])
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
            let ended =
                delivering[id, default: []].count + changing[id, default: [:]].values.count { $0 == "delivered" }
            let isFinished = ended == added[id]?.recipients
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
            let count =
                added[id]?.recipients
                ?? message.recipients.count { $0.given.description.split(separator: "-").count == 3 }
            #expect(message.recipients.count >= count)
            checkCopies(message, behind: count)
            for (place, recipient) in message.recipients.prefix(count).enumerated() {
                #expect(recipient.given.description == "to-\(id)-\(place)@example.net")
                checkChanges(id, place, recipient.state)
                if delivered[id]?.contains(place) == true {
                    #expect(recipient.state == .delivered, "\(id) \(place)")
                }
            }
            if let told = added[id] { #expect(lines == told.lines) }
        }
    }

    /// A recipient that became others has both of them, once, and is done; one that did not has none.
    private func checkCopies(_ message: QueuedMessage, behind count: Int) {
        let id = message.id
        var found: Set<Int> = []
        for place in message.recipients.indices.prefix(count) where message.recipients[place].state == .expanded {
            found.insert(place)
        }
        let expected = found.flatMap { place in ["a", "b"].map { "to-\(id)-\(place)-\($0)@example.net" } }
        #expect(message.recipients.dropFirst(count).map(\.given.description).sorted() == expected.sorted())
        #expect(found.isSuperset(of: expanded[id] ?? []), "\(id) was to become others")
        #expect(found.isSubset(of: expanding[id] ?? []), "\(id) became others that nobody asked for")
    }

    /// What was said is so, or what was begun behind it.
    private func checkChanges(_ id: QueueID, _ place: Int, _ state: QueuedState) {
        guard let begun = changing[id]?[place] else { return }
        let word: String
        switch state {
        case .untold(let success):
            word = "untold"
            #expect(success == QueuedSuccess(.relayed, SMTPReply(250, nil, "taken"), host: "mx.example.net"))
        case .delivered: word = "delivered"
        default: word = "waiting"
        }
        let isPossible = word == changed[id]?[place] ?? "waiting" || word == begun
        #expect(isPossible, "\(id) \(place): \(state)")
    }
}
