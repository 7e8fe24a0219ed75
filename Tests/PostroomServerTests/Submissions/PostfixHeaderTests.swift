import Dialects
import Foundation
import MailModel
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// The same messages through a running Postfix and through its configuration served here: the same headers come out.
@Suite struct `Headers as Postfix leaves them` {
    private static let main = """
        compatibility_level = 3.6
        myhostname = mail.example.org
        mydomain = example.org
        myorigin = example.org
        append_dot_mydomain = yes
        mydestination =
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        mynetworks = 127.0.0.2/32
        recipient_delimiter = +
        local_header_rewrite_clients = %CLIENTS%
        virtual_mailbox_domains = example.org
        virtual_mailbox_base = %ROOT%
        virtual_mailbox_maps = texthash:%DIR%/mailboxes
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000
        smtpd_relay_restrictions = permit_mynetworks, defer_unauth_destination
        sender_canonical_maps = texthash:%DIR%/senders
        recipient_canonical_maps = texthash:%DIR%/recipients
        canonical_maps = texthash:%DIR%/both
        masquerade_domains = !keep.example.org, example.org
        masquerade_exceptions = root, "odd one"
        hopcount_limit = 6

        """

    private static let tables = [
        "mailboxes": "alice@example.org alice/\n",
        "senders": "login@example.org First.Last@example.org\nquoted@example.org \"two words\"@example.org\n",
        "recipients": "old@example.org new@example.org\n@gone.example moved@example.org\n",
        "both": "bob Robert@example.org\nnew@example.org newest@example.org\n",
    ]

    private static let messages = [
        "Subject: nothing else\r\n\r\ntext",
        "From: login@example.org\r\nTo: old@example.org\r\n\r\ntext",
        "From: \"Last, First\" <login@Example.ORG>\r\nTo: A <old@example.org>, \"B, b\" <b@x.example>,\r\n\tbob\r\n\r\ntext",
        "Date: Sat, 21 Nov 2026 10:12:33 +0100\r\nFrom: bob@host (Bob)\r\nReply-To: bob, login+x@example.org\r\n\r\ntext",
        "Cc: team: old@example.org, x@gone.example;\r\nBcc: secret@example.org\r\nSender: login@example.org\r\n\r\ntext",
        "Return-Path: <z@x.example>\r\nContent-Length: 4\r\nErrors-To: login@example.org\r\nFrom: quoted@example.org\r\n\r\ntext",
        "Message-ID: <a@b>\r\nResent-To: old@example.org\r\nFrom: login@example.org\r\nTo: old@example.org\r\n\r\ntext",
        "Resent-From: login@example.org\r\nResent-Reply-To: old@example.org\r\nFrom: x@y.example\r\n\r\ntext",
        "To: undisclosed-recipients:;\r\nFrom: <login@example.org>\r\n\r\ntext",
        "Return-Receipt-To: login@example.org\r\nDisposition-Notification-To: login@example.org\r\nMail-Followup-To: login@example.org\r\nApparently-To: old@example.org\r\n\r\ntext",
        "To: a@b.example\r\nnot a header\r\nFrom: login@example.org\r\n\r\ntext",
        "just a line\r\n\r\nmore",
        "\r\nFrom: in the body\r\n\r\ntext",
        "X-Other: login@example.org\r\nfrom : login@example.org\r\n\r\ntext",
        "From: a@deep.example.org\r\nTo: ROOT@deep.example.org, b@x.keep.example.org, c@keep.example.org\r\n\r\ntext",
        "From: root+x@deep.example.org\r\nReply-To: bob@deep.example.org, d@notexample.org\r\n\r\ntext",
    ]

