import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `POP3 clients` {
    @Test func `poplib reads, deletes at QUIT alone, and finds one session at a time`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            for number in 1...3 {
                try await site.swaks(to: "anna@example.org", ["--header", "Subject: number \(number)"])
            }
            let output = try await PythonPOP3.run(
                site,
                """
                print('STLS' in pop.capa(), 'USER' in pop.capa())
                try:
                    pop.user('anna')
                except poplib.error_proto as error:
                    print(error)
                pop.stls(context)
                print(pop.capa()['SASL'], pop.capa()['EXPIRE'], pop.capa()['IMPLEMENTATION'])
                pop.utf8()
                try:
                    pop.user('anna'); pop.pass_('wrong')
                except poplib.error_proto as error:
                    print(error)
                pop.user('anna'); print(pop.pass_('secret'))
                print(pop.stat()[0], len(pop.uidl()[1]), len(pop.list()[1]))
                size = int(pop.list(2).split()[2])
                lines = pop.retr(2)[1]
                print(sum(len(line) + 2 for line in lines) == size, b'Subject: number 2' in lines)
                print(b'Subject: number 1' in pop.top(1, 0)[1])
                other = poplib.POP3_SSL('127.0.0.1', \(site.port(.pop3s)), context=context, timeout=120)
                try:
                    other.user('anna'); other.pass_('secret')
                except poplib.error_proto as error:
                    print(error)
                pop.dele(1)
                pop.close()
                for attempt in range(1000):
                    try:
                        other.user('anna'); other.pass_('secret')
                        break
                    except poplib.error_proto:
                        other.close()
                        other = poplib.POP3_SSL('127.0.0.1', \(site.port(.pop3s)), context=context, timeout=120)
                print(other.stat()[0])
                other.dele(1); other.dele(3)
                print(other.quit())
                last = poplib.POP3_SSL('127.0.0.1', \(site.port(.pop3s)), context=context, timeout=120)
                last.user('anna'); last.pass_('secret')
                print(last.stat()[0], b'Subject: number 2' in last.retr(1)[1])
                last.quit()
                """)
            #expect(
                output == """
                    True False
                    b'-ERR Logging in needs TLS.'
                    ['PLAIN', 'LOGIN'] ['NEVER'] ['Postroom']
                    b'-ERR [AUTH] Authentication failed.'
                    b'+OK Logged in.'
                    3 3 3
                    True True
                    True
                    b'-ERR [IN-USE] Another session has this mailbox.'
                    3
                    b'+OK Logging out, messages deleted.'
                    1 True

                    """, "\(output)")
        }
    }

    @Test func `curl lists and fetches over TLS and after STLS`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await site.swaks(to: "anna@example.org", ["--header", "Subject: for curl"])
            let urls = ["pop3s://127.0.0.1:\(site.port(.pop3s))/", "pop3://127.0.0.1:\(site.port(.pop3))/"]
            for url in urls {
                let command = ["/usr/bin/curl", "-sSk", "--ssl-reqd", "-u", "anna:secret", "-m", "120"]
                #expect(try await ChildProcess.run(command + [url], in: site.folder).hasPrefix("1 "))
                #expect(
                    try await ChildProcess.run(command + [url + "1"], in: site.folder).contains("Subject: for curl"))
                let sasl = ["--login-options", "AUTH=PLAIN", "--sasl-ir"]
                #expect(try await ChildProcess.run(command + sasl + [url], in: site.folder).hasPrefix("1 "))
            }
        }
    }

    @Test func `getmail fetches nothing twice, whichever server was asked first, and deletes`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            for _ in 0..<3 { try await site.swaks(to: "anna@example.org") }
            let folder = try site.folder.makeFolder("getmail")
            for part in ["", "/cur", "/new", "/tmp"] {
                mkdir("\(folder)/mail\(part)", 0o777)
                chmod("\(folder)/mail\(part)", 0o777)
            }
            chmod(folder, 0o777)
            func run(deletes: Bool) async throws -> Int {
                try site.folder.write(
                    """
                    [retriever]
                    type = SimplePOP3SSLRetriever
                    server = 127.0.0.1
                    port = \(site.port(.pop3s))
                    username = anna
                    password = secret
                    timeout = 120

                    [destination]
                    type = Maildir
                    path = \(folder)/mail/

                    [options]
                    read_all = false
                    delete = \(deletes)

                    """, to: "getmail/getmailrc")
                chmod("\(folder)/getmailrc", 0o644)
                _ = try await ChildProcess.run(
                    [
                        "/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                        "/usr/bin/getmail", "--getmaildir", folder,
                    ], in: site.folder, environment: ["HOME": folder, "USER": "nobody"])
                return try FileManager.default.contentsOfDirectory(atPath: "\(folder)/mail/new").count
            }
            #expect(try await run(deletes: false) == 3)
            #expect(try await run(deletes: false) == 3)
            try await site.swaks(to: "anna@example.org")
            #expect(try await run(deletes: true) == 4)
            let left = try await PythonPOP3.transcript(site, People.login, ["STAT", "QUIT"])
            #expect(String(decoding: left, as: UTF8.self).hasPrefix("+OK 0 0\r\n"))
        }
    }

    @Test func `fetchmail keeps to what it has seen, and flushes`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            for _ in 0..<3 { try await site.swaks(to: "anna@example.org") }
            let folder = try site.folder.makeFolder("fetchmail")
            chmod(folder, 0o777)
            func run(_ options: String...) async throws -> Int {
                try site.folder.write(
                    """
                    poll 127.0.0.1 protocol POP3 service \(site.port(.pop3s)) uidl timeout 120 username "anna" password "secret"
                      ssl no sslcertck mda "cat >> \(folder)/box"

                    """, to: "fetchmail/rc")
                chown("\(folder)/rc", 65_534, 65_534)
                chmod("\(folder)/rc", 0o600)
                let child = try await ChildProcess.start(
                    [
                        "/usr/bin/setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups",
                        "/usr/bin/fetchmail", "-f", "\(folder)/rc", "-i", "\(folder)/ids", "--pidfile",
                        "\(folder)/pid",
                    ] + options, outputFile: site.folder.path("fetchmail-output"),
                    environment: ["HOME": folder, "FETCHMAILHOME": folder, "USER": "nobody"])
                let exit = await child.waitForExit()
                // 1: there was no new mail.
                #expect(exit == .code(0) || exit == .code(1), "\(child.output)")
                let box = (try? String(contentsOfFile: "\(folder)/box", encoding: .utf8)) ?? ""
                return box.split(separator: "\n").filter {
                    $0.hasPrefix("Message-Id: ") || $0.hasPrefix("Message-ID: ")
                }.count
            }
            #expect(try await run("--keep") == 3)
            #expect(try await run("--keep") == 3)
            try await site.swaks(to: "anna@example.org")
            #expect(try await run("--keep") == 4)
            #expect(try await run("--fetchall", "--nokeep") == 8)
            let left = try await PythonPOP3.transcript(site, People.login, ["STAT", "QUIT"])
            #expect(String(decoding: left, as: UTF8.self).hasPrefix("+OK 0 0\r\n"))
        }
    }

    @Test func `poplib logs in by APOP where the password is stored as it is`() async throws {
        let plain = People.entry("dora").replacing(
            "{SSHA}1G904nLkTkGWjKNnQuB/hpWXC/hzYWx0c2FsdA==", with: "{CLEARTEXT}tanstaaf")
        let configuration = People.configuration().replacing(
            "accounts:\n", with: "accounts:\n  mechanisms: [PLAIN, APOP]\n  cache_time: 60s\n")
        try await TestSite.serving(configuration, files: ["people.ldif": People.ldif + plain]) { site in
            let output = try await PythonPOP3.run(
                site,
                """
                for login, password in [('dora', 'wrong'), ('anna', 'secret'), ('nobody', 'secret'), ('dora', 'tanstaaf')]:
                    try:
                        print(pop.apop(login, password))
                    except poplib.error_proto as error:
                        print(error)
                print(pop.quit())
                again = poplib.POP3('127.0.0.1', \(site.port(.pop3)), timeout=120)
                print(again.welcome != pop.welcome, again.apop('dora', 'tanstaaf'))
                again.quit()
                """)
            #expect(
                output == """
                    b'-ERR [AUTH] Authentication failed.'
                    b'-ERR [AUTH] Authentication failed.'
                    b'-ERR [AUTH] Authentication failed.'
                    b'+OK Logged in.'
                    b'+OK Logging out.'
                    True b'+OK Logged in.'

                    """, "\(output)")
        }
        // Without a database that holds passwords there is nothing to offer.
        let binding = configuration.replacing("check: hash", with: "check: search-then-bind")
        try await TestSite.serving(binding, files: People.files) { site in
            let greeting = try await TestConnection(port: site.port(.pop3)).line()
            #expect(!greeting.contains("@"))
        }
    }

    @Test func `what comes in the clear behind STLS is not taken as a command`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            let connection = try await TestConnection(port: site.port(.pop3))
            _ = try await connection.line()
            try await connection.send("STLS\r\nUSER anna\r\n")
            let answer = try await connection.rest()
            #expect(answer.contains("-ERR Commands came before the TLS handshake."), "\(answer)")
        }
    }
}
