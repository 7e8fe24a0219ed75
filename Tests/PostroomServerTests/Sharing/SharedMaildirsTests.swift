import Foundation
import PostroomTesting
import Testing

/// anna and ben are one user of the system, carla is another.
@Suite struct `What Courier's shared-maildirs names` {
    private func make(_ maildir: String, uid: UInt32, in site: TestSite) throws {
        for name in ["", "/cur", "/new", "/tmp"] {
            let path = try site.folder.makeFolder("mail/\(maildir)\(name)")
            #expect(chown(path, uid, uid) == 0)
        }
    }

    @Test func `is shown to the account whose file it is, as far as the folders are its own`() async throws {
        let configuration = People.configuration(more: "shared: {shared_maildirs: yes}")
        try await TestSite.serving(configuration, files: People.files) { site in
            let mail = site.folder.path("mail")
            for name in ["public", "public/.news", "public/.past.editions"] { try make(name, uid: 20001, in: site) }
            for name in ["carla", "carla/.secret"] { try make(name, uid: 20003, in: site) }
            let anna = try await IMAPDialogue(site, login: People.login)
            let ben = try await IMAPDialogue(site, login: ("ben", "secret"))
            _ = try await anna.ask("SELECT INBOX")
            let file = try site.folder.write(
                "News\t\(mail)/public\nNews\t\(mail)/carla\nCarla \(mail)/carla\nEtc\t/etc\nUp\t\(mail)/../mail\nNone\n",
                to: "mail/anna/Maildir/shared-maildirs")
            #expect(chown(file, 20001, 20001) == 0)
            // What was asked before counts for a moment.
            var listed: Set<String> = []
            for _ in 0..<100 where listed.isEmpty {
                listed = Set(
                    try await anna.ask("LIST \"\" shared.*").filter { !$0.contains("Noselect") && !$0.hasPrefix("t ") }
                        .compactMap { $0.split(separator: " ").last.map(String.init) })
                if listed.isEmpty { try await Task.sleep(for: .milliseconds(100)) }
            }
            #expect(listed == ["shared.News.news", "shared.News.past.editions"])
            #expect(try await anna.ask("APPEND shared.News.news {3+}\r\nA:b").last?.hasPrefix("t OK") == true)
            #expect(try await anna.ask("SELECT shared.News.news").contains("* 1 EXISTS"))
            #expect(try await anna.ask("SELECT shared.Carla.secret").last?.hasPrefix("t NO") == true)
            #expect(try await !ben.ask("LIST \"\" *").contains { $0.contains("News") })
        }
    }
}