    /// Lists of addresses in all the forms that are in use, put together by chance.
    private static let randomMessages: [String] = {
        var random = SeededGenerator(seed: 822)
        let addresses = [
            "login@example.org", "old@example.org", "LOGIN@Example.org", "bob", "other@far.example", "x@gone.example",
            "login+tag@example.org", "old+tag@example.org", "\"odd one\"@far.example", "u@[192.0.2.7]", "a.b@host",
            "quoted@example.org", "new@example.org", "\"login\"@example.org", "user%far.example@example.org",
            "login@deep.example.org", "e@very.deep.example.org", "root@deep.example.org", "f@x.keep.example.org",
        ]
        let phrases = [
            "", "Anna ", "\"Last, First\" ", "=?utf-8?q?J=C3=BCrgen?= ", "A (comment) B ", "\"a <b@c>\" ", "(x, y) ",
            "Dr. X. ", "\"\\\"q\\\"\" ",
        ]
        func address() -> String {
            let address = addresses.randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return address
            case 1: return "\(address) (Name, \\) and more)"
            case 2: return "<\(address)>"
            default: return "\(phrases.randomElement(using: &random) ?? "")<\(address)>"
            }
        }
        func list() -> String {
            let count = Int.random(in: 1...4, using: &random)
            let text = (0..<count).map { _ in address() }.joined(
                separator: [", ", ",\r\n\t", " ,  "].randomElement(using: &random) ?? ",")
            return Int.random(in: 0..<6, using: &random) == 0 ? "group: \(text);" : text
        }
        let names = [
            "From", "To", "Cc", "Reply-To", "Sender", "Errors-To", "Resent-To", "Resent-From", "X-To", "to", "CC",
        ]
        return (0..<40).map { _ in
            let count = Int.random(in: 1...5, using: &random)
            let fields = (0..<count).map { _ in "\(names.randomElement(using: &random) ?? "To"): \(list())\r\n" }
            return fields.joined() + "\r\ntext"
        }
    }()

    /// Lays out a folder; returns that of main.cf.
    private static func write(_ folder: TemporaryFolder, clients: String) throws -> String {
        let root = try folder.makeFolder("mail")
        let directory = try folder.makeFolder("postfix")
        for path in [folder.path, directory] { chmod(path, 0o755) }
        chmod(root, 0o777)
        for (name, text) in tables { try folder.write(text, to: "postfix/\(name)") }
        let text = main.replacing("%ROOT%", with: root).replacing("%DIR%", with: directory)
            .replacing("%CLIENTS%", with: clients)
        try folder.write(text, to: "postfix/main.cf")
        try folder.write("smtp inet n - n - - smtpd\n", to: "postfix/master.cf")
        return directory
    }

    /// The header of each message as it lies in the mailbox, in their order.
    private func headers(_ site: some RunningSite) async throws -> [[String]] {
        var result: [[String]] = []
        let dialogue = try await SMTPDialogue(site)
        for (index, message) in (Self.messages + Self.randomMessages).enumerated() {
            let sender = ["login@example.org", "other@deep.example.org", "root@deep.example.org"][index % 3]
            let reply = try await dialogue.envelope(from: sender, to: ["alice@example.org"])
            #expect(reply.hasPrefix("250 "), "\(reply)")
            let end = try await dialogue.data(message)
            #expect(end.hasPrefix("250 "), "\(end)")
            try await eventually("message \(index) is delivered") { site.newOfAlice.count == index + 1 }
        }
        // Names begin with the second of their delivery; the order is that of the bodies, so the files are told apart by age.
        for file in try site.newOfAlice.sorted(by: Self.isOlder) {
            result.append(Self.comparable(try String(contentsOfFile: file, encoding: .utf8)))
        }
        return result
    }

    private static func isOlder(_ one: String, _ two: String) throws -> Bool {
        func date(_ path: String) throws -> Date {
            try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date ?? .distantPast
        }
        return try date(one) < date(two)
    }

    /// Field names, and of address fields the addresses; what differs by time and program left out.
    private static func comparable(_ text: String) -> [String] {
        let header = text.components(separatedBy: "\n\n").first ?? ""
        let unfolded = header.replacing("\n\t", with: " ").replacing("\n ", with: " ")
        var lines: [String] = []
        for line in unfolded.split(separator: "\n") {
            let name = line.prefix { $0 != ":" }.trimmingCharacters(in: .whitespaces).lowercased()
            let value = Array(line.dropFirst(line.prefix { $0 != ":" }.count + 1).utf8)
            switch name {
            case "received", "x-original-to", "delivered-to": continue
            case "date", "resent-date": lines.append(name)
            case "message-id", "resent-message-id":
                lines.append(value.contains(UInt8(ascii: "b")) && value.count < 10 ? "\(name) kept" : name)
            case "subject", "x-other", "content-length": lines.append(String(line))
            default:
                let addresses = AddressSpecificationScan(value, in: value.indices).ranges.map {
                    String(decoding: value[$0], as: UTF8.self)
                }
                // Domains count without case; Postfix writes them as they came.
                lines.append(
                    "\(name): " + addresses.map { withoutNeedlessQuotes($0).lowercased() }.joined(separator: " "))
            }
        }
        let body = text.components(separatedBy: "\n\n").dropFirst().joined(separator: "\n\n")
        return lines + ["body: \(body)"]
    }

    /// Postfix takes the quotes of `"login"@example.org` away, though the address is the same; here it stays as it was.
    private static func withoutNeedlessQuotes(_ address: String) -> String {
        let parts = address.split(separator: "\"", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].isEmpty, parts[2].hasPrefix("@"),
            EmailAddress.isDotString(Array(parts[1].utf8))
        else { return address }
        return String(parts[1] + parts[2])
    }

    /// What `body` finds at a Postfix, and at its configuration served here.
    private func compare<Value: Sendable>(
        clients: String, _ body: @Sendable (any RunningSite) async throws -> Value
    ) async throws -> (expected: Value, actual: Value) {
        let theirs = try TemporaryFolder("postfix-headers")
        let expected = try await RunningPostfix.serving(Self.write(theirs, clients: clients), in: theirs) {
            try await body($0)
        }
        let ours = try TemporaryFolder("our-headers")
        var request = ImportRequest(
            origins: [ConfigurationOrigin(.postfix, path: try Self.write(ours, clients: clients))])
        request.listeners = [(kind: .smtp, host: "127.0.0.1", port: 0)]
        let source = SiteSource.programs(request)
        var model = try SiteLoader.load(source, environment: [:]).model
        model.tls.selfSignedDirectory = Located(ours.path("tls"), at: .builtIn)
        let actual = try await Server.withRunning(model, source: source, queueDirectory: ours.path("spool")) { server in
            try await body(TestSite(folder: ours, server: server))
        }
        return (expected, actual)
    }

    @Test func `as many hops are one too many`() async throws {
        let (expected, actual) = try await compare(clients: "permit_mynetworks") { site in
            var replies: [String] = []
            let dialogue = try await SMTPDialogue(site)
            for hops in 0..<9 {
                _ = try await dialogue.envelope(from: "login@example.org", to: ["alice@example.org"])
                let trace = (0..<hops).map {
                    "Received: from a\($0).example by b.example; Sat, 21 Nov 2026 10:12:33 +0100\r\n"
                }
                let reply = try await dialogue.data(trace.joined() + "Subject: \(hops)\r\n\r\ntext")
                replies.append(String(reply.prefix(3)))
            }
            return replies
        }
        #expect(actual == expected)
        #expect(Set(expected) == ["250", "554"])
    }

    @Test(arguments: ["permit_inet_interfaces", "permit_mynetworks"])
    func `the same fields, with the same addresses`(clients: String) async throws {
        let (expected, actual) = try await compare(clients: clients) { try await headers($0) }
        let messages = Self.messages + Self.randomMessages
        #expect(actual.count == messages.count && expected.count == messages.count)
        // Two that came in one tick of the file system's clock may stand in either order.
        let (one, two) = (actual.map { $0.joined(separator: "\n") }, expected.map { $0.joined(separator: "\n") })
        for (ours, theirs) in zip(one.sorted(), two.sorted()) { #expect(ours == theirs) }
    }
}

extension RunningSite {
    fileprivate var newOfAlice: [String] {
        let path = folder.path("mail/alice/new")
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.map { "\(path)/\($0)" }
    }
}
