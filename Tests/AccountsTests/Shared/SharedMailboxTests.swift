import Accounts
import Directory
import LDAP
import MailModel
import Testing

/// Which mailboxes of others a login is shown, by each way in which directories say it.
@Suite struct SharedMailboxTests {
    private static let people = "ou=people,dc=example"

    private static func person(_ login: String, _ more: [(String, [String])] = []) -> LDAPEntry {
        .person(
            "uid=\(login),\(people)",
            [
                ("objectClass", ["person"]), ("uid", [login]), ("uidNumber", ["1000"]), ("gidNumber", ["1000"]),
                ("homeDirectory", ["/mail/\(login)"]),
            ] + more)
    }

    private static func group(_ name: String, _ more: [(String, [String])]) -> LDAPEntry {
        .person("cn=\(name),ou=groups,dc=example", [("objectClass", ["group"]), ("cn", [name])] + more)
    }

    private static func rule(
        _ directory: MemoryDirectory, _ filter: String, _ readers: SharedMailboxRule.Readers, rights: String? = "lrs",
        isGroup: Bool = false, attributes: String = "uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid"
    ) throws -> SharedMailboxRule {
        SharedMailboxRule(
            name: "shared.rules", source: directory, base: try DistinguishedName(parsing: "dc=example"),
            filter: try LDAPFilter(parsing: filter), readers: readers,
            namespace: isGroup ? .shared : .otherUsers, isGroup: isGroup,
            display: try Template(isGroup ? "%{ldap:cn}" : "%{ldap:uid}", for: .entry),
            mapping: try AttributeMapping(attributes), rights: rights.flatMap { MailboxRights($0) })
    }

    private static func service(
        _ directory: MemoryDirectory, _ rules: [SharedMailboxRule], clock: ManualClock = ManualClock()
    ) throws -> DirectorySharedMailboxes {
        let reader = EntryLookup(
            source: directory, base: try NameTemplate("ou=people,dc=example"), filter: try FilterTemplate("(uid=%u)"))
        let accounts = AccountRules(
            mailLocation: try MailLocationTemplate(setting: "maildir:~/Maildir"),
            owner: OwnerRules(fallbackUID: 5000, fallbackGID: 5000))
        return DirectorySharedMailboxes(
            rules: rules, accounts: accounts, readers: [reader], clock: clock.clock)
    }

    private static func names(_ mailboxes: [SharedMailbox]) -> [String] {
        mailboxes.map { mailbox in
            let path = mailbox.path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: "/")
            return "\(path) \(mailbox.location) \(mailbox.rights?.text ?? "-")"
        }.sorted()
    }

    @Test func `those to whom an account is delegated open it whole, each rule with its rights, by one search each`()
        async throws
    {
        let directory = MemoryDirectory([
            Self.person("anna", [("delegate", ["uid=bob,\(Self.people)"]), ("viewer", ["uid=bob,\(Self.people)"])]),
            Self.person("bob"), Self.person("carol", [("viewer", ["uid=bob,\(Self.people)"])]), Self.person("dora"),
        ])
        let service = try Self.service(
            directory,
            [
                try Self.rule(directory, "(objectClass=person)", .members("viewer", isNested: false)),
                try Self.rule(
                    directory, "(objectClass=person)", .members("delegate", isNested: false), rights: "lrswi"),
            ])
        let seen = try await service.sharedMailboxes(for: "bob")
        #expect(
            Self.names(seen) == [
                "anna maildir:/mail/anna/Maildir lrwsi", "carol maildir:/mail/carol/Maildir lrs",
            ])
        #expect(seen.allSatisfy { $0.namespace == .otherUsers && $0.isWhole && $0.account != nil })
        // His own entry, and one for each rule.
        #expect(directory.searches.count == 3)
        #expect(try await service.sharedMailboxes(for: "dora").isEmpty)
    }

    @Test func `a group's members see its mailbox, and ACLs know them by it`() async throws {
        let attributes = "=mail=maildir:/mail/groups/%{ldap:cn}"
        let directory = MemoryDirectory([
            Self.person("anna"), Self.person("bob"),
            Self.group("sales", [("member", ["uid=anna,\(Self.people)"])]),
            Self.group("staff", [("memberUid", ["anna", "bob"])]),
        ])
        let service = try Self.service(
            directory,
            [
                try Self.rule(
                    directory, "(objectClass=group)", .members("member", isNested: false), isGroup: true,
                    attributes: attributes),
                try Self.rule(
                    directory, "(objectClass=group)", .logins("memberUid"), rights: nil, isGroup: true,
                    attributes: attributes),
            ])
        #expect(
            Self.names(try await service.sharedMailboxes(for: "anna")) == [
                "sales maildir:/mail/groups/sales lrs", "staff maildir:/mail/groups/staff -",
            ])
        #expect(Self.names(try await service.sharedMailboxes(for: "bob")) == ["staff maildir:/mail/groups/staff -"])
        #expect(try await service.groups(of: "anna") == ["sales", "staff"])
        // A login is a value, whatever it holds.
        #expect(try await service.sharedMailboxes(for: "*").isEmpty)
    }

    @Test func `an answer is kept shortly, and used on for a while in an outage`() async throws {
        let clock = ManualClock()
        let directory = MemoryDirectory([
            Self.person("anna", [("delegate", ["uid=bob,\(Self.people)"])]), Self.person("bob"),
        ])
        let service = try Self.service(
            directory, [try Self.rule(directory, "(objectClass=person)", .members("delegate", isNested: false))],
            clock: clock)
        #expect(try await service.sharedMailboxes(for: "bob").count == 1)
        let asked = directory.searches.count
        #expect(try await service.sharedMailboxes(for: "bob").count == 1)
        #expect(directory.searches.count == asked)
        clock.advance(.seconds(31))
        directory.fail(MemoryDirectory.down)
        #expect(try await service.sharedMailboxes(for: "bob").count == 1)
        #expect(directory.searches.count > asked)
        await #expect(throws: MailboxFailure.self) { try await service.sharedMailboxes(for: "anna") }
        clock.advance(.seconds(3601))
        await #expect(throws: MailboxFailure.self) { try await service.sharedMailboxes(for: "bob") }
    }

    @Test(arguments: [
        ("..", "/mail/groups/x"), ("a/b", "/mail/groups/x"), ("a\u{1}b", "/mail/groups/x"),
        (".hidden", "/mail/groups/x"),
        ("fine", "/mail/../etc"), ("fine", "relative/path"), ("fine", "/mail/a\nb"),
    ])
    func `a value that is no name or no path shows nothing, and hides nothing else`(name: String, path: String)
        async throws
    {
        let directory = MemoryDirectory([
            Self.person("anna"),
            LDAPEntry.person(
                "cn=evil,ou=groups,dc=example",
                [("objectClass", ["group"]), ("cn", [name]), ("path", [path]), ("memberUid", ["anna"])]),
            LDAPEntry.person(
                "cn=good,ou=groups,dc=example",
                [("objectClass", ["group"]), ("cn", ["good"]), ("path", ["/mail/good"]), ("memberUid", ["anna"])]),
        ])
        let service = try Self.service(
            directory,
            [
                try Self.rule(
                    directory, "(objectClass=group)", .logins("memberUid"), isGroup: true,
                    attributes: "path=mail=maildir:%$")
            ])
        let answer = await service.mailboxes(for: "anna")
        guard case .found(let seen) = answer.outcome else {
            Issue.record("\(answer.outcome)")
            return
        }
        #expect(Self.names(seen) == ["good maildir:/mail/good lrs"])
        #expect("\(answer.steps)".contains("cn=evil"))
    }
}
