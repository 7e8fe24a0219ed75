import Foundation
import Glibc
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `A Postfix in front, delivering by LMTP` {
    enum Way: String, CaseIterable {
        case tcp
        case socket
    }

    private func main(_ transport: String) -> String {
        """
        compatibility_level = 3.6
        myhostname = front.example
        mydestination =
        alias_maps =
        mynetworks = 127.0.0.0/8
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        virtual_mailbox_domains = example.org
        virtual_transport = \(transport)
        virtual_destination_recipient_limit = 50
        smtp_tls_security_level = none

        """
    }

    @Test(arguments: Way.allCases)
    func `each recipient has its own fate, and Postfix's log tells it`(_ way: Way) async throws {
        let people = People.ldif + People.entry("locked")
        try await TestSite.serving(
            People.configuration(), files: ["people.ldif": people],
            lmtp: "[\"127.0.0.1:0\", \"%FOLDER%/lmtp.sock\"]"
        ) { site in
            // Another user's folder: a mailbox that fails.
            chmod(try site.folder.makeFolder("mail/locked"), 0o700)
            chown(site.folder.path("mail/locked"), 20_009, 20_009)
            let folder = try TemporaryFolder("front-postfix")
            chmod(folder.path, 0o755)
            try folder.makeFolder("postfix")
            let socket = site.folder.path("lmtp.sock")
            try folder.write(
                main(way == .tcp ? "lmtp:inet:127.0.0.1:\(site.port(.lmtp))" : "lmtp:unix:\(socket)"),
                to: "postfix/main.cf")
            try await RunningPostfix.serving(folder.path("postfix"), in: folder) { postfix in
                let names = ["anna", "nobody-here", "locked", "carla"]
                try await postfix.swaks(to: names.map { "\($0)@example.org" }.joined(separator: ","))
                func log() -> [String] {
                    let text = (try? String(contentsOfFile: folder.path("maillog"), encoding: .utf8)) ?? ""
                    return text.split(separator: "\n").map(String.init)
                }
                func fate(_ name: String) -> String? {
                    log().first { $0.contains("postfix/lmtp") && $0.contains("to=<\(name)@example.org>") }
                }
                try await eventually("all have a fate") { names.allSatisfy { fate($0) != nil } }
                #expect(fate("anna")?.contains("dsn=2.0.0, status=sent (250 2.0.0 Ok: delivered as ") == true)
                #expect(fate("carla")?.contains("dsn=2.0.0, status=sent (250 2.0.0 Ok: delivered as ") == true)
                #expect(fate("nobody-here")?.contains("dsn=5.1.1, status=bounced ") == true, "\(log())")
                #expect(fate("nobody-here")?.contains("said: 550 5.1.1 ") == true)
                #expect(fate("nobody-here")?.contains("in reply to RCPT TO command") == true)
                #expect(fate("locked")?.contains("status=deferred ") == true, "\(log())")
                #expect(fate("locked")?.contains("in reply to end of DATA command") == true, "\(log())")
                #expect(site.new("anna/Maildir").count == 1)
                #expect(site.new("carla/Maildir").count == 1)
                // Postfix has it in its queue; ours has nothing.
                #expect(try !site.waits("Subject: "))
            }
        }
    }

    @Test func `a message of megabytes reaches those whom it can, too`() async throws {
        let people = People.ldif + People.entry("locked")
        try await TestSite.serving(People.configuration(), files: ["people.ldif": people]) { site in
            chmod(try site.folder.makeFolder("mail/locked"), 0o700)
            chown(site.folder.path("mail/locked"), 20_009, 20_009)
            let connection = try await TestConnection(port: site.port(.lmtp))
            func ask(_ line: String) async throws -> String {
                try await connection.send(line + "\r\n")
                return try await connection.reply()
            }
            _ = try await connection.reply()
            _ = try await ask("LHLO x.example")
            _ = try await ask("MAIL FROM:<x@elsewhere.example>")
            for name in ["anna", "locked", "carla"] {
                #expect(try await ask("RCPT TO:<\(name)@example.org>").hasPrefix("250 "))
            }
            _ = try await ask("DATA")
            let lines = String(repeating: String(repeating: "x", count: 998) + "\r\n", count: 2000)
            try await connection.send("Subject: big\r\n\r\n\(lines).\r\n")
            #expect(try await connection.reply().hasPrefix("250 "))
            #expect(try await connection.reply().hasPrefix("451 "))
            #expect(try await connection.reply().hasPrefix("250 "))
            #expect(site.new("anna/Maildir").count == 1)
            #expect(site.new("carla/Maildir").count == 1)
            #expect(try !site.waits("Subject: "))
        }
    }

    @Test func `an alias of several mailboxes is not delivered twice because one of them fails`() async throws {
        let people = People.ldif + People.entry("locked")
        let configuration = People.configuration(
            aliases: "team@example.net: \"anna@example.org,locked@example.org\"")
        try await TestSite.serving(configuration, files: ["people.ldif": people]) { site in
            chmod(try site.folder.makeFolder("mail/locked"), 0o700)
            chown(site.folder.path("mail/locked"), 20_009, 20_009)
            let connection = try await TestConnection(port: site.port(.lmtp))
            func ask(_ line: String) async throws -> String {
                try await connection.send(line + "\r\n")
                return try await connection.reply()
            }
            _ = try await connection.reply()
            _ = try await ask("LHLO x.example")
            _ = try await ask("MAIL FROM:<x@elsewhere.example>")
            #expect(try await ask("RCPT TO:<team@example.net>").hasPrefix("250 "))
            #expect(try await ask("RCPT TO:<locked@example.org>").hasPrefix("250 "))
            _ = try await ask("DATA")
            // The one copy that failed is both recipients', and waits here for both.
            #expect(try await ask("Subject: x\r\n\r\n.").hasPrefix("250 "))
            #expect(try await connection.reply().hasPrefix("250 "))
            #expect(site.new("anna/Maildir").count == 1)
            #expect(try site.waits("Subject: x"))
        }
    }

    @Test func `speaks LHLO alone, relays nothing, and has no message without a recipient`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let connection = try await TestConnection(port: site.port(.lmtp))
            func ask(_ line: String) async throws -> String {
                try await connection.send(line + "\r\n")
                return try await connection.reply()
            }
            #expect(try await connection.reply().contains("LMTP"))
            #expect(try await ask("EHLO x.example").hasPrefix("5"))
            #expect(try await ask("HELO x.example").hasPrefix("5"))
            let hello = try await ask("LHLO x.example")
            for word in ["PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES"] {
                #expect(hello.contains(word), "\(word)")
            }
            #expect(!hello.contains("AUTH"))
            #expect(try await ask("MAIL FROM:<x@elsewhere.example>").hasPrefix("250 "))
            #expect(try await ask("RCPT TO:<x@outside.example>").hasPrefix("554 5.7.1 "))
            #expect(try await ask("DATA").hasPrefix("503 "))
            // An alias is followed, as the site says.
            #expect(try await ask("RCPT TO:<sales@example.net>").hasPrefix("250 "))
            #expect(try await ask("DATA").hasPrefix("354 "))
            #expect(try await ask("Subject: x\r\n\r\n.").hasPrefix("250 "))
            #expect(site.new("carla/Maildir").count == 1)
        }
    }

    @Test func `a socket has the mode and the owner that it is given`() async throws {
        try await TestSite.serving(
            People.configuration(), files: People.files,
            listenerList:
                "  - {protocol: lmtp, address: \"%FOLDER%/lmtp.sock\", mode: \"0620\", owner: \"20003\", group: \"20001\", recipients: accounts}"
        ) { site in
            var status = stat()
            #expect(lstat(site.folder.path("lmtp.sock"), &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o620)
            #expect(status.st_uid == 20_003 && status.st_gid == 20_001)
            // Users alone: neither aliases nor domains count.
            let connection = try await TestConnection(unixSocket: site.folder.path("lmtp.sock"))
            func ask(_ line: String) async throws -> String {
                try await connection.send(line + "\r\n")
                return try await connection.reply()
            }
            _ = try await connection.reply()
            _ = try await ask("LHLO x.example")
            _ = try await ask("MAIL FROM:<>")
            #expect(try await ask("RCPT TO:<sales@example.net>").hasPrefix("550 5.1.1 "))
            #expect(try await ask("RCPT TO:<anna+lists@example.org>").hasPrefix("250 "))
            // Who connects to the socket is no user who may send.
            _ = try await ask("DATA")
            #expect(try await ask("Subject: x\r\n\r\n.").hasPrefix("250 "))
            let file = try #require(site.new("anna/Maildir").first)
            let message = try String(contentsOfFile: file, encoding: .utf8)
            #expect(message.contains(" with LMTP"))
            #expect(!message.contains("userid"))
            #expect(!message.lowercased().contains("message-id"))
        }
    }
}
