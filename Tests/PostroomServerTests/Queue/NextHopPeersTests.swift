import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// Postroom in front of the programs that sites have behind it.
@Suite struct NextHopPeersTests {
    private static func configuration(relay: String) -> String {
        People.configuration(aliases: "").replacing("alias: [example.net, example.com]", with: "relay: [far.example]")
            + """
            transports: {relay: \(relay)}
            outgoing: {minimal_backoff: 1s, maximal_backoff: 1s}

            """
    }

    private func contents(_ paths: [String]) throws -> [String] {
        try paths.map { try String(contentsOfFile: $0, encoding: .utf8) }
    }

    @Test func `Postfix takes whom it knows, and whom it refuses comes back to the sender`() async throws {
        let folder = try TemporaryFolder("next-postfix")
        chmod(folder.path, 0o755)
        let mail = try folder.makeFolder("far")
        chown(mail, 20_001, 20_001)
        try folder.makeFolder("postfix")
        try folder.write("x@far.example x/\n", to: "postfix/mailboxes")
        try folder.write(
            """
            compatibility_level = 3.6
            myhostname = far.example
            mydestination =
            alias_maps =
            mynetworks =
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            smtpd_recipient_restrictions = reject_unauth_destination
            virtual_mailbox_domains = far.example
            virtual_mailbox_base = \(mail)
            virtual_mailbox_maps = texthash:\(folder.path("postfix/mailboxes"))
            virtual_uid_maps = static:20001
            virtual_gid_maps = static:20001

            """, to: "postfix/main.cf")
        try await RunningPostfix.serving(folder.path("postfix"), in: folder) { postfix in
            let relay = "{smtp: \"[127.0.0.1]:\(postfix.port(.smtp))\"}"
            try await TestSite.serving(Self.configuration(relay: relay), files: People.files) { site in
                try await site.swaks(to: "x@far.example,nobody@far.example", from: "ben@example.org")
                try await eventually("the copy and the report are there", { postfix.folder.path }) {
                    let names = (try? FileManager.default.contentsOfDirectory(atPath: mail + "/x/new")) ?? []
                    return names.count == 1 && site.new("ben/Maildir").count == 1
                }
                let report = try #require(try contents(site.new("ben/Maildir")).first)
                #expect(report.contains("Final-Recipient: rfc822; nobody@far.example"))
                #expect(report.contains("Status: 5.1.1"))
                #expect(report.contains("Diagnostic-Code: smtp; 550"))
                #expect(!report.contains("Final-Recipient: rfc822; x@far.example"))
            }
        }
    }

    @Test func `Dovecot's LMTP answers for each recipient`() async throws {
        let folder = try TemporaryFolder("next-dovecot")
        chmod(folder.path, 0o755)
        let mail = try folder.makeFolder("far")
        chown(mail, 20_001, 20_001)
        try folder.write("x@far.example:{PLAIN}secret:20001:20001::\(mail)/x::\n", to: "users")
        let configuration = try folder.write(
            """
            base_dir = \(try folder.makeFolder("run"))
            log_path = \(folder.path("dovecot.log"))
            protocols = lmtp
            listen = 127.0.0.1
            ssl = no
            first_valid_uid = 1
            mail_location = maildir:~/Maildir
            passdb {
              driver = passwd-file
              args = \(folder.path("users"))
            }
            userdb {
              driver = passwd-file
              args = \(folder.path("users"))
            }
            service lmtp {
              unix_listener \(folder.path("lmtp")) {
                mode = 0666
              }
            }

            """, to: "dovecot.conf")
        let dovecot = try await ChildProcess.start(
            ["/usr/sbin/dovecot", "-F", "-c", configuration], outputFile: folder.path("dovecot.out"))
        try await eventually("Dovecot listens", { dovecot.output }) {
            LoopbackPort.isOpen(path: folder.path("lmtp"))
        }
        let relay = "{lmtp: \"unix:\(folder.path("lmtp"))\"}"
        try await TestSite.serving(Self.configuration(relay: relay), files: People.files) { site in
            try await site.swaks(to: "x@far.example,nobody@far.example", from: "ben@example.org")
            let log = { (try? String(contentsOfFile: folder.path("dovecot.log"), encoding: .utf8)) ?? "" }
            try await eventually("the copy and the report are there", log) {
                let names = (try? FileManager.default.contentsOfDirectory(atPath: mail + "/x/Maildir/new")) ?? []
                return names.count == 1 && site.new("ben/Maildir").count == 1
            }
            let report = try #require(try contents(site.new("ben/Maildir")).first)
            #expect(report.contains("Final-Recipient: rfc822; nobody@far.example"))
            #expect(report.contains("Status: 5.1.1"))
        }
        dovecot.signal(SIGTERM)
        _ = await dovecot.waitForExit()
    }

