import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// A relay host that takes mail after AUTH alone: a Postfix whose passwords are checked by Dovecot.
@Suite struct RelayLoginTests {
    private static let password = "p4ss=w,rd!"

    private static func configuration(relay port: Int, mechanism: String, password: String) -> String {
        People.configuration(aliases: "").replacing("alias: [example.net, example.com]", with: "relay: [far.example]")
            + """
            transports: {relay: {smtp: "[127.0.0.1]:\(port)"}}
            outgoing:
              minimal_backoff: 1s
              maximal_backoff: 1s
              log_in: true
              logins: [{inline: {"[127.0.0.1]:\(port)": "relay:\(password)"}}]
              login_mechanisms: [\(mechanism)]
              unprotected_logins: true

            """
    }

    private static let postfix = """
        compatibility_level = 3.6
        myhostname = far.example
        mydestination =
        alias_maps =
        mynetworks =
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_type = dovecot
        smtpd_sasl_path = %FOLDER%/auth
        smtpd_sasl_security_options = noanonymous
        smtpd_recipient_restrictions = permit_sasl_authenticated, reject
        virtual_mailbox_domains = far.example
        virtual_mailbox_base = %FOLDER%/far
        virtual_mailbox_maps = inline:{x@far.example=x/}
        virtual_uid_maps = static:20001
        virtual_gid_maps = static:20001

        """

    private static let dovecot = """
        base_dir = %FOLDER%/run
        log_path = %FOLDER%/dovecot.log
        protocols =
        ssl = no
        disable_plaintext_auth = no
        auth_mechanisms = plain login cram-md5 scram-sha-1 scram-sha-256
        auth_failure_delay = 0 secs
        passdb {
          driver = passwd-file
          args = %FOLDER%/users
        }
        userdb {
          driver = static
          args = uid=20001 gid=20001 home=/nonexistent
        }
        service auth {
          unix_listener %FOLDER%/auth {
            mode = 0666
          }
        }

        """

    private func withRelayHost(_ body: (RunningPostfix) async throws -> Void) async throws {
        let folder = try TemporaryFolder("relay-login")
        chmod(folder.path, 0o755)
        chown(try folder.makeFolder("far"), 20_001, 20_001)
        try folder.makeFolder("run")
        try folder.makeFolder("postfix")
        try folder.write("relay:{PLAIN}\(Self.password)\n", to: "users")
        try folder.write(Self.postfix.replacing("%FOLDER%", with: folder.path), to: "postfix/main.cf")
        let configuration = try folder.write(
            Self.dovecot.replacing("%FOLDER%", with: folder.path), to: "dovecot.conf")
        let dovecot = try await ChildProcess.start(
            ["/usr/sbin/dovecot", "-F", "-c", configuration], outputFile: folder.path("dovecot.out"))
        try await eventually("Dovecot listens", { dovecot.output }) {
            LoopbackPort.isOpen(path: folder.path("auth"))
        }
        try await RunningPostfix.serving(folder.path("postfix"), in: folder, body)
        dovecot.signal(SIGTERM)
        _ = await dovecot.waitForExit()
    }

    private func log(_ postfix: RunningPostfix) -> String {
        (try? String(contentsOfFile: postfix.folder.path("maillog"), encoding: .utf8)) ?? ""
    }

    @Test func `every mechanism that we know is one that Dovecot takes`() async throws {
        try await withRelayHost { postfix in
            let new = postfix.folder.path("far/x/new")
            for (count, mechanism) in ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"].enumerated() {
                let configuration = Self.configuration(
                    relay: postfix.port(.smtp), mechanism: mechanism, password: Self.password)
                try await TestSite.serving(configuration, files: People.files) { site in
                    try await site.swaks(to: "x@far.example", from: "ben@example.org")
                    try await eventually("mail arrives by \(mechanism)", { log(postfix) }) {
                        ((try? FileManager.default.contentsOfDirectory(atPath: new)) ?? []).count == count + 1
                    }
                    #expect(log(postfix).contains("sasl_method=\(mechanism), sasl_username=relay"))
                }
            }
        }
    }

    @Test(arguments: ["LOGIN", "SCRAM-SHA-256"])
    func `a password that is wrong makes mail wait, with what the relay host said`(mechanism: String) async throws {
        try await withRelayHost { postfix in
            let configuration = Self.configuration(relay: postfix.port(.smtp), mechanism: mechanism, password: "wrong")
            try await TestSite.serving(configuration, files: People.files) { site in
                try await site.swaks(to: "x@far.example", from: "ben@example.org")
                try await eventually("it waits", { log(postfix) }) { try site.waits("authentication failed") }
                #expect(log(postfix).contains("SASL \(mechanism) authentication failed"))
                #expect(site.new("ben/Maildir").isEmpty)
            }
            #expect(!FileManager.default.fileExists(atPath: postfix.folder.path("far/x/new")))
        }
    }
}
