import Accounts
import Directory
import Foundation
import MailModel
import NIOCore
import NIOPosix
import PostroomTesting
import Testing

/// The clients against the programs that they are for.
struct PasswordServiceTests {
    static let users = """
        anna@example.org:{PLAIN}anna's "pass\\word":::::
        bert@example.org:{PLAIN}bertpw:::::: user=robert
        dora@example.org:{PLAIN}pä ss\u{1}x::::::

        """

    private func question(
        _ login: String, _ password: String, realm: String = "", service: String = "smtp"
    ) -> PasswordQuestion {
        PasswordQuestion(
            login: Array(login.utf8), realm: Array(realm.utf8), password: Secret(password), service: service,
            remoteAddress: "192.0.2.7", localAddress: "192.0.2.1", isSecured: true)
    }

    private func outcome(_ service: some PasswordService, _ question: PasswordQuestion) async -> String {
        switch await service.check(question) {
        case .accepted(let user): "accepted \(user.map { String(decoding: $0, as: UTF8.self) } ?? "-")"
        case .rejected: "rejected"
        case .unavailable(let reason):
            // Whatever went wrong, the password is not in it.
            "unavailable" + (reason.text.contains("pw") ? " \(reason.text)" : "")
        }
    }

    @Test func `Dovecot's auth service, over its socket and over TCP`() async throws {
        try await DovecotServer.withServer(users: Self.users) { server in
            let byPort = try #require(
                ServiceAddress(smtpdSASLPath: "inet:127.0.0.1:\(server.authPort)", queueDirectory: "/"))
            let byPath = try #require(ServiceAddress(smtpdSASLPath: "client", queueDirectory: server.folder.path))
            for address in [byPort, byPath] {
                let client = DovecotAuthClient(address)
                let anna = "anna's \"pass\\word\""
                #expect(await outcome(client, question("anna@example.org", anna)) == "accepted anna@example.org")
                #expect(
                    await outcome(client, question("anna", anna, realm: "example.org")) == "accepted anna@example.org")
                #expect(await outcome(client, question("bert@example.org", "bertpw")) == "accepted robert")
                #expect(await outcome(client, question("bert@example.org", "wrongpw")) == "rejected")
                #expect(await outcome(client, question("nobody@example.org", "bertpw")) == "rejected")
                #expect(await outcome(client, question("bert@example.org", "")) == "rejected")
                #expect(await outcome(client, question("bert@example.org", "bertpw\0")) == "rejected")
                #expect(await outcome(client, question("bert@down.example", "bertpw")) == "unavailable")
            }
        }
    }

    @Test func `many questions at once over one connection each get their own answer`() async throws {
        try await DovecotServer.withServer(users: Self.users) { server in
            let client = DovecotAuthClient(.unix(server.socket), concurrent: 40)
            await withTaskGroup(of: (Bool, String).self) { group in
                for number in 0..<120 {
                    let isRight = number.isMultiple(of: 2)
                    group.addTask {
                        (
                            isRight,
                            await outcome(client, question("bert@example.org", isRight ? "bertpw" : "wrong\(number)"))
                        )
                    }
                }
                for await (isRight, outcome) in group {
                    #expect(outcome == (isRight ? "accepted robert" : "rejected"))
                }
            }
        }
    }

    @Test func `given a connection that was kept and ends, then the next question makes another`() async throws {
        try await DovecotServer.withServer(users: Self.users) { server in
            try await TCPFaultProxy.withProxy(to: server.authPort) { proxy in
                let client = DovecotAuthClient(.tcp(host: "127.0.0.1", port: proxy.port))
                let right = question("bert@example.org", "bertpw")
                #expect(await outcome(client, right) == "accepted robert")
                try await proxy.drop(reset: true)
                #expect(await outcome(client, right) == "accepted robert")
                try await proxy.set(.refuse)
                try await proxy.drop()
                #expect(await outcome(client, right) == "unavailable")
                try await proxy.set(.forward)
                #expect(await outcome(client, right) == "accepted robert")

                // A server that hangs costs one question its time, not those that come after.
                let impatient = DovecotAuthClient(
                    .tcp(host: "127.0.0.1", port: proxy.port), timeLimit: .milliseconds(300))
                try await proxy.set(.holdAnswers)
                #expect(await outcome(impatient, right) == "unavailable")
            }
        }
    }

    @Test func `an IMAP server is asked by LOGIN`() async throws {
        try await DovecotServer.withServer(users: Self.users) { server in
            let client = IMAPLoginClient(host: "127.0.0.1", port: server.imapPort)
            let anna = "anna's \"pass\\word\""
            #expect(await outcome(client, question("anna@example.org", anna)) == "accepted -")
            #expect(await outcome(client, question("anna", anna, realm: "example.org")) == "accepted -")
            #expect(await outcome(client, question("anna@example.org", "anna's")) == "rejected")
            #expect(await outcome(client, question("anna@example.org", "")) == "rejected")
            // Never sent: a line of its own would be a command.
            #expect(await outcome(client, question("anna@example.org", "x\r\na NOOP")) == "rejected")
            #expect(await outcome(client, question("bert@down.example", "bertpw")) == "unavailable")
            let withoutRealm = IMAPLoginClient(host: "127.0.0.1", port: server.imapPort, combinesRealm: false)
            #expect(
                await outcome(withoutRealm, question("anna@example.org", anna, realm: "other.example")) == "accepted -")
        }
    }

    @Test func `saslauthd answers as it was recorded`() async throws {
        let rows = Fixture.text("lookups/expected-lookups.tsv").split(separator: "\n")
            .map { $0.split(separator: "\t", omittingEmptySubsequences: false).map(String.init) }
            .filter { $0.count == 4 && $0[0] == "dms-ldap" && $0[1].hasPrefix("saslauthd:") }
        try #require(rows.count == 9)
        let filters = [
            "basic": "(&(mail=%U@example.org)(objectClass=inetOrgPerson))",
            "default": "(&(uniqueIdentifier=%u)(mailEnabled=TRUE))",
        ]
        try await Slapd.withServer(.dmsLDAP) { slapd in
            for (configuration, answers) in Dictionary(grouping: rows, by: { $0[1] }) {
                let words = configuration.dropFirst("saslauthd:".count).split(separator: " ").map(String.init)
                let filter = try #require(filters[words[0]])
                let folder = try TemporaryFolder("saslauthd")
                let file = try folder.write(
                    """
                    ldap_servers: \(slapd.url)
                    ldap_bind_dn: \(slapd.bindDN)
                    ldap_bind_pw: \(slapd.bindPassword)
                    ldap_search_base: dc=example,dc=org
                    ldap_filter: \(filter)

                    """, to: "saslauthd.conf")
                try await Saslauthd.withServer(["-a", "ldap", "-O", file] + words.dropFirst(), in: folder) { socket in
                    let client = SaslauthdClient(path: socket)
                    for row in answers {
                        let key = try JSONDecoder().decode([String].self, from: Data(row[2].utf8))
                        try #require(key.count == 3)
                        let outcome = await outcome(client, question(key[0], key[1], realm: key[2]))
                        #expect(outcome == (row[3] == "OK" ? "accepted -" : "rejected"), "\(row)")
                    }
                    #expect(await outcome(client, question("alice", "")) == "rejected")
                    #expect(await outcome(client, question("alice", String(repeating: "x", count: 1025))) == "rejected")
                }
            }
        }
    }

    @Test func `given saslauthd before an IMAP server that is down, then it is unavailable, never a no`() async throws {
        let folder = try TemporaryFolder("saslauthd")
        let port = try LoopbackPort.free()
        try await Saslauthd.withServer(["-a", "rimap", "-O", "127.0.0.1/\(port)"], in: folder) { socket in
            #expect(await outcome(SaslauthdClient(path: socket), question("alice", "alicepw1")) == "unavailable")
        }
    }

    @Test func `a service that isn't there, or never answers, is unavailable`() async throws {
        let folder = try TemporaryFolder("services")
        let closed = try LoopbackPort.free()
        let socket = folder.path("socket")
        // Takes connections, says nothing.
        let channels = [
            try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup).bind(host: "127.0.0.1", port: 0)
                .get(),
            try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
                .bind(unixDomainSocketPath: socket).get(),
        ]
        let silent = channels[0].localAddress?.port ?? 0
        let limit = Duration.milliseconds(300)
        let services: [any PasswordService] = [
            SaslauthdClient(path: folder.path("nothing")), SaslauthdClient(path: socket, timeLimit: limit),
            IMAPLoginClient(host: "127.0.0.1", port: closed),
            IMAPLoginClient(host: "127.0.0.1", port: silent, timeLimit: limit),
            DovecotAuthClient(.unix(folder.path("nothing"))), DovecotAuthClient(.unix(socket), timeLimit: limit),
            DovecotAuthClient(.tcp(host: "127.0.0.1", port: closed)),
        ]
        for service in services {
            #expect(await outcome(service, question("alice", "alicepw1")) == "unavailable", "\(service.name)")
            // More at once than are let in.
            await withTaskGroup(of: String.self) { group in
                for _ in 0..<100 { group.addTask { await outcome(service, question("alice", "alicepw1")) } }
                for await outcome in group { #expect(outcome == "unavailable") }
            }
            // A cancelled check is no answer either.
            let cancelled = await withTaskGroup(of: String.self) { group in
                group.addTask { await outcome(service, question("alice", "alicepw1")) }
                group.cancelAll()
                return await group.next()
            }
            #expect(cancelled == "unavailable")
        }
        for channel in channels { try await channel.close() }
    }
}
