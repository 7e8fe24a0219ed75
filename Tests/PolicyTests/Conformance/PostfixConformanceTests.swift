import Directory
import LDAP
import LookupTables
import MailModel
import Policy
import PostroomTesting
import Routing
import Testing

/// What Postfix did with mail for the sample directories, we do too, but for the differences that are meant.
@Suite struct PostfixConformanceTests {
    /// Where Postfix takes a message that it can't deliver and bounces it afterwards, or delivers to a place that nobody
    /// meant, we answer at RCPT. Every other row must be equal.
    static let designedDifferences: [String: String] = [
        // local_recipient_maps and the alias table know the name, no mailbox does: refused now instead of bounced later.
        "vriesman smtp-rcpt nostore@mydomain.nl":
            "550 5.1.1 <nostore@mydomain.nl>: Recipient address rejected: User unknown in local recipient table",
        "vriesman final-recipients nostore@mydomain.nl":
            "550 5.1.1 <nostore@mydomain.nl>: Recipient address rejected: User unknown in local recipient table",
        "vriesman smtp-rcpt nobody@mydomain.nl":
            "550 5.1.1 <nobody@mydomain.nl>: Recipient address rejected: User unknown in local recipient table",
        "vriesman final-recipients nobody@mydomain.nl":
            "550 5.1.1 <nobody@mydomain.nl>: Recipient address rejected: User unknown in local recipient table",
        // An alias that leads to itself in a domain without mailboxes: refused now instead of bounced later.
        "vennedey final-recipients loop@example.com":
            "550 5.1.1 <loop@example.com>: Recipient address rejected: User unknown in virtual alias table",
        // a -> b -> a: Postfix gives up after a thousand rounds, for a while; a loop stays one.
        "vennedey final-recipients a@example.com":
            "554 5.4.6 <a@example.com>: Recipient address rejected: mail forwarding loop",
        // Two entries claim the mailbox: Postfix makes one path of two, with a comma in it; both get the mail.
        "vennedey mailbox-path mail000@mx0.example.com":
            "maildir:/BASE/home/mail/mail000/mailbox 20000:20000, maildir:/BASE/home/mail/mail009/mailbox 20009:20009",
        // `(associatedDomain=*)` as mydestination: in Postfix every domain there is, here those that are listed.
        "vriesman smtp-rcpt someone@gmail.example": "454 4.7.1 <someone@gmail.example>: Relay access denied",
        // A group that contains itself: Postfix follows it to its limit, for ever; the one address it gives is nobody's.
        "pragyan smtp-rcpt ouroboros@pragyan.org":
            "550 5.1.1 <ouroboros@pragyan.org>: Recipient address rejected: User unknown in local recipient table",
        // Postfix's cleanup asks for the quoted form only, so the address that smtpd accepted has no mailbox.
        "dms-ldap final-recipients \"ops(24x7)\"@example.org":
            "550 5.1.1 <\"ops(24x7)\"@example.org>: Recipient address rejected: User unknown in virtual mailbox table",
    ]

    /// Those of them that an option of a table or of the mailboxes decides, with that option as in Postfix.
    static let answersAsInPostfix: [String: String] = [
        "vennedey mailbox-path mail000@mx0.example.com":
            "451 4.3.5 <mail000@mx0.example.com>: Server configuration error",
        "vriesman smtp-rcpt someone@gmail.example":
            "550 5.1.1 <someone@gmail.example>: Recipient address rejected: User unknown in local recipient table",
        "pragyan smtp-rcpt ouroboros@pragyan.org": "451 4.3.0 <ouroboros@pragyan.org>: Temporary lookup failure",
    ]

    @Test(
        "a site can have Postfix's answer back",
        arguments: RecordedAnswer.all.filter { answersAsInPostfix[$0.description] != nil })
    func asInPostfix(row: RecordedAnswer) async throws {
        let expected = try #require(Self.answersAsInPostfix[row.description])
        let directory = try LDIFDirectory(
            contents: Array(row.site.directory.ldif.utf8), path: "\(row.site.rawValue).ldif", verifier: NoPasswords())
        let policy = try row.site.policy(directory, asInPostfix: true)
        #expect(await policy.router.resolve(try recipient(row.key)).reply.description == expected)
    }

    @Test func `there are rows to compare with, and every difference is one of them`() {
        #expect(RecordedAnswer.all.count >= 33)
        let rows = Set(RecordedAnswer.all.map(\.description))
        #expect(Self.designedDifferences.keys.allSatisfy(rows.contains))
        #expect(Self.answersAsInPostfix.keys.allSatisfy(rows.contains))
    }

