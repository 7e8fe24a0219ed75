import LDAP
import Logging
import PostroomTesting
import Synchronization
import Testing

@testable import Directory

@Suite struct ShrinkingGuardTests {
    private static let base = "ou=Mail,dc=example,dc=com"

    private func request(_ uid: String) -> SearchRequest {
        SearchRequest(base: Self.base, filter: .equality("uid", bytes(uid)), attributes: ["maildrop"])
    }

    private static let users = (0..<8).map { "mail00\($0)" }

    private func withGuard(
        _ body: (ShrinkingGuard, LDAPClient, SharedClock, LogLines) async throws -> Void
    ) async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            func client(_ name: String, _ password: String) throws -> LDAPClient {
                try LDAPClient(
                    LDAPClientConfiguration(
                        servers: [LDAPURL(parsing: slapd.url)],
                        identity: .simple(name: name, password: LDAPPassword(password)),
                        connectTimeout: .seconds(120), operationTimeout: .seconds(120)))
            }
            let servers = LDAPServers(try client(slapd.bindDN, slapd.bindPassword))
            let editor = try client(slapd.rootDN, slapd.rootPassword)
            let clock = SharedClock()
            let lines = LogLines()
            let shrinking = ShrinkingGuard(
                servers, logger: Logger(label: "test", factory: { _ in lines }), now: { clock.now })
            for user in Self.users {
                #expect(await Self.found(shrinking, request(user)) == 1)
            }
            try await body(shrinking, editor, clock, lines)
            await servers.shutDown()
            await editor.shutDown()
        }
    }

    /// Nil for a failure; a missing base is nothing found.
    private static func found(_ source: some DirectorySource, _ request: SearchRequest) async -> Int? {
        switch await source.search(request) {
        case .entries(let entries): entries.count
        case .noSuchObject: 0
        case .failed: nil
        }
    }

    private func deleteAll(_ editor: LDAPClient, keep: Int = 0) async throws -> [LDAPEntry] {
        let all = SearchRequest(base: Self.base, scope: .one, filter: .present("objectClass"))
        let entries = try await editor.search(all).entries
        for entry in entries.dropFirst(keep) { try await editor.delete(name: entry.name) }
        return entries
    }

    @Test func `one user's removal is believed at once`() async throws {
        try await withGuard { shrinking, editor, _, lines in
            try await editor.delete(name: "uid=mail003,\(Self.base)")
            #expect(await Self.found(shrinking, request("mail003")) == 0)
            #expect(await Self.found(shrinking, request("nobody")) == 0)
            #expect(!shrinking.isRaised && lines.all.isEmpty)
        }
    }

    @Test func `given an empty subtree, then nobody is absent, those never asked for neither, and one alarm is given`()
        async throws
    {
        try await withGuard { shrinking, editor, clock, lines in
            _ = try await deleteAll(editor)
            clock.advance(by: .seconds(10))
            #expect(await Self.found(shrinking, request("never-asked")) == nil)
            for user in Self.users { #expect(await Self.found(shrinking, request(user)) == nil) }
            #expect(shrinking.isRaised)
            #expect(lines.all.map(\.level) == [.error])
            // Other parts of the directory are judged for themselves.
            let other = SearchRequest(base: "ou=Manager,dc=example,dc=com", filter: .equality("cn", bytes("x")))
            #expect(await Self.found(shrinking, other) == 0)
        }
    }

    @Test func `given the subtree itself is gone, then nobody is absent`() async throws {
        try await withGuard { shrinking, editor, _, _ in
            _ = try await deleteAll(editor)
            try await editor.delete(name: Self.base)
            #expect(await Self.found(shrinking, request("mail001")) == nil)
            guard case .failed(let reason) = await shrinking.search(request("mail002")) else {
                Issue.record("it is doubted")
                return
            }
            #expect(reason.kind == .incomplete && reason.text.contains(Self.base))
        }
    }

    @Test func `given what had vanished is back, then a second look ends the doubt`() async throws {
        try await withGuard { shrinking, editor, clock, lines in
            let entries = try await deleteAll(editor)
            #expect(await Self.found(shrinking, request("mail001")) == nil)
            for entry in entries { try await editor.add(entry) }
            await shrinking.lookAgain()
            #expect(shrinking.isRaised)
            clock.advance(by: .seconds(61))
            await shrinking.lookAgain()
            #expect(!shrinking.isRaised)
            #expect(await Self.found(shrinking, request("mail001")) == 1)
            #expect(await Self.found(shrinking, request("nobody")) == 0)
            #expect(lines.all.map(\.level) == [.error, .notice])
        }
    }

    @Test func `a shrinking that lasts is believed, and not doubted again`() async throws {
        try await withGuard { shrinking, editor, clock, _ in
            _ = try await deleteAll(editor)
            #expect(await Self.found(shrinking, request("mail001")) == nil)
            clock.advance(by: .seconds(3500))
            await shrinking.lookAgain()
            #expect(await Self.found(shrinking, request("mail001")) == nil)
            clock.advance(by: .seconds(200))
            await shrinking.lookAgain()
            #expect(!shrinking.isRaised)
            for user in Self.users { #expect(await Self.found(shrinking, request(user)) == 0) }
            #expect(!shrinking.isRaised)
        }
    }

    @Test func `an operator's word is believed at once`() async throws {
        try await withGuard { shrinking, editor, _, _ in
            _ = try await deleteAll(editor)
            #expect(await Self.found(shrinking, request("mail001")) == nil)
            shrinking.accept()
            for user in Self.users { #expect(await Self.found(shrinking, request(user)) == 0) }
        }
    }

    @Test func `many that go one by one are doubted once they are many`() {
        var record = ShrinkingRecord(ShrinkingGuardOptions(minimumVanished: 3))
        let now = ContinuousClock.now
        for number in 0..<100 { record.found(request("u\(number)"), entry: "uid=u\(number)", at: now) }
        var raised: [Int] = []
        for number in 0..<5 {
            switch record.empty(request("u\(number)"), at: now) {
            case .raised: raised.append(number)
            case .ask(let sentinels, _):
                // The others are still there.
                #expect(sentinels.count == 8 && !sentinels.contains(request("u\(number)")))
                let isDoubted = record.sampled(
                    request("u\(number)"), request("u").kind, found: 8, vanished: [], at: now)
                #expect(!isDoubted)
            case .none: Issue.record("a known one that is gone is looked into")
            }
        }
        #expect(raised == [2, 3, 4])
    }

    @Test func `a user's other addresses go with the user and prove nothing`() {
        var record = ShrinkingRecord(ShrinkingGuardOptions())
        let now = ContinuousClock.now
        for number in 0..<4 { record.found(request("other\(number)"), entry: "uid=o\(number)", at: now) }
        for number in 0..<20 { record.found(request("alias\(number)"), entry: "uid=one", at: now) }
        guard case .ask(let sentinels, _) = record.empty(request("alias3"), at: now) else {
            Issue.record("others are asked for")
            return
        }
        #expect(Set(sentinels) == Set((0..<4).map { request("other\($0)") }))
    }
}

/// Keeps what is logged.
final class LogLines: LogHandler {
    struct Line: Sendable {
        var level: Logger.Level
        var text: String
    }

    private let lines = Mutex<[Line]>([])

    var all: [Line] { lines.withLock { $0 } }

    func log(event: LogEvent) {
        lines.withLock { $0.append(Line(level: event.level, text: "\(event.message)")) }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }

    var logLevel: Logger.Level {
        get { .debug }
        set {}
    }
}
