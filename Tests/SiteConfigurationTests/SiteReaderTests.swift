import Directory
import MailModel
import Testing

@testable import SiteConfiguration

private let minimal = """
    hostname: mx0.example.com
    postmaster: mail000@mx0.example.com
    directory:
      ldif: people.ldif
      base: dc=example,dc=com
    domains:
      mailbox: [mx0.example.com]
    senders:
      check_login: no
    store:
      roots: [/home/mail]
    """

private func read(
    _ text: String, environment: [String: String] = [:], files: [String: String] = [:]
) throws(ConfigurationFaults) -> (model: SiteModel, warnings: [ConfigurationFault]) {
    try SiteReader.read(
        text, file: "/etc/postroom/postroom.yaml",
        sources: ConfigurationSources(environment: environment) { files[$0].map { Array($0.utf8) } })
}

private func faults(_ text: String, environment: [String: String] = [:]) -> [String] {
    do {
        return try read(text, environment: environment).warnings.map(\.description)
    } catch {
        return error.faults.map(\.description)
    }
}

@Suite struct `Reading postroom.yaml` {
    @Test func `a small configuration gets the documented defaults`() throws {
        let (model, warnings) = try read(minimal)
        #expect(warnings.isEmpty)
        #expect(model.hostname.value == "mx0.example.com")
        #expect(model.hostname.location == SourceLocation(file: "/etc/postroom/postroom.yaml", line: 1))
        // Nobody can log in to send.
        #expect(model.listeners.map(\.kind) == [.smtp, .imap, .imaps])
        #expect(model.listeners.map(\.port) == [25, 143, 993])
        #expect(model.store.minimumUID == 500)
        #expect(model.limits.messageSize.value == 50 << 20)
        guard case .ldif(let path) = model.directories.first?.kind else {
            Issue.record("the directory is not the LDIF file")
            return
        }
        #expect(path.value == "/etc/postroom/people.ldif")
    }

    @Test func `every fault is told at once, each with its line and a remedy`() {
        let found = faults(
            """
            hostnme: mx0.example.com
            postmaster: nobody
            directory:
              servers: [ldap://a]
              ldif: b.ldif
            domains:
              mailbox: [example.com]
            store:
              roots: [/home/mail]
              minimum_uid: 0
            listeners:
              smpt: "*:25"
            """)
        let expected = [
            "postroom.yaml:1: error: no such key: hostnme — did you mean hostname?",
            "postroom.yaml:1: error: hostname is missing",
            "postroom.yaml:2: error: postmaster: nobody is not a mail address",
            "postroom.yaml:4: error: directory has both servers and ldif",
            "postroom.yaml:10: error: store.minimum_uid: 0 is not a whole number",
            "postroom.yaml:12: error: listeners: there is no listener called smpt",
        ]
        for text in expected {
            #expect(found.contains { $0.contains(text) }, "\(text) in \(found)")
        }
    }

    @Test(arguments: [
        ("a: [b", "postroom.yaml:"), ("", "there is no configuration"), ("- a\n- b", "there is no configuration"),
        ("hostname: a\nhostname: b", "written twice: hostname"),
    ])
    func `what is not a configuration is refused with its place`(text: String, words: String) {
        let found = faults(text)
        #expect(found.contains { $0.contains(words) }, "\(found)")
    }

    @Test func `a scalar can come from the environment and a secret from a file`() throws {
        let text = minimal.replacing(
            "hostname: mx0.example.com", with: "hostname: {env: HOST}"
        ).replacing(
            "  ldif: people.ldif",
            with:
                "  servers: [ldaps://ldap.example.com]\n  bind:\n    dn: cn=reader\n    password: {file: reader.password}"
        )
        let (model, _) = try read(
            text, environment: ["HOST": "mx9.example.com"],
            files: ["/etc/postroom/reader.password": "s3cret\n"])
        #expect(model.hostname.value == "mx9.example.com")
        guard case .servers(let servers) = model.directories.first?.kind,
            case .simple(_, let password, let origin) = servers.bind
        else {
            Issue.record("no simple bind was read")
            return
        }
        #expect(password.value.matches("s3cret".utf8))
        #expect(origin == .file("/etc/postroom/reader.password"))
        #expect(!model.yaml.contains("s3cret"))
        #expect(faults(text).contains { $0.contains("the environment variable HOST is not set") })
    }

    @Test func `an empty bind password is refused`() {
        let text = minimal.replacing(
            "  ldif: people.ldif",
            with: "  servers: [ldaps://ldap.example.com]\n  bind: {dn: cn=reader, password: \"\"}")
        #expect(faults(text).contains { $0.contains("directory.bind.password is empty") })
    }

    @Test func `a preset is filled in, and the site's own keys go over it`() throws {
        let text = minimal + "\npreset: postfix-user\n"
        let (model, _) = try read(text)
        #expect(model.routing.aliases.count == 1)
        #expect(model.accounts.mailLocation?.value == "maildir:~/mailbox")
        #expect(model.accounts.mailLocation?.location.file == "preset postfix-user")
        #expect(model.senders.logins.count == 1)
        #expect(!model.senders.checksLogin)
        #expect(faults(minimal + "\npreset: qmial\n").contains { $0.contains("there is no preset called qmial") })
    }

    @Test(arguments: Preset.allCases)
    func `what is printed is read back as the same configuration`(preset: Preset) throws {
        let (model, _) = try read(minimal + "\npreset: \(preset.rawValue)\n")
        let (again, _) = try read(model.yaml)
        #expect(again.yaml == model.yaml)
    }

    @Test(arguments: [
        ("smtp: 127.0.0.1:2525", "127.0.0.1", 2525), ("smtp: \"[::1]:2525\"", "::1", 2525), ("smtp: 2525", "*", 2525),
        ("smtp: 127.0.0.1", "127.0.0.1", 25), ("smtp: \"::\"", "::", 25), ("smtp: 127.0.0.1:0", "127.0.0.1", 0),
    ])
    func `an address to listen on is written in the usual forms`(line: String, host: String, port: Int) throws {
        let (model, _) = try read(minimal + "\nlisteners:\n  \(line)\n")
        #expect(model.listeners.map(\.host.value) == [host])
        #expect(model.listeners.map(\.port) == [port])
    }

    @Test(arguments: [("10s", 10_000), ("500ms", 500), ("2m", 120_000), ("7", 7000)])
    func `times have units`(text: String, milliseconds: Int64) {
        #expect(Quantity.duration(text) == .milliseconds(milliseconds))
    }

    @Test(arguments: ["10y", "-1s", "", "99999999999999999999", "9223372036854775807d"])
    func `what is not a time is refused`(text: String) {
        #expect(Quantity.duration(text) == nil)
    }

    @Test(arguments: [("50MiB", 52_428_800), ("1k", 1024), ("17", 17), ("2 GB", 2_147_483_648)] as [(String, UInt64)])
    func `sizes have units`(text: String, bytes: UInt64) {
        #expect(Quantity.size(text) == bytes)
    }
}