    @Test func `two servers that send mail to each other end it with a report`() async throws {
        let start = Self.configuration(relay: "{smtp: \"[127.0.0.1]:1\"}")
        try await TestSite.serving(start, files: People.files) { first in
            let back = Self.configuration(relay: "{smtp: \"[127.0.0.1]:\(first.port(.smtp))\"}")
            try await TestSite.serving(back, files: People.files) { second in
                let file = first.folder.path("postroom.yaml")
                let text = try String(contentsOfFile: file, encoding: .utf8)
                try text.replacing("[127.0.0.1]:1\"", with: "[127.0.0.1]:\(second.port(.smtp))\"")
                    .write(toFile: file, atomically: true, encoding: .utf8)
                #expect(await first.server.reload())
                try await first.swaks(to: "x@far.example", from: "ben@example.org")
                try await eventually("the sender is told") {
                    !(first.new("ben/Maildir") + second.new("ben/Maildir")).isEmpty
                }
                let report = try #require(
                    try contents(first.new("ben/Maildir") + second.new("ben/Maildir")).first)
                #expect(report.contains("Status: 5.4.6"))
                #expect((50...60).contains(report.ranges(of: "\nReceived: from ").count))
            }
        }
    }

    @Test func `what is for a mailbox that had it already is refused, as a loop`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let refused = try await site.swaksRefused(
                to: "anna@example.org", ["--add-header", "Delivered-To: Anna@Example.ORG"])
            #expect(refused.contains("554 5.4.6"))
            #expect(refused.contains("mail forwarding loop for anna@example.org"))
            try await site.swaks(to: "anna@example.org", ["--add-header", "Delivered-To: ben@example.org"])
            #expect(site.new("anna/Maildir").count == 1)
        }
    }

    // MARK: Full disks

    /// A file system of so many MiB at a path, until `body` ends. Needs root.
    private func withFileSystem<Value>(
        _ size: Int, at path: String, in folder: TemporaryFolder, _ body: () async throws -> Value
    ) async throws -> Value {
        try await ChildProcess.run(
            ["/usr/bin/mount", "-t", "tmpfs", "-o", "size=\(size)m,uid=65534,gid=65534", "tmpfs", path], in: folder)
        let result: Result<Value, any Error>
        do { result = .success(try await body()) } catch { result = .failure(error) }
        _ = try await ChildProcess.run(["/usr/bin/umount", "--lazy", path], in: folder)
        return try result.get()
    }

    /// Leaves `left` KiB free.
    private func fill(_ path: String, leaving left: UInt64) throws {
        let space = try #require(
            try FileManager.default.attributesOfFileSystem(forPath: path)[.systemFreeSize] as? NSNumber)
        let count = space.uint64Value - left << 10
        #expect(FileManager.default.createFile(atPath: path + "/filler", contents: Data(count: Int(count))))
    }

    @Test func `while the spool's disk is full no mail is taken, and then it is`() async throws {
        let outside = try TemporaryFolder("full")
        chmod(outside.path, 0o755)
        let spool = try outside.makeFolder("spool")
        try await withFileSystem(512, at: spool, in: outside) {
            let configuration =
                Self.configuration(relay: "{smtp: \"[127.0.0.1]:1\"}")
                .replacing("outgoing: {", with: "outgoing: {queue_directory: \(spool), ")
            let folder = try ServedSite.prepare(configuration, People.files)
            let site = try await ServedSite.start(in: folder)
            try await site.swaks(to: "x@far.example")
            try fill(spool, leaving: 1024)
            try await eventually("it is noticed", { site.log }) {
                try await site.swaksRefused(to: "x@far.example").contains("452 4.3.1")
            }
            #expect(unlink(spool + "/filler") == 0)
            try await eventually("it is noticed", { site.log }) {
                try await !site.swaksRefused(to: "x@far.example").contains("452 4.3.1")
            }
            site.process.signal(SIGTERM)
            #expect(await site.process.waitForExit() == .code(0), "\(site.log)")
        }
    }

    @Test func `while the mailboxes' disk is full their mail stays with its sender`() async throws {
        let folder = try ServedSite.prepare(People.configuration(), People.files)
        try await withFileSystem(16, at: folder.path("mail"), in: folder) {
            let site = try await ServedSite.start(in: folder)
            try await site.swaks(to: "anna@example.org")
            try fill(folder.path("mail"), leaving: 4)
            let body = String(repeating: String(repeating: "x", count: 70) + "\n", count: 2000)
            let message = try folder.write("Subject: large\n\n" + body, to: "large")
            let refused = try await site.swaksRefused(to: "anna@example.org", ["--data", "@" + message])
            #expect(refused.contains("452 4.3.1"))
            #expect(unlink(folder.path("mail/filler")) == 0)
            // The space of what was given up comes back when the last reference to it is gone: as a mail server would, again.
            try await eventually("it is taken") {
                try await site.swaksRefused(to: "anna@example.org", ["--data", "@" + message]).contains("250 2.0.0 Ok")
            }
            #expect(site.new("anna/Maildir").count == 2)
            site.process.signal(SIGTERM)
            #expect(await site.process.waitForExit() == .code(0), "\(site.log)")
        }
    }
}
