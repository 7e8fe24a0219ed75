import Directory
import LDAP
import LookupTables
import Synchronization

/// A table in memory that notes what it is asked.
final class RecordingTable: LookupTable {
    let name: String
    var location: SourceLocation? { nil }
    let isPattern: Bool
    private let values: [String: String]
    private let failing: Set<String>
    private let asked = Mutex<[String]>([])

    init(_ values: [String: String] = [:], name: String = "test:", failing: Set<String> = [], isPattern: Bool = false) {
        self.name = name
        self.values = values
        self.failing = failing
        self.isPattern = isPattern
    }

    var keys: [String] { asked.withLock { $0 } }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let text = String(decoding: key, as: UTF8.self)
        asked.withLock { $0.append(text) }
        if failing.contains(text) { return Answer(.unavailable(UnavailableReason(.unreachable, "down"))) }
        return Answer(values[text].map { .found(Array($0.utf8)) } ?? .absent)
    }
}

/// A directory of prepared answers, by base or by filter, that notes its searches.
final class ScriptedDirectory: DirectorySource {
    enum Reply: Sendable {
        case entries([LDAPEntry])
        case noSuchObject
        case failed
    }

    let name = "scripted"
    private let replies: [String: Reply]
    private let asked = Mutex<[SearchRequest]>([])

    /// - Parameter replies: by search base; a base that isn't there has no entries.
    init(_ replies: [String: Reply]) {
        self.replies = replies
    }

    var requests: [SearchRequest] { asked.withLock { $0 } }

    func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        asked.withLock { $0.append(request) }
        switch replies[request.base] ?? .entries([]) {
        case .entries(let entries): return .entries(entries)
        case .noSuchObject: return .noSuchObject
        case .failed: return .failed(UnavailableReason(.unreachable, "down"))
        }
    }

    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict { .rejected }
}

extension LDAPEntry {
    /// `("mail", ["a@x"])` for each attribute, in order.
    init(_ name: String, _ attributes: KeyValuePairs<String, [String]>) {
        self.init(
            name: name,
            attributes: attributes.map { LDAPAttribute(AttributeDescription($0.key), $0.value.map { Array($0.utf8) }) })
    }
}

extension Outcome<[UInt8]> {
    /// For comparisons that read well.
    var text: String {
        switch self {
        case .found(let value): String(decoding: value, as: UTF8.self)
        case .absent: "<absent>"
        case .unavailable: "<unavailable>"
        }
    }
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }
