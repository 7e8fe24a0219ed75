import Foundation
import PostroomTesting

/// The report that a running Postfix makes of a message that it can't deliver. Needs root, as Postfix does.
enum PostfixBounce {
    /// From alice@sender.example, with ENVID=QQ314159, to bob@here.example, whose alias leads to an address that is refused.
    static func make() async throws -> [UInt8] {
        let folder = try TemporaryFolder("bounce")
        for name in ["running", "spool", "data", "mail"] { try folder.makeFolder(name) }
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.path)
        let owner = try await ChildProcess.run(["/usr/bin/id", "-u", "postfix"], in: folder)
        if let uid = uid_t(owner.trimmingCharacters(in: .whitespacesAndNewlines)) {
            chown(folder.path("data"), uid, uid)
        }
        chown(folder.path("mail"), 5000, 5000)
        let port = try LoopbackPort.free()
        try folder.write(main(folder), to: "running/main.cf")
        try folder.write(master(port), to: "running/master.cf")
        let command = ["/usr/sbin/postfix", "-c", folder.path("running")]
        try await ChildProcess.run(command + ["start"], in: folder)
        let result: Result<[UInt8], any Error>
        do {
            try await ChildProcess.run(
                ["/usr/bin/python3", "-c", client, String(port), folder.path("mail/alice/new")], in: folder)
            let inbox = folder.path("mail/alice/new")
            let names = try FileManager.default.contentsOfDirectory(atPath: inbox)
            let file = names.first.flatMap { FileManager.default.contents(atPath: "\(inbox)/\($0)") }
            result = .success(Array(file ?? Data()))
        } catch {
            result = .failure(error)
        }
        try await ChildProcess.run(command + ["stop"], in: folder)
        // A Maildir has bare line feeds.
        return try result.get().flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] }
    }

    private static let client = """
        import os, smtplib, sys, time
        deadline = time.monotonic() + 60
        while True:
            try:
                server = smtplib.SMTP('127.0.0.1', int(sys.argv[1]))
                break
            except OSError:
                if time.monotonic() > deadline: raise
                time.sleep(0.05)
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
        queue_directory = \(folder.path("spool"))
        data_directory = \(folder.path("data"))
        maillog_file = \(folder.path("maillog"))
        maillog_file_prefixes = /tmp
        alias_database =
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

    private static func master(_ port: Int) -> String {
        """
        127.0.0.1:\(port) inet n - n - - smtpd
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        anvil unix - - n - 1 anvil
        error unix - - n - - error
        retry unix - - n - - error
        virtual unix - n n - - virtual
        postlog unix-dgram n - n - 1 postlogd

        """
    }
}
