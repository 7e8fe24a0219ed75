import Directory
import Foundation
import MailModel
import Routing
import Testing

/// Resolutions shown to people and to machines.
@Suite struct ExplainTests {
    private func resolution() async throws -> Resolution {
        var options = RoutingOptions(
            myOrigin: try domain("example.org"), mailboxes: CannedMailboxes(paths: ["alice@example.org": "/mail/alice"])
        )
        options.virtualMailboxDomains = try list("virtual_mailbox_domains", "example.org")
        options.virtualAliasMaps = [
            CannedTable(["staff@example.org": "alice@example.org, gone@example.org"], name: "ldap:/etc/aliases.cf")
        ]
        options.virtualAliasMapsLocation = SourceLocation(file: "/etc/postfix/main.cf", line: 12)
        return await Router(options).resolve(try address("staff@example.org"))
    }

    @Test func `the tree shows every step, the setting behind it and the reply`() async throws {
        let expected = """
            staff@example.org
            ├─ virtual_mailbox_domains: example.org is a virtual mailbox domain
            ├─ virtual_alias_maps: staff@example.org leads to alice@example.org, gone@example.org  [/etc/postfix/main.cf:12]
            │  └─ ldap:/etc/aliases.cf: staff@example.org → alice@example.org, gone@example.org
            ├─ recipient: alice@example.org
            │  ├─ virtual_alias_maps: alice@example.org is no alias  [/etc/postfix/main.cf:12]
            │  │  ├─ ldap:/etc/aliases.cf: alice@example.org → not found
            │  │  ├─ ldap:/etc/aliases.cf: alice → not found
            │  │  └─ ldap:/etc/aliases.cf: @example.org → not found
            │  └─ virtual_transport: alice@example.org has a mailbox: maildir:/mail/alice, owner 5000:5000
            └─ recipient: gone@example.org
               ├─ virtual_alias_maps: gone@example.org is no alias  [/etc/postfix/main.cf:12]
               │  ├─ ldap:/etc/aliases.cf: gone@example.org → not found
               │  ├─ ldap:/etc/aliases.cf: gone → not found
               │  └─ ldap:/etc/aliases.cf: @example.org → not found
               └─ virtual_transport: gone@example.org has no mailbox
            → alice@example.org in maildir:/mail/alice, owner 5000:5000
            ✗ gone@example.org: no such recipient, gets no copy
            ⇒ 250 2.1.5 Ok

            """
        #expect(ResolutionText().text(try await resolution()) == expected)
    }

    @Test func `colour is a wrapping and changes no text`() async throws {
        let coloured = ResolutionText(isColoured: true).text(try await resolution())
        #expect(coloured.contains("\u{1B}["))
        let plain = coloured.replacing(/\u{1B}\[[0-9]+m/, with: "")
        #expect(plain == ResolutionText().text(try await resolution()))
    }

    @Test func `the JSON form is JSON and says the same`() async throws {
        let document = ResolutionJSON.document(try await resolution())
        for text in [document.serialized(), document.serialized(compact: true)] {
            let object = try #require(
                try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
            #expect(object["recipient"] as? String == "staff@example.org")
            #expect(object["verdict"] as? String == "deliver")
            #expect((object["reply"] as? [String: Any])?["code"] as? Int == 250)
            #expect(object["deadTargets"] as? [String] == ["gone@example.org"])
            let destinations = try #require(object["destinations"] as? [[String: Any]])
            #expect(destinations.first?["path"] as? String == "/mail/alice")
            let steps = try #require(object["steps"] as? [[String: Any]])
            #expect(steps.count == 4)
            #expect(steps[1]["line"] as? Int == 12)
        }
        #expect(!document.serialized(compact: true).contains("\n"))
    }

    @Test(
        "what a directory holds can't move the cursor of who reads it",
        arguments: [
            (Array("\u{1B}[2Jx\r\n".utf8), "\\x1B[2Jx\\x0D\\x0A"),
            ([0xFF, 0x41, 0xC3], "\\xFFA\\xC3"),
            (Array("Zoë ☎ 東京".utf8), "Zoë ☎ 東京"),
            (Array("a\u{202E}b\u{85}".utf8), "a\\u{202e}b\\u{85}"),
            (Array("back\\slash".utf8), "back\\\\slash"),
        ] as [([UInt8], String)])
    func escaping(bytes: [UInt8], expected: String) {
        #expect(VisibleText.escaped(bytes) == expected)
    }

    @Test func `JSON strings with controls and quotes are still JSON`() throws {
        let hostile = "a\"b\\c\u{1B}\u{0}\u{7F}\u{2028}é"
        let text = JSONText.array([.string(hostile), .null, .bool(true), .number(-1)]).serialized()
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
        let values = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [Any])
        #expect(values.first as? String == hostile)
    }

    @Test func `a chain of a thousand steps is shown without exhausting the stack`() async throws {
        var step = TraceStep(.decision(rule: "last", text: "x"))
        for level in 0..<1000 { step = TraceStep(.decision(rule: "\(level)", text: ""), children: [step]) }
        #expect(ResolutionText().text([step]).split(separator: "\n").count == 1001)
    }

    @Test func `a search that finds everybody is shown in part where the caller asks for that`() {
        let entries = (1...50).map { TraceStep(.entry(name: "uid=\($0)", attribute: "mail", values: [])) }
        let found = TraceStep(.lookup(table: "t", key: [], result: .absent), children: entries)
        #expect(ResolutionText().text([found]).split(separator: "\n").count == 51)
        let lines = ResolutionText(entryLimit: 3).text([found]).split(separator: "\n")
        #expect(lines.count == 5)
        #expect(lines.last?.hasSuffix("and 47 more entries") == true)
    }

    @Test(arguments: [
        (AnswerProvenance.live, "live, 1234.5 ms", #""source": "live""#),
        (.cached(age: .seconds(12)), "cached, 12 s old", #""ageSeconds": 12"#),
        (.stale(age: .seconds(3600)), "stale, 3600 s old: no server answers", #""source": "stale""#),
    ])
    func `how an answer was had is shown to people and to machines`(
        provenance: AnswerProvenance, words: String, member: String
    ) {
        var step = TraceStep(.lookup(table: "t", key: [], result: .absent))
        step.manner = AnswerManner(provenance: provenance, duration: .microseconds(1_234_567))
        #expect(ResolutionText().text([step]).contains(words))
        let text = ResolutionJSON.document(step).serialized()
        let squeezed = text.filter { $0 != " " && $0 != "\n" }
        #expect(squeezed.contains(member.filter { $0 != " " }) && squeezed.contains(#""microseconds":1234567"#))
    }
}
