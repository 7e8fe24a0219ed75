import Directory
import LookupTables
import MailModel
import Routing
import Testing

/// Mailboxes from tables, as virtual(8) reads them.
@Suite struct TableMailboxesTests {
    private func outcome(
        path: String = "a/", uid: String? = "5000", gid: String? = "5000", base: String = "/mail",
        minimum: UInt32 = 100,
        recipient: String = "a@x.example"
    ) async throws -> Outcome<LocalMailbox> {
        let mailboxes = TableMailboxes(
            mailboxMaps: [CannedTable(["a@x.example": path])],
            uidMaps: [CannedTable(uid.map { ["a@x.example": $0] } ?? [:])],
            gidMaps: [CannedTable(gid.map { ["a@x.example": $0] } ?? [:])], base: Array(base.utf8), minimumUID: minimum,
            recipientDelimiter: RecipientDelimiter("+"))
        switch await mailboxes.mailboxes(for: try address(recipient)).outcome {
        case .found(let found):
            try #require(found.count == 1)
            return .found(found[0])
        case .absent: return .absent
        case .unavailable(let reason): return .unavailable(reason)
        }
    }

    @Test(
        "the answer is joined to the base, and a / at its end means a maildir",
        arguments: [
            ("/mail", "a/", "maildir:/mail/a"), ("/mail", "/a/Maildir/", "maildir:/mail/a/Maildir"),
            ("/mail/", "a", "mbox:/mail/a"), ("/", "/vmail/flat", "mbox:/vmail/flat"),
            ("", "/var/mail/a", "mbox:/var/mail/a"), ("/mail", "./a//b/./", "maildir:/mail/a/b"),
            ("/mail", "a,b/", "maildir:/mail/a,b"),
        ])
    func paths(base: String, answer: String, expected: String) async throws {
        guard case .found(let mailbox) = try await outcome(path: answer, base: base) else {
            Issue.record("no mailbox")
            return
        }
        #expect(mailbox.location.description == expected)
        #expect(mailbox.owner == Owner(uid: 5000, gid: 5000))
    }

    @Test(
        "a path that leaves its base, or is none, is never guessed at",
        arguments: [
            ("/mail", "../etc/"), ("/mail", "a/../../b/"), ("", "relative/"), ("/mail", "a\u{7}/"), ("", "/"),
            ("", "/./"),
        ])
    func badPaths(base: String, answer: String) async throws {
        #expect(try await misconfigured(outcome(path: answer, base: base)))
    }

    @Test(
        "an owner that is no number, too small or root is never guessed at",
        arguments: [
            ("0", "5000"), ("99", "5000"), ("-1", "5000"), (" 5000", "5000"), ("5e3", "5000"), ("20000,20009", "5000"),
            ("4294967295", "5000"), ("4294967296", "5000"), ("5000", "0"), ("5000", "x"), ("5000", "-1"),
            ("٣٣٣", "5000"),
        ])
    func badOwners(uid: String, gid: String) async throws {
        #expect(try await misconfigured(outcome(uid: uid, gid: gid)))
    }

    @Test func `a mailbox without an owner is a fault of the directory, not an unknown user`() async throws {
        #expect(try await misconfigured(outcome(uid: nil)))
        #expect(try await misconfigured(outcome(gid: nil)))
    }

    @Test func `the owner is asked for by the recipient, extension and all`() async throws {
        guard case .found(let mailbox) = try await outcome(recipient: "A+list@x.example") else {
            Issue.record("no mailbox")
            return
        }
        #expect(mailbox.address.description == "A+list@x.example")
    }

    @Test func `an unknown recipient is absent`() async throws {
        #expect(try await outcome(recipient: "b@x.example") == .absent)
    }

    // MARK: - Several entries with one address

    private static let paths = EntriesTable(["uid=one,dc=x": ["one/"], "uid=two,dc=x": ["two/"]])
    private static let uids = EntriesTable(["uid=two,dc=x": ["2002"], "UID=one, dc=x": ["2001"]])

    /// The mailboxes with their owners, or why there are none.
    private func mailboxes(
        _ paths: any LookupTable, _ uids: any LookupTable, _ gids: any LookupTable,
        _ severalEntries: TableMailboxes.SeveralEntries = .eachEntry
    ) async throws -> String {
        let mailboxes = TableMailboxes(
            mailboxMaps: [paths], uidMaps: [uids], gidMaps: [gids], base: Array("/m".utf8),
            severalEntries: severalEntries)
        switch await mailboxes.mailboxes(for: try address("a@x.example")).outcome {
        case .found(let found): return found.map { "\($0.location.description) \($0.owner)" }.joined(separator: ", ")
        case .absent: return "absent"
        case .unavailable(let reason):
            #expect(reason.kind == .misconfigured)
            return reason.text
        }
    }

