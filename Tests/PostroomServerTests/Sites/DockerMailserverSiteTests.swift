import Foundation
import PostroomServer
import PostroomTesting
import Testing

/// docker-mailserver's LDAP page, "Basic Setup": a compose file and nothing else.
@Suite struct `The docker-mailserver LDAP site` {
    @Test func `takes mail for users, aliases and groups, and shows it over IMAP`() async throws {
        try await ImportedTestSite.serving(.dmsLDAP) { site in
            for recipient in ["alice@example.org", "ceo@example.org", "a.smith@example.net", "alice+tag@example.org"] {
                let sent = try await site.swaks(to: recipient, ["--header", "Subject: for \(recipient)"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            }
            let sent = try await site.swaks(to: "hr@example.org")
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            let files = site.new("alice/Maildir")
            #expect(files.count == 5)
            if let file = files.first {
                #expect(try FileManager.default.attributesOfItem(atPath: file)[.ownerAccountID] as? Int == 5001)
            }
            #expect(site.new("bob/Maildir").count == 1)
            let read = try await site.fetch("alice@example.org", "alicepw1", "imaps")
            #expect(read.contains("Subject:"), "\(read)")
        }
    }

    @Test(arguments: [
        ("nobody@example.org", "550 5.1.1"), ("carol@example.org", "250 2.1.5"),
        // PERMIT_DOCKER=host trusts the machine itself.
        ("someone@outside.example", "250 2.1.5"),
        // The domain filter (mail=*@%s) makes gmail.example one of ours, and its "user" has no uid.
        ("sales@example.org", "451 4.3.5"),
    ])
    func `decides at RCPT`(recipient: String, reply: String) async throws {
        try await ImportedTestSite.serving(.dmsLDAP) { site in
            let answer = try await site.rcptReply(from: "stranger@outside.example", to: recipient)
            #expect(answer.contains(" \(reply)"), "\(answer)")
        }
    }

    @Test func `relays for its users to other hosts`() async throws {
        try await OutsideHost.serving(["outside.example"]) { outside in
            try await ImportedTestSite.serving(.dmsLDAP, outside: outside) { site in
                let sent = try await site.submit(
                    as: "alice@example.org", "alicepw1", from: "alice@example.org", to: "someone@outside.example")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(message.sender == "alice@example.org" && message.recipients == ["someone@outside.example"])
            }
        }
    }

    @Test func `lets a user send as what the senders' filter finds, by saslauthd's filter`() async throws {
        try await ImportedTestSite.serving(.dmsLDAP) { site in
            for sender in ["alice@example.org", "ceo@example.org"] {
                let sent = try await site.submit(
                    as: "alice@example.org", "alicepw1", from: sender, to: "bob@example.org")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            }
            let other = try await site.submit(
                as: "alice@example.org", "alicepw1", from: "bob@example.org", to: "bob@example.org")
            #expect(other.contains("553 5.7.1"), "\(other)")
            let wrong = try await site.submit(
                as: "alice@example.org", "wrong", from: "alice@example.org", to: "bob@example.org")
            #expect(wrong.contains("535 5.7.8"), "\(wrong)")
        }
    }

    /// The page gives Dovecot no quota: mailQuota counts once DOVECOT_USER_ATTRS names it.
    @Test func `takes no mail for a full mailbox`() async throws {
        var layout = ImportedTestSite.Layout.dmsLDAP
        layout.changes = [
            ("uidNumber=uid,gidNumber=gid", "uidNumber=uid,gidNumber=gid,mailQuota=quota_rule=*:bytes=%$$:messages=2")
        ]
        try await ImportedTestSite.serving(layout) { site in
            let body = String(repeating: "a line of text\n", count: 500)
            let sent = try await site.swaks(to: "alice@example.org", ["--body", body])
            #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
            let second = try await site.swaksRefused(to: "alice@example.org", ["--body", body])
            #expect(second.contains("452 4.2.2 Mailbox is full"), "\(second)")
            #expect(site.new("alice/Maildir").count == 1)
            let third = try await site.swaks(to: "alice@example.org", ["--body", "x"])
            #expect(third.contains("250 2.0.0 Ok"), "\(third)")
            let full = try await site.rcptReply(from: "stranger@outside.example", to: "alice@example.org")
            #expect(full.contains(" 452 4.2.2 Mailbox is full"), "\(full)")
            let free = try await site.swaks(to: "bob@example.org", ["--body", body + body])
            #expect(free.contains("250 2.0.0 Ok"), "\(free)")
        }
    }

    @Test func `outlasts its directory`() async throws {
        try await ImportedTestSite.serving(.dmsLDAP) { site in
            await site.slapd.kill()
            let deferred = try await site.rcptReply(from: "a@outside.example", to: "bob@example.org")
            #expect(deferred.contains("451 4.3.0"), "\(deferred)")
            try await site.slapd.start()
            try await eventually("mail is taken again") {
                try await site.rcptReply(from: "a@outside.example", to: "bob@example.org").contains("250 2.1.5")
            }
        }
    }
}

/// docker-mailserver's forward-only page: no mailboxes, a user-patches.sh that rewrites two tables.
@Suite struct `The docker-mailserver forward-only site` {
    @Test(arguments: [
        ("dora@example.org", "250 2.1.5"), ("nobody@example.org", "550 5.1.1"),
        // PERMIT_DOCKER=host trusts the machine itself.
        ("someone@outside.example", "250 2.1.5"),
        // Leads to itself: a user whose mail no mailbox takes.
        ("loop@example.org", "45"),
    ])
    func `knows whom it forwards for`(recipient: String, reply: String) async throws {
        try await ImportedTestSite.serving(.dmsForwardOnly) { site in
            let answer = try await site.rcptReply(from: "stranger@outside.example", to: recipient)
            #expect(answer.contains(" \(reply)"), "\(answer)")
        }
    }

    @Test func `shows where mail would go`() async throws {
        try await ImportedTestSite.serving(.dmsForwardOnly) { site in
            let explanation = try #require(
                await site.server.site.explain("chain1@example.org", sender: nil, login: nil))
            #expect(explanation.text(isColoured: false).contains("dora@mailbox.example"))
        }
    }

    @Test(arguments: ["dora@example.org", "postmaster@example.org", "chain1@example.org"])
    func `forwards to the address outside`(recipient: String) async throws {
        try await OutsideHost.serving(["mailbox.example"]) { outside in
            try await ImportedTestSite.serving(.dmsForwardOnly, outside: outside) { site in
                let sent = try await site.swaks(to: recipient, ["--header", "Subject: pass it on"])
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(message.recipients == ["dora@mailbox.example"])
                #expect(message.sender == "somebody@elsewhere.example")
                #expect(message.field("Subject") == "Subject: pass it on")
            }
        }
    }

    @Test func `sends its users' mail out`() async throws {
        try await OutsideHost.serving(["outside.example"]) { outside in
            try await ImportedTestSite.serving(.dmsForwardOnly, outside: outside) { site in
                let sent = try await site.submitInClear(
                    as: "dora@example.org", "dorapw12", from: "dora@example.org", to: "someone@outside.example")
                #expect(sent.contains("250 2.0.0 Ok"), "\(sent)")
                let message = try #require(try await outside.messages(1).first)
                #expect(message.sender == "dora@example.org" && message.recipients == ["someone@outside.example"])
            }
        }
    }

    @Test func `logs users in by saslauthd's filter, as their address in the domain`() async throws {
        try await ImportedTestSite.serving(.dmsForwardOnly) { site in
            // The page sets no SSL_TYPE: there is no TLS.
            let sent = try await site.submitInClear(
                as: "dora@example.org", "dorapw12", from: "dora@example.org", to: "erik@example.org")
            #expect(sent.contains("235 2.7.0") && sent.contains("250 2.0.0 Ok"), "\(sent)")
            let other = try await site.submitInClear(
                as: "dora@example.org", "dorapw12", from: "erik@example.org", to: "erik@example.org")
            #expect(other.contains("553 5.7.1"), "\(other)")
            let wrong = try await site.submitInClear(
                as: "dora@example.org", "wrong", from: "dora@example.org", to: "erik@example.org")
            #expect(wrong.contains("535 5.7.8"), "\(wrong)")
        }
    }
}
