import Foundation
import MailModel
import PostroomTesting
import Testing

@testable import MailStore

/// Postfix's virtual(8) delivers into a file that is ours, too.
struct MboxPostfixTests {
    private let mboxes: TestMboxes

    init() throws {
        mboxes = try TestMboxes()
    }

    @Test func `deliveries by Postfix, by us and changes by a session at once lose nothing`() async throws {
        let folder = try TemporaryFolder("mbox-postfix")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let store = try mboxes.store()
        try await store.append("Subject: first\r\n\r\n")
        let inbox = try await store.open()
        let main = """
            compatibility_level = 3.6
            myhostname = mail.example.org
            inet_interfaces = loopback-only
            mydestination =
            mynetworks = 127.0.0.0/8
            smtpd_recipient_restrictions = permit_mynetworks, reject
            virtual_mailbox_domains = example.org
            virtual_mailbox_base = \(mboxes.root["mail/spool"])
            virtual_mailbox_maps = static:anna
            virtual_uid_maps = static:20001
            virtual_gid_maps = static:20001
            """
        try await PrivatePostfix.running(main: main, in: folder) { port in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    try await ChildProcess.run(
                        [
                            "/usr/sbin/smtp-source", "-m", "20", "-s", "4", "-f", "bob@example.net", "-t",
                            "anna@example.org", "127.0.0.1:\(port)",
                        ], in: folder)
                }
                tasks.addTask {
                    let stores = try mboxes.stores()
                    for number in 0..<20 {
                        #expect(try await mboxes.deliver("Subject: ours \(number)\r\n\r\nours\r\n", stores).isDelivered)
                    }
                }
                tasks.addTask {
                    for round in 0..<10 {
                        let uids = try await inbox.refresh().uids
                        let change = FlagChange(.add, flags: .seen, keywords: ["round\(round)"])
                        _ = try await inbox.store(uids, change)
                    }
                }
                try await tasks.waitForAll()
            }
            // What Postfix has accepted it delivers.
            let deadline = ContinuousClock.now + .seconds(120)
            while try await inbox.refresh().count < 41, ContinuousClock.now < deadline {
                try await Task.sleep(for: .milliseconds(50))
            }
        }
        let view = try await mboxes.store().open().view
        #expect(view.count == 41)
        #expect(view.uids == Array(1...41))
        var subjects: [String] = []
        for uid in view.uids {
            if let subject = try await inbox.subject(of: uid) { subjects.append(subject) }
        }
        #expect(Set(subjects).isSuperset(of: (0..<20).map { "ours \($0)" }))
        let texts = try await inbox.texts()
        #expect(texts.values.count { $0.contains("for <anna@example.org>") } == 20)
        #expect(!mboxes.root.names("mail/spool").contains("anna.lock"))
    }
}