    @Test func `two entries with one address have two mailboxes, each with the owner of its own entry`() async throws {
        let groups = try StaticTable("5000".utf8)
        #expect(
            try await mailboxes(Self.paths, Self.uids, groups) == "maildir:/m/one 2001:5000, maildir:/m/two 2002:5000")
    }

    @Test func `an owner that no entry has alone serves all`() async throws {
        let domain = EntriesTable(["dc=x": ["6000"]])
        let expected = "maildir:/m/one 6000:6000, maildir:/m/two 6000:6000"
        #expect(try await mailboxes(Self.paths, domain, try StaticTable("6000".utf8)) == expected)
    }

    @Test func `two entries with one mailbox and one owner have one mailbox`() async throws {
        let paths = EntriesTable(["uid=one,dc=x": ["one/"], "uid=two,dc=x": ["./one/"]])
        let owner = try StaticTable("5000".utf8)
        #expect(try await mailboxes(paths, owner, owner) == "maildir:/m/one 5000:5000")
        #expect(try await mailboxes(paths, Self.uids, owner).contains("two owners"))
    }

    @Test(
        "where it can't be told whose owner is whose, nobody's mailbox is written to",
        arguments: [
            ["uid=one,dc=x": ["2001"]], ["uid=one,dc=x": ["2001"], "uid=three,dc=x": ["2003"]],
            ["uid=three,dc=x": ["2003"], "uid=four,dc=x": ["2004"]],
            ["uid=one,dc=x": ["2001", "2002"], "uid=two,dc=x": ["2002"]],
        ] as [KeyValuePairs<String, [String]>])
    func undecided(uids: KeyValuePairs<String, [String]>) async throws {
        let answer = try await mailboxes(Self.paths, EntriesTable(uids), try StaticTable("5000".utf8))
        #expect(answer.hasPrefix("a@x.example: virtual_uid_maps"))
    }

    @Test func `one entry with a mailbox has its own owner, whatever other entries say`() async throws {
        let one = EntriesTable(["uid=two,dc=x": ["two/"]])
        #expect(try await mailboxes(one, Self.uids, Self.uids) == "maildir:/m/two 2002:2002")
    }

    @Test func `an entry with two paths is named, and gets no mail`() async throws {
        let paths = EntriesTable(["uid=one,dc=x": ["one/", "other/"], "uid=two,dc=x": ["two/"]])
        let reason = try await mailboxes(paths, Self.uids, Self.uids)
        #expect(reason.contains("3 mailboxes") && reason.contains("uid=one") && reason.contains("uid=two"))
    }

    @Test func `where Postfix makes one path of two entries, both are named, and neither gets the mail`() async throws {
        let reason = try await mailboxes(Self.paths, Self.uids, Self.uids, .onePathAsPostfix)
        #expect(reason.contains("2 mailboxes") && reason.contains("uid=one") && reason.contains("uid=two"))
    }

    private func misconfigured(_ outcome: Outcome<LocalMailbox>) -> Bool {
        guard case .unavailable(let reason) = outcome else { return false }
        return reason.kind == .misconfigured && reason.text.hasPrefix("a@x.example")
    }
}

/// A directory whose entries all have the address that is asked for.
private struct EntriesTable: LookupTable {
    var name: String { "ldap:boxes" }
    var location: Directory.SourceLocation? { nil }
    var isPattern: Bool { false }
    private let entries: [EntryValues]

    init(_ values: KeyValuePairs<String, [String]>) {
        entries = values.map { name, values in
            EntryValues(entry: name, values: values.map { Array($0.utf8) })
        }
    }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let answer = await lookupValues(key)
        return Answer(answer.outcome.map(\.joined), steps: answer.steps)
    }

    func lookupValues(_ key: [UInt8]) async -> Answer<[EntryValues]> {
        let steps = entries.map { entry in
            TraceStep(.entry(name: entry.entry ?? "", attribute: "homeDirectory", values: entry.values))
        }
        return Answer(
            .found(entries),
            steps: [TraceStep(.lookup(table: name, key: key, result: .found(entries.joined)), children: steps)])
    }
}
