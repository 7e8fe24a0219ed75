import Directory
import LDAP
import Synchronization

/// A directory in memory that keeps account of what it was asked, and fails when told to.
final class MemoryDirectory: DirectorySource {
    struct State {
        var entries: [LDAPEntry] = []
        /// By the name that is bound as, lower case.
        var passwords: [String: String] = [:]
        var searches: [SearchRequest] = []
        var binds: [String] = []
        var failure: UnavailableReason?
        var bindFailure: UnavailableReason?
        var missingBases: Set<String> = []
    }

    let name = "memory:test"
    let state = Mutex(State())

    static let down = UnavailableReason(.unreachable, "memory:test: nobody answers")

    init(_ entries: [LDAPEntry] = [], passwords: [String: String] = [:]) {
        state.withLock {
            $0.entries = entries
            $0.passwords = Dictionary(uniqueKeysWithValues: passwords.map { ($0.key.lowercased(), $0.value) })
        }
    }

    var binds: [String] { state.withLock { $0.binds } }
    var searches: [SearchRequest] { state.withLock { $0.searches } }

    func fail(_ reason: UnavailableReason?) { state.withLock { $0.failure = reason } }
    func failBinds(_ reason: UnavailableReason?) { state.withLock { $0.bindFailure = reason } }

    func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        state.withLock { state in
            state.searches.append(request)
            if let failure = state.failure { return .failed(failure) }
            if state.missingBases.contains(request.base) { return .noSuchObject }
            let found = state.entries.filter { entry in
                let inScope =
                    switch request.scope {
                    case .base: entry.name.lowercased() == request.base.lowercased()
                    case .one, .sub: entry.name.lowercased().hasSuffix(request.base.lowercased())
                    }
                return inScope && Self.matches(request.filter, entry)
            }
            return .entries(found)
        }
    }

    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        state.withLock { state in
            state.binds.append(name)
            if let failure = state.failure ?? state.bindFailure { return .unavailable(failure) }
            // As many servers: an empty password binds as nobody, and succeeds.
            if password.isEmpty { return .accepted }
            guard let right = state.passwords[name.lowercased()] else { return .rejected }
            return Array(right.utf8) == password ? .accepted : .rejected
        }
    }

    private static func matches(_ filter: LDAPFilter, _ entry: LDAPEntry) -> Bool {
        func text(_ value: [UInt8]) -> String { String(decoding: value, as: UTF8.self).lowercased() }
        switch filter {
        case .and(let filters): return filters.allSatisfy { matches($0, entry) }
        case .or(let filters): return filters.contains { matches($0, entry) }
        case .not(let filter): return !matches(filter, entry)
        case .present(let attribute): return attribute == "objectClass" || !entry[attribute].isEmpty
        case .equality(let attribute, let value): return entry[attribute].contains { text($0) == text(value) }
        case .substrings(let attribute, let parts):
            return entry[attribute].contains { value in
                text(value).hasPrefix(text(parts.initial ?? [])) && text(value).hasSuffix(text(parts.final ?? []))
            }
        case .greaterOrEqual, .lessOrEqual, .approximate, .extensible: return false
        }
    }
}

extension LDAPEntry {
    /// `person("uid=bob,ou=people", ["uid": ["bob"]])`
    static func person(_ name: String, _ attributes: [(String, [String])]) -> LDAPEntry {
        LDAPEntry(
            name: name,
            attributes: attributes.map { LDAPAttribute(AttributeDescription($0.0), $0.1.map { Array($0.utf8) }) })
    }
}
