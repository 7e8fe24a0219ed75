import Foundation
import MailModel
import PostroomTesting
import Testing

/// What may be done to mailboxes that everybody sees: by our IMAP and by a running Dovecot, on the same Maildir and with the
/// same ACLs, those of the site included. What lies on disk afterwards is compared.
@Suite struct `What an ACL permits` {
    private static let count = 30

    private struct Tree {
        var lists: [String] = []
        var standard = "anyone lrk\n"
        var site = "Public/op1* -user=ben i\nPublic/*/child anyone lr\n"

        init(_ generator: inout SeededGenerator) {
            for _ in 0..<count {
                var text = ""
                for _ in 0..<Int.random(in: 0...3, using: &generator) {
                    let who = ["anyone", "authenticated", "owner", "user=ben", "user=eve", "-anyone", "-user=ben"]
                    // Most can be looked up and read, or there would be little to try.
                    let rights = MailboxRights(rawValue: UInt16.random(in: 0..<(1 << 11), using: &generator))
                        .union(Int.random(in: 0..<5, using: &generator) == 0 ? [] : [.lookup, .read])
                    let identifier = who.randomElement(using: &generator) ?? "anyone"
                    text += "\(identifier) \(identifier.hasPrefix("-") ? rights.subtracting([.read]) : rights)\n"
                }
                lists.append(text)
            }
        }

        func lay(_ path: String) throws {
            func folder(_ name: String, _ list: String?, message: String? = nil) throws {
                for part in ["cur", "new", "tmp"] {
                    try FileManager.default.createDirectory(
                        atPath: "\(path)\(name)/\(part)", withIntermediateDirectories: true)
                }
                if let list { try Data(list.utf8).write(to: URL(fileURLWithPath: "\(path)\(name)/dovecot-acl")) }
                if let message {
                    try Data("Subject: one\n\nbody\n".utf8).write(
                        to: URL(fileURLWithPath: "\(path)\(name)/cur/1000000000.M1P1.host,S=19,W=22:2,\(message)"))
                }
            }
            try folder("", standard)
            for (index, list) in lists.enumerated() {
                // An empty file is none.
                let list = list.isEmpty ? nil : list
                try folder("/.op\(index)", list, message: "")
                try folder("/.ex\(index)", list, message: "T")
                try folder("/.del\(index)", list)
            }
            let paths = (FileManager.default.enumerator(atPath: path)?.allObjects as? [String]) ?? []
            for name in [""] + paths { chown("\(path)/\(name)", 20001, 20001) }
        }

        static var commands: [String] {
            (0..<count).flatMap { index in
                [
                    "SELECT Public/op\(index)", "STORE 1 +FLAGS.SILENT (\\Seen)", "STORE 1 +FLAGS.SILENT (\\Flagged)",
                    "STORE 1 +FLAGS.SILENT (\\Deleted)", "NOOP", "UNSELECT", "NOOP",
                    "SELECT Public/ex\(index)", "EXPUNGE", "UNSELECT",
                    "APPEND Public/op\(index) (\\Seen \\Flagged \\Deleted) {24+}\r\nSubject: two\r\n\r\nmore\r\n\r\n",
                    "CREATE Public/op\(index)/child", "DELETE Public/del\(index)",
                ]
            }
        }
    }

    /// Folder → the flags of its messages, in order.
    private static func found(_ path: String) throws -> [String: [String]] {
        var found: [String: [String]] = [:]
        for folder in try FileManager.default.contentsOfDirectory(atPath: path) {
            guard folder.hasPrefix("."), folder != ".", !folder.contains("DOVECOT-TRASHED") else { continue }
            let files = ["cur", "new"].flatMap {
                (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(folder)/\($0)")) ?? []
            }
            found[folder] = files.map { $0.components(separatedBy: ":2,").dropFirst().first ?? "" }.sorted()
        }
        return found
    }

    private static func dovecot(_ tree: Tree, _ folder: TemporaryFolder) async throws -> [String: [String]] {
        chmod(folder.path, 0o755)
        let home = try folder.makeFolder("home")
        try tree.lay("\(home)/public")
        chown(home, 20001, 20001)
        let run = try folder.makeFolder("run")
        chmod(run, 0o777)
        let site = try folder.write(tree.site, to: "site-acls")
        let configuration = try folder.write(
            """
            base_dir = \(run)
            log_path = /dev/stderr
            stats_writer_socket_path =
            mail_location = maildir:~/Maildir
            first_valid_uid = 1
            ssl = no
            mail_plugins = acl
            protocol imap {
              mail_plugins = acl imap_acl
            }
            namespace inbox {
              inbox = yes
              separator = /
            }
            namespace common {
              type = public
              separator = /
              prefix = Public/
              location = maildir:\(home)/public
              subscriptions = no
            }
            plugin {
              acl = vfile:\(site)
            }

            """, to: "dovecot.conf")
        let script = Tree.commands.enumerated().map { "t\($0.offset) \($0.element)\r\n" }.joined() + "x LOGOUT\r\n"
        let input = try folder.write(script, to: "commands")
        _ = try await ChildProcess.run(
            [
                "/bin/sh", "-c", "cat \"$0\" | \"$@\"", input, "/usr/bin/setpriv", "--reuid", "20001", "--regid",
                "20001", "--clear-groups", "/usr/lib/dovecot/imap", "-c", configuration,
            ], in: folder, environment: ["USER": "ben", "HOME": home, "TZ": "UTC"])
        return try found("\(home)/public")
    }

    private static let configuration = People.configuration()
        .replacing(
            "  mail_location:",
            with: """
                  acl: {site_lists: "%FOLDER%/site-acls"}
                  namespaces:
                    inbox: {inbox: yes, separator: /}
                    common: {kind: public, prefix: Public/, separator: /, mail_location: "maildir:%ROOT%/public"}
                  mail_location:
                """
        )
        .replacing(
            "store: {roots: [\"%ROOT%\"]}", with: "store: {roots: [\"%ROOT%\"], owner: \"20001:20001\"}")

    @Test(arguments: [4314] as [UInt64])
    func `is what Dovecot permits`(_ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let tree = Tree(&generator)
        let theirs = try await Self.dovecot(tree, try TemporaryFolder("acl"))
        var files = People.files
        files["site-acls"] = tree.site
        try await TestSite.serving(Self.configuration, files: files) { site in
            let path = site.folder.path("mail/public")
            try tree.lay(path)
            let ben = try await IMAPDialogue(site, login: ("ben", "secret"))
            for command in Tree.commands { _ = try await ben.ask(command) }
            let ours = try Self.found(path)
            for folder in Set(ours.keys).union(theirs.keys).sorted() {
                let number = Int(folder.filter(\.isNumber))
                let list = number.flatMap { tree.lists.indices.contains($0) ? tree.lists[$0] : nil } ?? ""
                #expect(ours[folder] == theirs[folder], "\(seed) \(folder): \(list)")
            }
            // That something was done, and something was not.
            let letters = Set(ours.values.flatMap { $0 })
            #expect(letters.count > 4 && ours.count < 4 * Self.count)
        }
    }
}
