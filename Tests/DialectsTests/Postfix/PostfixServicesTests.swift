import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct PostfixServicesTests {
    private func read(_ lines: String = "", master: String? = nil, _ change: (inout SiteDraft) -> Void = { _ in })
        -> SiteDraft
    {
        var site = PostfixSite.minimal.adding(lines)
        if let master { site.files["/etc/postfix/master.cf"] = master }
        return site.read(change)
    }

    @Test(arguments: [
        ("smtp inet n - y - - smtpd", ["smtp *:25"]),
        ("2525 inet n - y - - smtpd", ["smtp *:2525"]),
        ("127.0.0.1:10025 inet n - y - - smtpd", ["smtp 127.0.0.1:10025"]),
        ("[::1]:smtp inet n - y - - smtpd", ["smtp ::1:25"]),
        ("localhost:2525 inet n - - - - smtpd", ["smtp 127.0.0.1:2525"]),
        ("submission inet n - y - - smtpd", ["submission *:587"]),
        ("smtps inet n - y - - smtpd -o smtpd_tls_wrappermode=yes", ["submissions *:465"]),
        ("2465 inet n - y - - smtpd -o { smtpd_tls_wrappermode = yes }", ["submissions *:2465"]),
        (
            "2587 inet n - y - - smtpd -o smtpd_sasl_auth_enable=yes\n  -o smtpd_client_restrictions=permit_sasl_authenticated,reject",
            ["submission *:2587"]
        ),
        ("smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd", ["smtp *:25"]),
    ])
    func `given a service, when it is read, then it is the listener of its kind`(
        _ master: String, _ listeners: [String]
    ) {
        let draft = read(master: master + "\n")
        #expect(draft.model.listeners.map(\.name) == listeners)
        #expect(draft.faults.filter { $0.severity == .error } == [])
    }

    @Test(arguments: [
        ("inet_interfaces = loopback-only", ["127.0.0.1", "::1"]),
        ("inet_interfaces = 192.0.2.1, [2001:db8::1]", ["192.0.2.1", "2001:db8::1"]),
        ("inet_protocols = ipv4", ["0.0.0.0"]), ("inet_protocols = ipv4\ninet_interfaces = localhost", ["127.0.0.1"]),
        ("inet_interfaces = all", ["*"]),
        // Only alone does it mean every address; Postfix refuses this.
        ("inet_interfaces = 192.0.2.1, all", ["192.0.2.1"]),
        // In no /etc/hosts: every address would be too many, and the site does not start.
        ("inet_interfaces = mx.inside.example, 192.0.2.1", ["192.0.2.1"]),
    ])
    func `given interfaces and protocols, when a service is read, then it listens there`(
        _ lines: String, _ hosts: [String]
    ) {
        #expect(read(lines).model.listeners.map(\.host.value) == hosts)
    }

    @Test func `given names that stand in hosts(5), when a service is read, then it listens at their addresses`() {
        var site = PostfixSite.minimal.adding("inet_interfaces = mx.inside.example, second")
        site.files["/etc/hosts"] = """
            127.0.0.1 localhost
            # 192.0.2.9 mx.inside.example
            192.0.2.17 MX.inside.example mx # and second
            2001:db8::17 mx.inside.example
            192.0.2.18 other second

            """
        let draft = site.read()
        #expect(draft.model.listeners.map(\.host.value) == ["192.0.2.17", "2001:db8::17", "192.0.2.18"])
        #expect(draft.faults.filter { $0.severity == .error } == [])
    }

    @Test func `given options of a service, when they are read, then they hold for it alone and are reported once`()
        throws
    {
        let draft = read(
            "smtpd_helo_required = no\nsmtpd_recipient_limit = 500\nmua = permit_sasl_authenticated, reject",
            master: """
                smtp inet n - y - - smtpd
                submission inet n - y - - smtpd
                  -o smtpd_helo_required=yes -o smtpd_recipient_limit=2000
                  -o smtpd_sasl_auth_enable=yes
                  -o { smtpd_relay_restrictions = $mua }
                  -o smtpd_sender_login_maps=static:anna
                  -o nonsense_parameter=1

                """)
        let options = draft.model.listeners.map(\.options)
        #expect(options.map { $0.requiresHELO?.value } == [false, true])
        #expect(options.map { $0.recipientLimit?.value } == [500, 2000])
        #expect(draft.model.policies.map(\.isAuthenticationEnabled) == [false, true])
        #expect(spelled(draft.model.policies[1].relayRestrictions) == ["permit_sasl_authenticated", "reject"])
        #expect(draft.model.policies[1].senderLogins?.count == 1)
        #expect(draft.model.policies[0].senderLogins == nil)
        for name in [
            "smtpd_relay_restrictions", "smtpd_sasl_auth_enable", "nonsense_parameter", "smtpd_sender_login_maps",
        ] {
            let entries = draft.report.entries.filter { $0.setting == name && $0.location.file.hasSuffix("master.cf") }
            #expect(entries.map(\.location.line) == [2], "\(name)")
        }
        #expect(draft.report.entries.contains { $0.setting == "mua" && $0.fate == .used })
    }

    @Test(arguments: [
        "x_bind_pw = geheim$", "x_bind_pw = $ geheim", "smtp_sasl_password_maps = inline:{h=u:geheim$}",
        "smtp_sasl_password_maps = inline:{{h u:geheim}}", "smtp_sasl_password_maps = pcre:{{/h/ u:geheim}}",
        "mine = inline:{h=u:geheim}\nsmtp_sasl_password_maps = $mine", "x_bind_pw geheim", "x_bind_pw =\ngeheim",
        "x_query_filter = (a=b)\n bind_pw = geheim",
        "relayhost = [h]\nsmtp_sasl_auth_enable = yes\nsmtp_sasl_password_maps = randmap:{u:geheim}",
    ])
    func `given a password in a damaged or unusual place, when it is read, then nothing shows it`(_ lines: String) {
        let draft = read(
            lines + "\nvirtual_alias_maps = ldap:x\nx_search_base = o=x", master: "smtp inet n - y - - smtpd\n")
        #expect(!draft.report.entries.isEmpty)
        #expect(!draft.report.entries.contains { ($0.setting + $0.value + $0.note).contains("geheim") })
        #expect(!draft.faults.contains { $0.description.contains("geheim") })
    }

    @Test func `given sender owners of one service, when another takes logins, then it does not have these owners`() {
        let draft = read(
            "smtpd_sasl_auth_enable = yes",
            master: """
                submission inet n - y - - smtpd
                  -o smtpd_sender_login_maps=static:anna
                smtps inet n - y - - smtpd
                  -o smtpd_sender_restrictions=reject_sender_login_mismatch

                """)
        #expect(draft.model.policies.map { $0.senderLogins?.count } == [1, 0])
    }

    @Test(arguments: [
        "smtp inet n - y - -", "smtp inet n - y - - smtpd -o", "smtp inet n - y - - smtpd -o x",
        "smtp tcp n - y - - smtpd",
        "smtp inet q - y - - smtpd", "smtp inet n - y x - smtpd", "smpt inet n - y - - smtpd",
        "x.example:25 inet n - y - - smtpd",
        "70000 inet n - y - - smtpd", "smtp inet n - y - - smtpd -o { a", "smtp inet n - y - - smtpd -o a={b -o c=d",
        "smtp inet n - y - - smtpd submission inet n - - - - smtpd -o a=b", "  smtp inet n - y - - smtpd",
    ])
    func `given a line that master would refuse, when it is read, then it is a fault at its line`(_ line: String) {
        let errors = read(master: line + "\n").faults.filter { $0.severity == .error }
        #expect(errors.map(\.location.description) == ["/etc/postfix/master.cf:1"])
    }

    @Test func `given no master.cf, when the site is read, then it is served on port 25 and the report says so`() {
        var site = PostfixSite.minimal
        site.files["/etc/postfix/master.cf"] = nil
        let draft = site.read()
        #expect(draft.model.listeners.map(\.name) == ["smtp *:25"])
        #expect(draft.report.entries.contains { $0.setting == "master.cf" })
    }

    // MARK: TLS

    @Test(arguments: [
        ("smtpd_tls_security_level = may", SMTPListenerModel.TLSLevel.may), ("smtpd_use_tls = yes", .may),
        ("smtpd_enforce_tls = yes", .encrypt), ("smtpd_tls_security_level = none\nsmtpd_use_tls = yes", .none),
        ("", .none),
    ])
    func `given a level by new and old names, when it is read, then it is that level`(
        _ lines: String, _ level: SMTPListenerModel.TLSLevel
    ) {
        #expect(read(lines).model.listeners.first?.options.tls?.value == level)
    }

    @Test(arguments: [
        (">=TLSv1.2", "1.2"), ("!SSLv2, !SSLv3, !TLSv1, !TLSv1.1", "1.2"), ("TLSv1.3", "1.3"), ("!SSLv2:!SSLv3", "1.0"),
        (">=TLSv1.1, <=TLSv1.3", "1.1"), ("TLSv1.2, TLSv1.3", "1.2"),
    ])
    func `given versions of TLS, when they are read, then the oldest is offered`(_ value: String, _ version: String) {
        let draft = read("smtpd_tls_protocols = \(value)\nsmtpd_tls_mandatory_protocols = \(value)")
        #expect(draft.model.tls.minimumVersion.value == version)
        #expect(
            draft.report.entries.contains { $0.setting == "TLS \(version)" && $0.fate == .weak } == (version < "1.2"))
    }

    @Test func `given a grade and exclusions, when they are read, then suites are named as the registry has them`() {
        let draft = read("smtpd_tls_ciphers = high\nsmtpd_tls_exclude_ciphers = aNULL, RC4, SHA1")
        let suites = draft.model.tls.cipherSuites.map(\.value)
        #expect(suites.contains("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"))
        #expect(!suites.contains { $0.hasSuffix("_CBC_SHA") })
        #expect(read().model.tls.cipherSuites.isEmpty)
    }

    @Test func `given Dovecot's certificate already there, when SMTP has another, then each keeps its own`() {
        let draft = read("smtpd_tls_security_level = may\nsmtpd_tls_cert_file = /etc/smtp.pem") {
            $0.model.tls.certificate = Located("/etc/imap.pem", at: .builtIn)
        }
        #expect(draft.model.tls.certificate?.value == "/etc/imap.pem")
        #expect(draft.model.listeners.first?.options.certificate?.value == "/etc/smtp.pem")
        #expect(draft.model.listeners.first?.options.key?.value == "/etc/smtp.pem")
    }

    // MARK: Logins

    @Test func `given a Dovecot elsewhere, when it checks passwords, then its socket is asked`() {
        let lines = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth"
        #expect(
            read(lines).model.accounts.submission?.passwords.first?.service?.value
                == "dovecot:unix:/var/spool/postfix/private/auth")
        let inet = read(
            "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = inet:192.0.2.1:12345")
        #expect(inet.model.accounts.submission?.passwords.first?.service?.value == "dovecot:inet:192.0.2.1:12345")
    }

    @Test func `given the SASL library's own databases, when it is read, then it has to be accepted`() {
        let refusals = read("smtpd_sasl_auth_enable = yes").report.refusals(accepting: [])
        #expect(refusals.count == 1)
    }

    @Test func `given a saslauthd in the import, when the SASL library asks it, then its check is ours`() {
        let draft = read("smtpd_sasl_auth_enable = yes\nsmtpd_sasl_local_domain = example.com") {
            let check = PasswordDatabaseModel(check: Located(.saslauthd, at: .builtIn))
            $0.saslauthd = SaslauthdService(passwords: [check])
        }
        #expect(draft.model.accounts.submission?.passwords.map(\.check.value) == [.saslauthd])
        #expect(draft.model.accounts.submission?.realm?.value == "example.com")
        #expect(draft.model.accounts.submission?.splitsRealm == true)
    }
}
