import Accounts
import Directory
import Passwords
import Testing

struct PasswdFileTests {
    private func file(_ text: String) -> PasswdFile { PasswdFile(contents: Array(text.utf8)) }

    private func lookup(_ outcome: Outcome<PasswdFile>, path: String = "/etc/users") throws -> PasswdFileLookup {
        PasswdFileLookup(
            path: try Template(path, for: .beforeLookup), checker: Site.checker(.plain), read: { _ in outcome })
    }

    private func accounts(_ text: String, location: String = "/etc/users") throws -> DirectoryAccounts {
        let lookup = try lookup(.found(file(text)), path: location)
        return DirectoryAccounts(
            AccountsOptions(
                passwordDatabases: [PasswordDatabase(method: .passwdFile(lookup))],
                userDatabases: [UserDatabase(method: .passwdFile(lookup))]))
    }

    @Test func `a line is eight fields, of which all but the name may be missing`() throws {
        let file = file(
            """
            bob:{PLAIN}pw:5000:5001:Bob:/home/bob:/bin/sh:userdb_mail=mbox:~/m nodelay userdb_a=b=c:d
            short
            empty:
            dos:x:1:2\r
            """)
        let bob = try #require(file[Array("bob".utf8)])
        #expect(bob.password == Array("{PLAIN}pw".utf8))
        #expect(bob.uid == Array("5000".utf8))
        #expect(bob.gid == Array("5001".utf8))
        #expect(bob.home == Array("/home/bob".utf8))
        #expect(bob.extraFields.map(\.name) == ["userdb_mail", "nodelay", "userdb_a"])
        #expect(bob.extraFields.map(\.value.text) == ["mbox:~/m", "", "b=c:d"])
        #expect(file[Array("short".utf8)]?.password == nil)
        #expect(file[Array("empty".utf8)]?.password == [])
        #expect(file[Array("dos".utf8)]?.gid == Array("2".utf8))
        #expect(file.users == ["bob", "short", "empty", "dos"].map { Array($0.utf8) })
        #expect(file.faults.isEmpty)
    }

    @Test func `comments, empty lines and lines without a name are no users`() {
        #expect(file("# bob:x\n\n:x:1:2\n\r\n#\n").users.isEmpty)
    }

    @Test func `the first of two lines for a user counts, and the second is reported by its line`() throws {
        let file = file("bob:{PLAIN}one\n\nbob:{PLAIN}two\n")
        #expect(file[Array("bob".utf8)]?.password == Array("{PLAIN}one".utf8))
        #expect(file.faults.map(\.line) == [3])
    }

    @Test func `a line with a template that can't be read, or that is too long, is left out and reported`() {
        let file = file("bob:x::::::userdb_home=%{nothing}\nann:" + String(repeating: "x", count: 9000) + "\ncarl:x\n")
        #expect(file.users == [Array("carl".utf8)])
        #expect(file.faults.map(\.line) == [1, 2])
        #expect(!file.faults.contains { $0.reason.contains("xxx") })
    }

    @Test(arguments: [
        ("old:x:1:2::/h:::maildir:/m/%u", "userdb_mail", "maildir:/m/%u"),
        ("new:x:1:2::/h::userdb_mail=maildir:/m", "userdb_mail", "maildir:/m"),
    ])
    func `the mail location of the old form is a field as of the new`(line: String, name: String, value: String) throws
    {
        let file = file(line)
        let entry = try #require(file.users.first.flatMap { file[$0] })
        #expect(entry.extraFields.map(\.name) == [name])
        #expect(entry.extraFields.map(\.value.text) == [value])
    }

    @Test(arguments: [
        ("x[13]", "{CRYPT}x"), ("x[34]", "{PLAIN-MD5}x"), ("{PLAIN}x[34]", "{PLAIN}x[34]"), ("x[34", "x[34"),
        ("x]", "x]"),
    ])
    func `the forms of libpam-pwdfile name a scheme`(written: String, stored: String) {
        #expect(file("bob:\(written)")[Array("bob".utf8)]?.password == Array(stored.utf8))
    }

    @Test func `a file says the user's account, its extra fields after the columns`() async throws {
        let accounts = try accounts(
            "bob:{PLAIN}pw:5000:5001::/home/bob::userdb_home=/h/%Un userdb_quota_rule=*:storage=1M allow_nets=::1\n")
        let fields = try #require(await accounts.fields(for: Array("bob".utf8), service: "lmtp").outcome.found)
        #expect("\(fields)" == "uid=5000 gid=5001 home=/h/BOB quota_rule=*:storage=1M")
        #expect(await accounts.fields(for: Array("ann".utf8), service: "lmtp").outcome.isAbsent)
    }

    @Test func `nobody logs in by a line without a password, unless nopassword is set`() async throws {
        let accounts = try accounts("bob\nann:\ncarl:::::::nopassword\ndora:{PLAIN}x::::::nopassword=y\n")
        for (login, password, isAccepted) in [
            ("bob", "x", false), ("ann", "x", false), ("carl", "anything", true), ("dora", "x", true),
            ("dora", "y", false),
        ] {
            let verdict = await accounts.verdict(LoginRequest(login, password)).verdict
            #expect(verdict == (isAccepted ? .accepted : .rejected), "\(login) \(password)")
        }
    }

    @Test func `a file that can't be read is no "no"`() async throws {
        for outcome in [
            Outcome<PasswdFile>.unavailable(MemoryDirectory.down),
            // One file for all that is not there is a fault of the configuration.
            .absent,
        ] {
            let accounts = DirectoryAccounts(
                AccountsOptions(
                    passwordDatabases: [PasswordDatabase(method: .passwdFile(try lookup(outcome)))], userDatabases: []))
            let verdict = await accounts.verdict(LoginRequest("bob", "x")).verdict
            guard case .unavailable = verdict else {
                Issue.record("\(verdict)")
                continue
            }
        }
    }

    @Test func `a file of each domain that is not there knows nobody, and no login leaves its folder`() async throws {
        let lookup = PasswdFileLookup(
            path: try Template("/etc/%d/users", for: .beforeLookup), checker: Site.checker(.plain),
            read: { path in
                #expect(!String(decoding: path, as: UTF8.self).contains("/../"))
                return path == Array("/etc/a_b/users".utf8)
                    ? .found(PasswdFile(contents: Array("x@a/b:pw".utf8))) : .absent
            })
        let accounts = DirectoryAccounts(
            AccountsOptions(
                loginNames: LoginNameRules(characters: .only(Set(0x01...0xFF))),
                passwordDatabases: [PasswordDatabase(method: .passwdFile(lookup))], userDatabases: []))
        #expect(await accounts.verdict(LoginRequest("bob@none.example", "pw")).verdict == .rejected)
        #expect(await accounts.verdict(LoginRequest("bob@..", "pw")).verdict == .rejected)
        #expect(await accounts.verdict(LoginRequest("x@a/b", "pw")).verdict == .accepted)
    }

    @Test func `the users of one file are listed, those of many files can't be`() async throws {
        let one = try accounts("bob:x\nann:y\n")
        #expect(await one.users().outcome.found == [Array("bob".utf8), Array("ann".utf8)])
        let many = try accounts("bob:x\n", location: "/etc/%d")
        #expect(await many.users().outcome.unavailable != nil)
    }
}
