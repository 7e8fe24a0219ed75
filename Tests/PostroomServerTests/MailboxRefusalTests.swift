import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `A mailbox that can't take mail` {
    @Test func `a full disk is 452 4.3.1, and the message is delivered when there is room`() async throws {
        let people = People.ldif + People.entry("dora", home: "%ROOT%/disk/dora")
        try await TestSite.serving(People.configuration(), files: ["people.ldif": people]) { site in
            let disk = try site.folder.makeFolder("mail/disk")
            try #require(
                mount("tmpfs", disk, "tmpfs", 0, "size=256k,mode=0755,uid=20001,gid=20001") == 0,
                "this test needs root (it mounts a tmpfs)")
            defer { umount2(disk, Int32(MNT_DETACH)) }
            try await site.swaks(to: "dora@example.org")
            let filler = "\(disk)/filler"
            #expect(FileManager.default.createFile(atPath: filler, contents: nil))
            let handle = try #require(FileHandle(forWritingAtPath: filler))
            while (try? handle.write(contentsOf: Data(count: 4096))) != nil {}
            try handle.close()
            let refused = try await site.swaksRefused(to: "dora@example.org")
            #expect(refused.contains("452 4.3.1 "), "\(refused)")
            #expect(site.new("disk/dora/Maildir").count == 1)
            #expect(try FileManager.default.contentsOfDirectory(atPath: "\(disk)/dora/Maildir/tmp").isEmpty)
            try FileManager.default.removeItem(atPath: filler)
            try await eventually("there is room again") {
                try await site.swaksRefused(to: "dora@example.org").contains("250 2.0.0 ")
            }
            #expect(site.new("disk/dora/Maildir").count == 2)
        }
    }

    @Test func `what the directory says wrongly of a mailbox is 451 4.3.5, is logged, and nothing is written`()
        async throws
    {
        // The user, what is wrong, and what the log says of it.
        let faulty: [(entry: String, login: String, log: String)] = [
            (People.entry("root", uidNumber: "0"), "root", "uid 0"),
            (People.entry("minus", uidNumber: "-1"), "minus", "-1"),
            (People.entry("daemon", uidNumber: "2"), "daemon", "uid 2"),
            (People.entry("huge", uidNumber: "4294967296"), "huge", "4294967296"),
            (People.entry("nobody", uidNumber: "4294967295"), "nobody", "4294967295"),
            (People.entry("junk", uidNumber: "20001x"), "junk", "20001x"),
            (People.entry("wheel", gidNumber: "0"), "wheel", "gid 0"),
            (People.entry("dots", home: "%ROOT%/../outside/dots"), "dots", ".."),
            (People.entry("elsewhere", home: "/tmp/outside-of-all-roots"), "elsewhere", "outside-of-all-roots"),
            (People.entry("relative", home: "mail/relative"), "relative", "relative"),
            (People.entry("locked"), "locked", "locked"),
            (People.entry("linked"), "linked", "linked"),
        ]
        let people = People.ldif + faulty.map(\.entry).joined()
        try await ServedSite.serving(People.configuration(), files: ["people.ldif": people]) { site in
            let outside = try site.folder.makeFolder("outside")
            chmod(outside, 0o777)
            // Another user's folder, and a link out of the root.
            chmod(try site.folder.makeFolder("mail/locked"), 0o700)
            chown(site.folder.path("mail/locked"), 20009, 20009)
            #expect(symlink(outside, site.folder.path("mail/linked")) == 0)
            lchown(site.folder.path("mail/linked"), 20001, 20001)
            for fault in faulty {
                let dialogue = try await SMTPDialogue(site)
                var reply = try await dialogue.envelope(to: ["\(fault.login)@example.org"])
                if reply.hasPrefix("250") { reply = try await dialogue.data("Subject: x\r\n") }
                #expect(reply.hasPrefix("451 4.3.5 "), "\(fault.login): \(reply)")
                #expect(!reply.contains("/"), "a client learns nothing of our paths")
                let lines = site.log.split(separator: "\n").filter { $0.contains("\(fault.login)@example.org") }
                #expect(lines.contains { $0.contains(fault.log) }, "\(fault.login): \(lines)")
                try await dialogue.connection.close()
            }
            let mail = try FileManager.default.contentsOfDirectory(atPath: site.folder.path("mail"))
            #expect(Set(mail) == ["locked", "linked"])
            #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
            #expect(!FileManager.default.fileExists(atPath: "/tmp/outside-of-all-roots"))
            #expect(try FileManager.default.contentsOfDirectory(atPath: site.folder.path("mail/locked")).isEmpty)
        }
    }

    @Test func `a path without a slash at its end means an mbox`() async throws {
        let mailboxes =
            "mailboxes: {paths: [{inline: {anna@example.org: anna/mbox, ben@example.org: ben/Maildir/}}], "
            + "uids: [\"static:20001\"], gids: [\"static:20001\"], base: \"%ROOT%\"}"
        try await ServedSite.serving(People.configuration(more: mailboxes), files: People.files) { site in
            let dialogue = try await SMTPDialogue(site)
            _ = try await dialogue.envelope(to: ["anna@example.org", "ben@example.org"])
            #expect(try await dialogue.data("Subject: x\r\n").hasPrefix("250 2.0.0 "))
            let mbox = try String(contentsOfFile: site.folder.path("mail/anna/mbox"), encoding: .utf8)
            #expect(mbox.hasPrefix("From ") && mbox.contains("\nSubject: x\n"), "\(mbox)")
            #expect(site.new("ben/Maildir").count == 1)
        }
    }
}
