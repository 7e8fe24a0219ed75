import Dialects
import Directory
import SiteConfiguration
import Testing

/// How docker-mailserver's scripts bring variables into files, quirks included.
@Suite struct RewritingTests {
    private static let ldap = "ACCOUNT_PROVISIONER=LDAP\nLDAP_QUERY_FILTER_USER=(mail=%s)\n"

    private func users(_ environment: String, config: [String: String] = [:]) -> [String] {
        MailserverSite(Self.ldap + environment, config: config).lines("/etc/postfix/ldap-users.cf")
    }

    @Test(arguments: [
        ("abc=", "abc"), ("abc==", "abc=="), ("a=b=", "a=b="), ("a&b|c\\d$$e", "a&b|c\\d$e"), ("a#", "a"), ("a#g", "a"),
    ])
    func `a value arrives as the script's read and sed leave it`(value: String, written: String) {
        #expect(users("LDAP_BIND_PW=\(value)\n").contains("bind_pw = \(written)"))
    }

    @Test func `a value that makes sed fail leaves the line as it was, and is told of`() {
        let site = MailserverSite(Self.ldap + "LDAP_BIND_PW=pass#word\n")
        #expect(site.lines("/etc/postfix/ldap-users.cf").contains("bind_pw          = admin"))
        #expect(site.problems.contains { $0.contains("mailserver.env:4") && $0.contains("LDAP_BIND_PW") })
    }

    @Test func `no line is added: settings that no file has need a file of one's own`() {
        let site = MailserverSite(Self.ldap + "LDAP_SCOPE=one\nLDAP_TLS_CA_CERT_FILE=/ca.pem\n")
        #expect(!site.lines("/etc/postfix/ldap-users.cf").contains { $0.hasPrefix("scope") || $0.contains("/ca.pem") })
        #expect(site.entries("LDAP_SCOPE").first?.fate == .ignored)
        let own = MailserverSite(
            Self.ldap + "LDAP_SCOPE=one\n",
            config: ["ldap-users.cf": "server_host = ldap://a\nscope = sub\nquery_filter = x\n"])
        #expect(
            own.lines("/etc/postfix/ldap-users.cf") == [
                "server_host = ldap://a", "scope = one", "query_filter = (mail=%s)",
            ])
        #expect(own.entries("LDAP_SCOPE").first?.fate == .used)
        #expect(own.place("/etc/postfix/ldap-users.cf", "server_host") == "/site/config/ldap-users.cf:1")
    }

    @Test func `an own file for senders is not taken`() {
        let site = MailserverSite(Self.ldap, config: ["ldap-senders.cf": "server_host = ldap://mine\n"])
        #expect(site.lines("/etc/postfix/ldap-senders.cf").contains("server_host      = mail.example.com"))
    }

    @Test func `an unset filter empties the line, in an own file too`() {
        let site = MailserverSite(Self.ldap, config: ["ldap-groups.cf": "query_filter = (cn=%u)\n"])
        #expect(site.lines("/etc/postfix/ldap-groups.cf") == ["query_filter ="])
        #expect(site.place("/etc/postfix/ldap-groups.cf", "query_filter") == "docker-mailserver 15.1 default")
        #expect(site.problems.contains { $0.contains("LDAP_QUERY_FILTER_GROUP is not set") })
    }

    @Test func `one attribute for all five tables`() {
        let site = MailserverSite(Self.ldap + "LDAP_RESULT_ATTRIBUTE=maildrop\n")
        for name in ["users", "groups", "aliases", "domains", "senders"] {
            #expect(site.lines("/etc/postfix/ldap-\(name).cf").contains("result_attribute = maildrop"))
        }
    }

    @Test func `Dovecot's own variables count before the directory's`() {
        let site = MailserverSite(
            Self.ldap + """
                LDAP_SERVER_HOST=ldap://one
                LDAP_SEARCH_BASE=dc=one
                DOVECOT_URIS=ldaps://two
                DOVECOT_BASE=dc=two
                DOVECOT_AUTH_BIND=yes
                DOVECOT_TLS=yes
                DOVECOT_USER_FILTER=(uid=%u)
                DOVECOT_PASS_FILTER=(cn=%u)
                DOVECOT_SCOPE=onelevel

                """)
        let lines = site.lines("/etc/dovecot/dovecot-ldap.conf.ext")
        for line in [
            "uris = ldaps://two", "base = dc=two", "auth_bind = yes", "tls = yes", "user_filter = (uid=%u)",
            "pass_filter = (cn=%u)", "dn =", "dnpass =",
        ] {
            #expect(lines.contains(line), "\(line)")
        }
        #expect(site.entries("DOVECOT_SCOPE").first?.fate == .ignored)
        #expect(site.entries("DOVECOT_TLS").first?.fate == .used)
    }

    @Test func `saslauthd's defaults are the directory's`() {
        let site = MailserverSite(
            Self.ldap + "LDAP_SERVER_HOST=ldap://one\nLDAP_BIND_PW=secret\nENABLE_SASLAUTHD=1\nSASLAUTHD_LDAP_MECH=\n")
        #expect(
            site.lines("/etc/saslauthd.conf") == [
                "ldap_servers: ldap://one", "ldap_auth_method: bind", "ldap_bind_pw: secret",
                "ldap_filter: (&(uniqueIdentifier=%u)(mailEnabled=TRUE))", "ldap_start_tls: no",
                "ldap_tls_check_peer: no",
                "ldap_referrals: yes", "log_level: 10",
            ])
    }

    @Test func `rimap is given its host, and joins user and realm`() {
        let site = MailserverSite(
            Self.ldap + "ENABLE_SASLAUTHD=1\nSASLAUTHD_MECHANISMS=rimap\nSASLAUTHD_MECH_OPTIONS=127.0.0.1\n")
        #expect(
            site.lines("/etc/default/saslauthd") == [
                "MECHANISMS=\"rimap\"", "MECH_OPTIONS=\"127.0.0.1\"", "OPTIONS=\"-r -m /var/run/saslauthd\"",
            ])
        #expect(site.refusals == [])
    }

    @Test func `a mechanism that docker-mailserver has no program for lets nobody in, so the start waits`() {
        let site = MailserverSite(Self.ldap + "ENABLE_SASLAUTHD=1\nSASLAUTHD_MECHANISMS=pam\n")
        #expect(site.entries("SASLAUTHD_MECHANISMS").first?.fate == .unsupported(.login))
    }

    @Test func `spoof protection without a senders' filter asks all three tables`() {
        let site = MailserverSite(Self.ldap + "SPOOF_PROTECTION=1\n")
        #expect(
            site.main("smtpd_sender_login_maps")
                == "ldap:/etc/postfix/ldap-users.cf ldap:/etc/postfix/ldap-aliases.cf ldap:/etc/postfix/ldap-groups.cf")
    }

    @Test func `regular expressions are appended to the directory's aliases`() {
        let site = MailserverSite(Self.ldap, config: ["postfix-regexp.cf": "/^test/ a@example.org\n"])
        #expect(
            site.main("virtual_alias_maps")
                == "ldap:/etc/postfix/ldap-aliases.cf, ldap:/etc/postfix/ldap-groups.cf pcre:/etc/postfix/regexp")
    }
}
