import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// "ldap, postfix and courier-imap howto": qmail schema, tables in main.cf itself, Courier's authldaprc.
@Suite struct `The Vriesman site` {
    @Test func `takes mail by address and alias, and shows it to a login by mail and by uid`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            for recipient in ["harry.potter@mydomain.nl", "hp@testdomain.nu"] {
                let sent = try await site.swaks(to: recipient, ["--header", "Subject: for \(recipient)"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            }
            let files = site.new("harry.potter/Maildir")
            #expect(files.count == 2)
            if let file = files.first {
                #expect(try FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int == 5000)
            }
            for login in ["harry.potter@mydomain.nl", "potterh"] {
                let read = try await site.fetch(login, "harrypw1", "imap")
                #expect(read.contains("for "), "\(login): \(read)")
            }
        }
    }

    @Test func `delivers to both accounts that share an address`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            let sent = try await site.swaks(to: "team@mydomain.nl")
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            #expect(site.new("team.a/Maildir").count == 1)
            #expect(site.new("team.b/Maildir").count == 1)
        }
    }

    @Test func `gives a shared account its mail`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            let sent = try await site.swaks(to: "timetravel@anotherdomain.nu")
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            #expect(site.new("shared/timetravel.weekly/incoming").count == 1)
        }
    }

    /// As the howto has it: `seeAlso` of the reader's entry, `postOfficeBox` of the shared account's.
    @Test func `shows the shared folders that it made to those whose entries name them`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            let made = try await Site.open(site.model)
            let report = await made.provision(isDry: false)
            await made.close()
            #expect(report.failures.isEmpty, "\(report.text)")
            let sent = try await site.swaks(
                to: "timetravel@anotherdomain.nu", ["--header", "Subject: for all travellers"])
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")

            let folder = "shared.Timetravel_weekly.incoming"
            let reader = try await site.fetch("nines", "sevenpw1", "imap", mailbox: folder)
            #expect(reader.contains("for all travellers"), "\(reader)")
            let listed = try await site.list("nines", "sevenpw1", "shared.*")
            for name in ["incoming", "past.editions", "future.editions"] {
                #expect(listed.contains("shared.Timetravel_weekly.\(name)"), "\(listed)")
            }
            let other = try await site.list("potterh", "harrypw1", "shared.*")
            #expect(other.contains("shared.Board_Room.board") && !other.contains("Timetravel"), "\(other)")
            let refused = try await site.fetch("potterh", "harrypw1", "imap", mailbox: folder)
            #expect(!refused.contains("for all travellers"), "\(refused)")
        }
    }

    @Test func `appends to the mbox of an account whose store ends without a slash`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            for number in 1...2 {
                let sent = try await site.swaks(to: "flat@mydomain.nl", ["--header", "Subject: number \(number)"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            }
            let text = try String(contentsOfFile: site.folder.path("mail/flat"), encoding: .utf8)
            #expect(text.split(separator: "\n").count { $0.hasPrefix("From ") } == 2, "\(text)")
            #expect(text.contains("Subject: number 1\n") && text.contains("Subject: number 2\n"))
        }
    }

    @Test(arguments: [
        ("old.member@mydomain.nl", "550 5.1.1"), ("nobody@mydomain.nl", "550 5.1.1"),
        ("nostore@mydomain.nl", "550 5.1.1"),
        // Not hosted, though the domain table's filter finds entries for every key; the site trusts its own machine.
        ("someone@gmail.example", "250 2.1.5"),
        ("zoe@testdomain.nu", "250 2.1.5"),
    ])
    func `decides at RCPT whom it has`(recipient: String, reply: String) async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            let answer = try await site.rcptReply(from: "stranger@outside.example", to: recipient)
            #expect(answer.contains(reply), "\(answer)")
        }
    }

    @Test func `relays for the machines it trusts`() async throws {
        try await OutsideHost.serving(["gmail.example"]) { outside in
            try await ImportedTestSite.serving(.vriesman, outside: outside) { site in
                let sent = try await site.swaks(to: "someone@gmail.example", from: "harry.potter@mydomain.nl")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(message.sender == "harry.potter@mydomain.nl")
                #expect(message.recipients == ["someone@gmail.example"])
            }
        }
    }

    @Test func `keeps an inactive account and a wrong password out`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            for (login, password) in [("old.member@mydomain.nl", "oldmempw"), ("potterh", "wrong"), ("nines", "")] {
                let read = try await site.fetch(login, password, "imap")
                #expect(read.contains("Login denied") || read.contains("LOGIN") || read.contains("AUTH"), "\(read)")
            }
        }
    }

    @Test func `outlasts its directory`() async throws {
        try await ImportedTestSite.serving(.vriesman) { site in
            await site.slapd.kill()
            let deferred = try await site.rcptReply(from: "a@outside.example", to: "zoe@testdomain.nu")
            #expect(deferred.contains("451 4.3.0"), "\(deferred)")
            try await site.slapd.start()
            try await eventually("mail is taken again") {
                try await site.rcptReply(from: "a@outside.example", to: "zoe@testdomain.nu").contains("250 2.1.5")
            }
        }
    }
}
