import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `What a message may be` {
    @Test(arguments: [2000, 400_000])
    func `one larger than a mailbox takes is 552 5.2.3, gathered or streamed`(limit: Int) async throws {
        let mailboxes = """
            mailboxes:
              paths: [{inline: {anna@example.org: anna/Maildir/}}]
              uids: ["static:20001"]
              gids: ["static:20001"]
              base: "%ROOT%"
              size_limit: \(limit)
            """
        try await TestSite.serving(People.configuration(more: mailboxes), files: People.files) { site in
            for (size, reply) in [(limit / 2, "250 2.0.0"), (limit + 1000, "552 5.2.3")] {
                let dialogue = try await SMTPDialogue(site)
                #expect(try await dialogue.envelope(to: ["anna@example.org"]).hasPrefix("250"))
                let line = String(repeating: "x", count: 98) + "\r\n"
                let body = "Subject: x\r\n\r\n" + String(repeating: line, count: size / 100)
                #expect(try await dialogue.data(body).hasPrefix(reply))
            }
            #expect(site.new("anna/Maildir").count == 1)
        }
    }

    @Test(arguments: ["DATA", "BDAT"])
    func `a bare LF on port 25 is 521 5.5.2, and nothing is delivered`(command: String) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            #expect(try await dialogue.envelope(to: ["anna@example.org"]).hasPrefix("250"))
            let body = "Subject: x\r\n\r\none\ntwo\r\n"
            if command == "DATA" {
                #expect(try await dialogue.ask("DATA").hasPrefix("354"))
                try await dialogue.connection.send(body + ".\r\n")
            } else {
                try await dialogue.connection.send("BDAT \(body.utf8.count) LAST\r\n" + body)
            }
            #expect(try await dialogue.connection.rest().hasPrefix("521 5.5.2 "))
            #expect(site.new("anna/Maildir").isEmpty)
        }
    }

    @Test(arguments: ["DATA", "BDAT"])
    func `a bare LF from a mail program is a line end of the message, never its end`(command: String) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site, .submissions, login: People.login)
            _ = try await dialogue.envelope(from: "anna@example.org", to: ["ben@example.org"])
            let body = "Subject: x\r\n\r\none\ntwo\n.\nthree\r\n"
            if command == "DATA" {
                #expect(try await dialogue.data(body + "four").hasPrefix("250 2.0.0"))
            } else {
                try await dialogue.connection.send("BDAT \(body.utf8.count + 6) LAST\r\n" + body + "four\r\n")
                #expect(try await dialogue.connection.reply().hasPrefix("250 2.0.0"))
            }
            let file = try #require(site.new("ben/Maildir").first)
            let text = try String(contentsOfFile: file, encoding: .utf8)
            // A dot that begins a line of DATA is the client's stuffing (RFC 5321 §4.5.2), but not after a bare LF.
            #expect(text.hasSuffix("\n\none\ntwo\n.\nthree\nfour\n"), "\(text)")
            #expect(!text.contains("\r"))
        }
    }

    @Test func `a message over the limit is 552 5.3.4 when it is announced, and when it has come`() async throws {
        try await TestSite.serving(
            People.configuration(more: "limits: {message_size: 10k}"), files: People.files
        ) { site in
            let dialogue = try await SMTPDialogue(site)
            #expect(try await dialogue.ask("MAIL FROM:<a@b.example> SIZE=10241").hasPrefix("552 5.3.4 "))
            let body = "Subject: x\r\n\r\n" + String(repeating: "0123456789\r\n", count: 1000)
            _ = try await dialogue.envelope(to: ["anna@example.org"])
            #expect(try await dialogue.data(body).hasPrefix("552 5.3.4 "))
            _ = try await dialogue.envelope(to: ["anna@example.org"])
            try await dialogue.connection.send("BDAT \(body.utf8.count) LAST\r\n" + body)
            #expect(try await dialogue.connection.reply().hasPrefix("552 5.3.4 "))
            #expect(site.new("anna/Maildir").isEmpty)
            // The session goes on.
            _ = try await dialogue.envelope(to: ["anna@example.org"])
            #expect(try await dialogue.data("Subject: small\r\n").hasPrefix("250 2.0.0 "))
        }
    }

    @Test func `the 101st recipient is 452 4.5.3, and the hundred before get the message`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            let hundred = (1...98).map { "anna+\($0)@example.org" } + ["ben@example.org", "carla@example.org"]
            #expect(try await dialogue.envelope(to: hundred).hasPrefix("250 2.1.5 "))
            #expect(try await dialogue.ask("RCPT TO:<anna@example.org>").hasPrefix("452 4.5.3 "))
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 2.0.0 "))
            for name in ["anna", "ben", "carla"] { #expect(site.new("\(name)/Maildir").count == 1) }
        }
    }

    @Test func `a message that has been relayed 51 times is 554 5.4.6`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            for (count, reply) in [(50, "250 2.0.0 "), (51, "554 5.4.6 ")] {
                let dialogue = try await SMTPDialogue(site)
                _ = try await dialogue.envelope(to: ["anna@example.org"])
                let fields = String(
                    repeating: "Received: from a by b; Mon, 1 Jan 2024 00:00:00 +0000\r\n", count: count)
                #expect(try await dialogue.data(fields + "Subject: x\r\n").hasPrefix(reply))
            }
            #expect(site.new("anna/Maildir").count == 1)
        }
    }

    /// 1 KB is gathered in memory, 2 MB are streamed.
    @Test(arguments: [1 << 10, 2 << 20])
    func `every byte arrives; copies of one owner are one file, another owner has his own`(size: Int) async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            var random = SeededGenerator(seed: UInt64(size))
            var lines = ["Subject: large", ""]
            var count = 0
            while count < size {
                // 8-bit text of all lengths, dots in the first column included.
                let letters = Array("..abcdefghij äöü€ ".unicodeScalars)
                let line = String(
                    String.UnicodeScalarView(
                        (0..<Int.random(in: 0...200, using: &random)).map { _ in
                            letters.randomElement(using: &random) ?? "x"
                        }))
                lines.append(line)
                count += line.utf8.count + 2
            }
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.ask("MAIL FROM:<a@b.example> BODY=8BITMIME")
            for name in ["anna", "ben", "carla"] { _ = try await dialogue.ask("RCPT TO:<\(name)@example.org>") }
            let stuffed = lines.map { $0.hasPrefix(".") ? "." + $0 : $0 }.joined(separator: "\r\n")
            #expect(try await dialogue.data(stuffed).hasPrefix("250 2.0.0 "))
            let expected = Data(("\n" + lines.joined(separator: "\n") + "\n").utf8)
            var status: [stat] = []
            for name in ["anna", "ben", "carla"] {
                let file = try #require(site.new("\(name)/Maildir").first)
                let contents = try #require(FileManager.default.contents(atPath: file))
                #expect(contents.suffix(expected.count) == expected)
                var one = stat()
                #expect(lstat(file, &one) == 0)
                #expect(one.st_size == contents.count)
                status.append(one)
            }
            #expect(status.map(\.st_nlink) == [2, 2, 1])
            #expect(status[0].st_ino == status[1].st_ino && status[0].st_ino != status[2].st_ino)
            #expect(status.map(\.st_uid) == [20001, 20001, 20003])
        }
    }
}
