import Foundation
import PostroomTesting
import Testing

@Suite struct `A Maildir that Courier's POP3 server had` {
    /// As Courier 1.0.16 wrote it for these two files.
    private let list = """
        /3 3 1795288292
        1795224813.M1P1.vm:2,S 17 1:1795288292:0
        1795224814.M1P1.vm,S=14:2, 17 2:1795288292:0

        """

    private func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private func uidl(_ site: TestSite) async throws -> String {
        String(decoding: try await PythonPOP3.transcript(site, People.login, ["UIDL", "QUIT"]), as: UTF8.self)
    }

    @Test func `keeps its ids, and Courier's list is kept as Courier would`() async throws {
        try await TestSite.serving(
            People.configuration(more: "pop3: {uidl_format: courier}"), files: People.files
        ) { site in
            let maildir = site.folder.path("mail/anna/Maildir")
            mkdir(site.folder.path("mail/anna"), 0o700)
            chown(site.folder.path("mail/anna"), 20_001, 20_001)
            for part in ["", "/cur", "/new", "/tmp"] {
                mkdir(maildir + part, 0o700)
                chown(maildir + part, 20_001, 20_001)
            }
            func put(_ name: String, _ text: String) throws {
                try Data(text.utf8).write(to: URL(fileURLWithPath: "\(maildir)/\(name)"))
                chown("\(maildir)/\(name)", 20_001, 20_001)
            }
            try put("cur/1795224813.M1P1.vm:2,S", "Subject: a\n\nb\n")
            try put("cur/1795224814.M1P1.vm,S=14:2,", "Subject: c\n\nd\n")
            try put("courierpop3dsizelist", list)
            #expect(try await uidl(site).hasPrefix("+OK\r\n1 UID1-1795288292\r\n2 UID2-1795288292\r\n.\r\n"))
            // Nothing has changed: neither has the file.
            #expect(try text("\(maildir)/courierpop3dsizelist") == list)

            try put("cur/1795224815.M1P1.vm:2,", "Subject: e\n\nlonger\n")
            #expect(try await uidl(site).contains("\r\n3 UID3-1795288292\r\n"))
            let grown = try text("\(maildir)/courierpop3dsizelist")
            #expect(
                grown == list.replacing("/3 3 ", with: "/3 4 ") + "1795224815.M1P1.vm:2, 22 3:1795288292:0\n")
            _ = try await PythonPOP3.transcript(site, People.login, ["DELE 1", "QUIT"])
            #expect(try await uidl(site).hasPrefix("+OK\r\n1 UID2-1795288292\r\n2 UID3-1795288292\r\n.\r\n"))
            #expect(try !text("\(maildir)/courierpop3dsizelist").contains("1795224813"))
            #expect(try text("\(maildir)/courierpop3dsizelist").hasPrefix("/3 4 1795288292\n"))
            #expect(FileManager.default.fileExists(atPath: "\(maildir)/dovecot-uidlist"))
        }
    }

    @Test func `of before its numbers has the ids that it had`() async throws {
        try await TestSite.serving(
            People.configuration(more: "pop3: {uidl_format: courier}"), files: People.files
        ) { site in
            try await site.swaks(to: "anna@example.org")
            let maildir = site.folder.path("mail/anna/Maildir")
            let name = try #require(site.new("anna/Maildir").first?.split(separator: "/").last).prefix { $0 != ":" }
            for (line, id) in [("12:0", "UID12"), ("0:0", String(name))] {
                try Data("/2 13 1795288292\n\(name) 17 \(line)\n".utf8).write(
                    to: URL(fileURLWithPath: "\(maildir)/courierpop3dsizelist"))
                chown("\(maildir)/courierpop3dsizelist", 20_001, 20_001)
                #expect(try await uidl(site).hasPrefix("+OK\r\n1 \(id)\r\n"))
            }
        }
    }
}
