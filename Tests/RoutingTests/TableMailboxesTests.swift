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
        return await mailboxes.mailbox(for: try address(recipient)).outcome
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

    @Test func `two entries with one address are named, and neither gets the mail`() async throws {
        let table = TwoEntries()
        let mailboxes = TableMailboxes(mailboxMaps: [table], uidMaps: [table], gidMaps: [table], base: Array("/m".utf8))
        guard case .unavailable(let reason) = await mailboxes.mailbox(for: try address("a@x.example")).outcome else {
            Issue.record("served")
            return
        }
        #expect(reason.kind == .misconfigured)
        #expect(reason.text.contains("uid=one") && reason.text.contains("uid=two"))
    }

    private func misconfigured(_ outcome: Outcome<LocalMailbox>) -> Bool {
        guard case .unavailable(let reason) = outcome else { return false }
        return reason.kind == .misconfigured && reason.text.hasPrefix("a@x.example")
    }
}

/// A directory in which two people have one address.
private struct TwoEntries: LookupTable {
    var name: String { "ldap:boxes" }
    var location: Directory.SourceLocation? { nil }
    var isPattern: Bool { false }

    func lookup(_ key: [UInt8]) async -> Answer<[UInt8]> {
        let values = ["/home/one/", "/home/two/"].map { Array($0.utf8) }
        let entries = zip(["uid=one,dc=x", "uid=two,dc=x"], values).map { name, value in
            TraceStep(.entry(name: name, attribute: "homeDirectory", values: [value]))
        }
        let value = Array(values.joined(separator: [UInt8(ascii: ",")]))
        return Answer(
            .found(value), steps: [TraceStep(.lookup(table: name, key: key, result: .found(value)), children: entries)])
    }
}
