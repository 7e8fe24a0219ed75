import Foundation
import PostroomTesting

/// The report that a running Postfix makes of a message that it can't deliver. Needs root, as Postfix does.
enum PostfixBounce {
    /// From alice@sender.example, with ENVID=QQ314159, to bob@here.example, whose alias leads to an address that is refused.
    static func make() async throws -> [UInt8] {
        let folder = try TemporaryFolder("bounce")
        try folder.makeFolder("mail")
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        chown(folder.path("mail"), 5000, 5000)
        let inbox = folder.path("mail/alice/new")
        let report = try await PrivatePostfix.running(main: main(folder), in: folder) { port in
            try await ChildProcess.run(["/usr/bin/python3", "-c", client, String(port), inbox], in: folder)
            let names = try FileManager.default.contentsOfDirectory(atPath: inbox)
            return Array(names.first.flatMap { FileManager.default.contents(atPath: "\(inbox)/\($0)") } ?? Data())
        }
        // A Maildir has bare line feeds.
        return report.flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    }

    private static let client = """
        import os, smtplib, sys, time
        deadline = time.monotonic() + 60
        server = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))
        server.ehlo('client.example')
        assert server.mail('alice@sender.example', ['ENVID=QQ314159'])[0] == 250
        assert server.rcpt('bob@here.example')[0] == 250
        server.data('From: alice@sender.example\\r\\nTo: bob@here.example\\r\\nSubject: Lunch\\r\\n\\r\\nAt one?\\r\\n')
        server.quit()
        while not (os.path.isdir(sys.argv[2]) and os.listdir(sys.argv[2])):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        """

    private static func main(_ folder: TemporaryFolder) -> String {
        """
        compatibility_level = 3.6
        myhostname = mail.here.example
        mydestination =
        mynetworks = 127.0.0.0/8
        inet_interfaces = 127.0.0.1
        alias_maps =
        virtual_mailbox_domains = sender.example
        virtual_mailbox_base = \(folder.path("mail"))
        virtual_mailbox_maps = static:alice/
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000
        virtual_alias_maps = inline:{bob@here.example=bob@elsewhere.example}
        default_transport = error:5.1.1 No such user here

        """
    }
}
