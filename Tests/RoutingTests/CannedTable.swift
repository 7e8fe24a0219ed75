import Directory
import LookupTables
import MailModel
import Routing
import Testing

/// A table of a test: what it holds, what it can't answer, and nothing else.
struct CannedTable: LookupTable {
    var name = "canned"
    var location: Directory.SourceLocation?
    var isPattern = false
    var entries: [String: String]
    /// Keys whose lookup fails.
    var failing: Set<String> = []

    init(_ entries: [String: String], failing: Set<String> = [], name: String = "canned") {
        self.entries = entries
        self.failing = failing
        self.name = name
    }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let text = String(decoding: key, as: UTF8.self)
        let outcome: Outcome<[UInt8]>
        let result: TraceStep.LookupResult
        if failing.contains(text) {
            let reason = UnavailableReason(.unreachable, "no server answers")
            (outcome, result) = (.unavailable(reason), .unavailable(reason))
        } else if let value = entries[text] {
            (outcome, result) = (.found(Array(value.utf8)), .found(Array(value.utf8)))
        } else {
            (outcome, result) = (.absent, .absent)
        }
        return Answer(outcome, steps: [TraceStep(.lookup(table: name, key: key, result: result))])
    }
}

func address(_ text: String) throws -> EmailAddress {
    try #require(EmailAddress(text), "\(text) is no address")
}

func domain(_ text: String) throws -> Domain {
    try #require(Domain(text), "\(text) is no domain")
}

func list(_ name: String, _ text: String, tables: [String: any LookupTable] = [:]) throws -> MatchList {
    try MatchList(
        name: name, parsing: Array(text.utf8), style: name == "relay_domains" ? .domainAndSubdomains : .exact,
        reader: MatchList.Reader(
            readFile: { throw TableFault("\($0): no files here") },
            openTable: { name, place in
                guard let table = tables[name] else { throw TableFault("\(name): no such table", at: place) }
                return table
            }))
}

/// Mailboxes of a test, by address.
struct CannedMailboxes: MailboxLookup {
    var paths: [String: String]
    var failing: [String: UnavailableReason] = [:]

    func mailboxes(for address: EmailAddress) async -> Answer<[LocalMailbox]> {
        let key = address.description.lowercased()
        if let reason = failing[key] { return Answer(.unavailable(reason)) }
        guard let path = paths[key], let owner = Owner(uid: 5000, gid: 5000) else { return Answer(.absent) }
        let location = MailboxLocation(format: .maildir, path: Array(path.utf8))
        return Answer(.found([LocalMailbox(address: address, location: location, owner: owner)]))
    }
}

extension Resolution {
    /// The final addresses, sorted, as `final-recipients` of the recorded answers lists them.
    var finalAddresses: [String] {
        guard case .deliver(let destinations) = verdict else { return [] }
        return destinations.map { String(decoding: $0.address.unquoted, as: UTF8.self) }.sorted()
    }

    /// The keys that were asked, with their tables, in order.
    var questions: [String] {
        var result: [String] = []
        var pending = Array(steps.reversed())
        while let step = pending.popLast() {
            if case .lookup(let table, let key, _) = step.event {
                result.append("\(table) \(String(decoding: key, as: UTF8.self))")
            }
            pending += step.children.reversed()
        }
        return result
    }
}
