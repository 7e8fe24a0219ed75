import Foundation
import MailModel
import MailStore
import PostroomTesting
import Testing

/// The rights that a running Dovecot finds in files that we wrote, and those that we find in files that it wrote.
@Suite struct `Rights beside Dovecot` {
    private static func lay(_ path: String, _ contents: [UInt8]?) throws {
        for part in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(atPath: "\(path)/\(part)", withIntermediateDirectories: true)
        }
        if let contents { try Data(contents).write(to: URL(fileURLWithPath: "\(path)/dovecot-acl")) }
    }

    /// Dovecot's IMAP process, logged in as `login` of the groups sales and ops, over a pipe.
    private static func dovecot(_ commands: [String], _ folder: TemporaryFolder, _ home: String) async throws -> String
    {
        chmod(folder.path, 0o755)
        let run = try folder.makeFolder("run")
        chmod(run, 0o777)
        let publicMail = "\(home)/public"
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
              location = maildir:\(publicMail)
              subscriptions = no
            }
            plugin {
              acl = vfile
              acl_groups = sales,ops
              acl_anyone = allow
            }

            """, to: "dovecot.conf")
        let paths = (FileManager.default.enumerator(atPath: home)?.allObjects as? [String]) ?? []
        for path in [""] + paths { chown("\(home)/\(path)", 20001, 20001) }
        let script = commands.enumerated().map { "t\($0.offset) \($0.element)\r\n" }.joined() + "x LOGOUT\r\n"
        let input = try folder.write(script, to: "commands")
        return try await ChildProcess.run(
            [
                "/bin/sh", "-c", "cat \"$0\" | \"$@\"", input, "/usr/bin/setpriv", "--reuid", "20001", "--regid",
                "20001", "--clear-groups", "/usr/lib/dovecot/imap", "-c", configuration,
            ], in: folder, environment: ["USER": "ben", "HOME": home, "TZ": "UTC"])
    }

    /// Mailbox → rights of RFC 4314, without RFC 2086's `c` and `d`, which stand for others; absent for one that is said not
    /// to exist.
    private static func rights(_ output: String) -> [String: MailboxRights] {
        var found: [String: MailboxRights] = [:]
        for match in output.matches(of: /\* MYRIGHTS "?([^" ]+)"? "?([a-z]*)"?/) {
            found[String(match.1)] = MailboxRights(String(match.2.filter { !"cd".contains($0) }))
        }
        return found
    }

    private static let identifiers = [
        "anyone", "anonymous", "authenticated", "owner", "user=ben", "user=eve", "\"user=anna b\"", "group=sales",
        "group=ops", "group=zoo", "group-override=sales", "group-override=ops",
    ]

    /// Lines as somebody may write them: the same identifier several times, given and taken, rights by name.
    private static func random(_ generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            var identifier = identifiers.randomElement(using: &generator) ?? "anyone"
            if Bool.random(using: &generator), Bool.random(using: &generator) {
                identifier = identifier.hasPrefix("\"") ? "\"-" + identifier.dropFirst() : "-" + identifier
            }
            let rights = MailboxRights(rawValue: UInt16.random(in: 0..<(1 << 11), using: &generator))
            let named = Int.random(in: 0..<5, using: &generator) == 0 ? ":write-seen, lookup other" : ""
            text += "\(identifier) \(rights)\(named)\n"
        }
        return text
    }

    @Test(arguments: [2026, 4314, 1, 77, 19488] as [UInt64])
    func `are the same in random files, for the owner and for others`(_ seed: UInt64) async throws {
        let folder = try TemporaryFolder("acl")
        let home = try folder.makeFolder("home")
        var generator = SeededGenerator(seed: seed)
        // What holds for mailboxes of the public namespace that say nothing of a login.
        let standard = "anyone lrs\n-user=ben s\n"
        try Self.lay("\(home)/Maildir", nil)
        try Self.lay("\(home)/public", Array(standard.utf8))
        var files: [String: (text: String, isOwner: Bool)] = [:]
        for index in 0..<80 {
            let text = Self.random(&generator)
            try Self.lay("\(home)/Maildir/.own\(index)", Array(text.utf8))
            try Self.lay("\(home)/public/.all\(index)", Array(text.utf8))
            files["own\(index)"] = (text, true)
            files["Public/all\(index)"] = (text, false)
        }
        let output = try await Self.dovecot(files.keys.sorted().map { "MYRIGHTS \($0)" }, folder, home)
        let theirs = Self.rights(output)
        try #require(theirs.count > 40, "\(output.prefix(2000))")
        let stranger = Accessor(login: "ben", groups: ["sales", "ops"], isOwner: false)
        let unmatched = try DovecotACLFile.parse(Array(standard.utf8)).rights(of: stranger, standard: [])
        #expect(unmatched == [.lookup, .read])
        for (name, (text, isOwner)) in files {
            let list = try DovecotACLFile.parse(Array(text.utf8))
            let ours = list.rights(
                of: isOwner ? Accessor(login: "ben", groups: ["sales", "ops"], isOwner: true) : stranger,
                standard: [], unmatched: unmatched)
            // Dovecot says that there is no mailbox to which nobody has a right but `p`, or, to some, that they have none.
            func shown(_ rights: MailboxRights?) -> MailboxRights? {
                rights.flatMap { $0.isSubset(of: [.post]) ? nil : $0 }
            }
            #expect(shown(theirs[name]) == shown(ours), "\(seed) \(name): \(text)")
        }
    }

    @Test func `that Dovecot writes are read`() async throws {
        let folder = try TemporaryFolder("acl")
        let home = try folder.makeFolder("home")
        try Self.lay("\(home)/Maildir", nil)
        try Self.lay("\(home)/Maildir/.Work", nil)
        let output = try await Self.dovecot(
            [
                "SETACL Work carla lrsw", "SETACL Work $sales lr", "SETACL Work -anyone i", "SETACL Work \"dan b\" kx",
                "GETACL Work",
            ], folder, home)
        let file = FileManager.default.contents(atPath: "\(home)/Maildir/.Work/dovecot-acl")
        let list = try DovecotACLFile.parse(Array(try #require(file, "\(output)")))
        #expect(list.entry(of: .user("carla"))?.rights == MailboxRights("lrsw"))
        #expect(list.entry(of: .group("sales"))?.rights == MailboxRights("lr"))
        #expect(list.entry(of: .anyone)?.negativeRights == MailboxRights("i"))
        #expect(list.entry(of: .user("dan b"))?.rights == MailboxRights("kx"))
        // What we write of it is what Dovecot tells.
        let told = output.components(separatedBy: "* ACL Work ").last ?? ""
        #expect(told.contains("$sales lr") && told.contains("-anyone i") && told.contains("ben lrwstipekxacd"))
    }
}