    @Test("an LDIF file gives the answer that Postfix gave", arguments: RecordedAnswer.all)
    func ldif(row: RecordedAnswer) async throws {
        let directory = try LDIFDirectory(
            contents: Array(row.site.directory.ldif.utf8), path: "\(row.site.rawValue).ldif", verifier: NoPasswords())
        try await compare(row, directory)
    }

    @Test("a real slapd gives the answer that Postfix gave", arguments: ImportedSite.allCases)
    func slapd(site: ImportedSite) async throws {
        try await Slapd.withServer(site.directory) { slapd in
            let client = try LDAPClient(
                LDAPClientConfiguration(
                    servers: [try LDAPURL(parsing: slapd.url)],
                    identity: .simple(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))))
            for row in RecordedAnswer.all where row.site == site { try await compare(row, LDAPServers(client)) }
            await client.shutDown()
        }
    }

    @Test func `the trace of two entries for one mailbox names both`() async throws {
        let site = ImportedSite.vennedey
        let directory = try LDIFDirectory(
            contents: Array(site.directory.ldif.utf8), path: "vennedey.ldif", verifier: NoPasswords())
        let resolution = try await site.policy(directory).router.resolve(address("mail000@mx0.example.com"))
        let text = ResolutionText().text(resolution)
        for (name, uid) in [("mail000", 20000), ("mail009", 20009)] {
            #expect(text.contains("uid=\(name),ou=Mail,dc=example,dc=com: homeDirectory = /home/mail/\(name)\n"))
            let mailbox = "mail000@mx0.example.com in maildir:/BASE/home/mail/\(name)/mailbox, owner \(uid):\(uid)"
            #expect(text.contains("→ \(mailbox)\n"))
        }
        let json = ResolutionJSON.document(resolution).serialized(compact: true)
        for name in ["mail000", "mail009"] { #expect(json.contains("\"/BASE/home/mail/\(name)/mailbox\"")) }
    }

    @Test(
        "a directory that doesn't answer never refuses a recipient of ours",
        arguments: ImportedSite.allCases.filter { $0 != .dmsForwardOnly })
    func outage(site: ImportedSite) async throws {
        let policy = try site.policy(DeadDirectory())
        let answer = try await policy.answer(address("alice@\(site == .vennedey ? "mx0.example.com" : "example.org")"))
        #expect(answer.hasPrefix("451 4.3"))
    }

    // MARK: - Comparing

    private func compare(_ row: RecordedAnswer, _ source: any DirectorySource) async throws {
        let policy = try row.site.policy(source)
        let difference = Self.designedDifferences[row.description]
        let stranger = ClientFacts(address: IPAddress("127.0.0.1"), helo: "client.example")
        switch row.question {
        case .recipient:
            let answer = try await policy.answer(recipient(row.key), from: "", stranger)
            #expect(answer == difference ?? row.answer)
        case .sender:
            let (login, sender) = try #require(row.loginAndSender)
            var client = stranger
            client.login = login
            let recipient = login == nil ? "mail006@mx0.example.com" : "someone@outside.example"
            #expect(try await policy.answer(address(recipient), from: sender, client) == difference ?? row.answer)
        case .mailboxPath:
            let resolution = await policy.router.resolve(try recipient(row.key))
            #expect(mailboxes(resolution) == difference ?? row.answer)
        case .finalRecipients:
            let resolution = await policy.router.resolve(try recipient(row.key))
            if let difference {
                #expect(resolution.reply.description == difference)
            } else {
                #expect(addresses(resolution) == row.answer)
            }
        }
    }

    /// Keys may be quoted, as RCPT has them.
    private func recipient(_ key: String) throws -> EmailAddress {
        guard key.hasPrefix("\""), let end = key.lastIndex(of: "\"") else { return try address(key) }
        let local = key[key.index(after: key.startIndex)..<end]
        return try address(String(local) + String(key[key.index(after: end)...]))
    }

    private func mailboxes(_ resolution: Resolution) -> String {
        guard case .deliver(let destinations) = resolution.verdict else { return resolution.reply.description }
        return destinations.map { destination in
            switch destination {
            case .mailbox(let mailbox): "\(mailbox.location) \(mailbox.owner)"
            case .remote(let remote): "\(remote.address)"
            case .discard(let address, _): "discard \(address)"
            }
        }.joined(separator: ", ")
    }

    private func addresses(_ resolution: Resolution) -> String {
        guard case .deliver(let destinations) = resolution.verdict else { return resolution.reply.description }
        return destinations.map(\.address.description).sorted().joined(separator: " ")
    }
}

private struct NoPasswords: PasswordVerifier {
    func verify(_ password: [UInt8], against stored: [UInt8]) async -> Bool? { nil }
}
