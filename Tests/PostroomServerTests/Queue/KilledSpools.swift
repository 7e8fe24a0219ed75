import Foundation
import MailModel
import Spool
import Testing

/// What lay in spools in the moments when their servers were killed: where the kills fell, and what may be there twice.
struct KilledSpools {
    /// Envelope ids of messages that were there, and of those that reports there are about.
    private(set) var names: Set<String> = []
    /// Kills that fell between a success and the report of it, and how many messages these caught.
    private(set) var untoldKills = 0
    private(set) var untold = 0
    /// Those that fell behind such a report, but before it was noted.
    private(set) var reportedKills = 0
    /// Those that fell between the first and the last recipient that was to be resolved.
    private(set) var expandingKills = 0

    mutating func add(_ spool: String) throws {
        var hasUnresolved = false
        var hasExpanded = false
        var untold: Set<String> = []
        var reported: Set<String> = []
        let messages = "\(spool)/messages"
        for path in try FileManager.default.subpathsOfDirectory(atPath: messages) where path.contains("/") {
            guard let id = path.split(separator: "/").last.flatMap({ QueueID($0) }),
                let data = FileManager.default.contents(atPath: "\(messages)/\(path)")
            else { continue }
            let message = try SpoolFile(id, [UInt8](data)).message
            let name = message.envelope.sender.envelopeID.map { String(decoding: $0, as: UTF8.self) }
            if let name { names.insert(name) }
            if message.envelope.sender.path == .null, let about = Self.name(inReport: data) {
                names.insert(about)
                reported.insert(about)
            }
            for recipient in message.recipients {
                switch recipient.state {
                case .untold(let success):
                    untold.insert(name ?? path)
                    if success.kind == .expanded { hasExpanded = true }
                case .expanded: hasExpanded = true
                case .waiting where recipient.way == .unresolved: hasUnresolved = true
                case .waiting, .delivered, .failed, .deleted: break
                }
            }
        }
        self.untold += untold.count
        if !untold.isEmpty { untoldKills += 1 }
        if !untold.isDisjoint(with: reported) { reportedKills += 1 }
        if hasUnresolved && hasExpanded { expandingKills += 1 }
    }

    private static func name(inReport data: Data) -> String? {
        String(decoding: data, as: UTF8.self).firstMatch(of: /Original-Envelope-Id: (\d+-\d+)/).map { String($0.1) }
    }
}
