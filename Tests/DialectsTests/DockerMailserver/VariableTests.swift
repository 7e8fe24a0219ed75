import Dialects
import Directory
import SiteConfiguration
import Testing

/// Each variable: what it composes, and what the report says of it.
@Suite struct VariableTests {
    @Test(arguments: [
        ("POSTFIX_MESSAGE_SIZE_LIMIT=5", "message_size_limit", "5"),
        ("", "message_size_limit", "10240000"),
        ("POSTFIX_INET_PROTOCOLS=ipv4", "inet_protocols", "ipv4"),
        ("PERMIT_DOCKER=none", "mynetworks", ""),
        ("PERMIT_DOCKER=wrong", "mynetworks", ""),
        ("", "mynetworks", ""),
        ("PERMIT_DOCKER=connected-networks", "mynetworks", "127.0.0.0/8 [::1]/128 [fe80::]/64"),
        ("SSL_TYPE=", "smtpd_tls_security_level", "none"),
        ("SSL_TYPE=snakeoil", "smtpd_tls_security_level", "may"),
        ("POSTFIX_DAGENT=lmtp:x:24", "virtual_transport", "lmtp:x:24"),
        (
            "POSTFIX_REJECT_UNKNOWN_CLIENT_HOSTNAME=1", "dms_smtpd_sender_restrictions",
            "permit_sasl_authenticated, permit_mynetworks, reject_unknown_sender_domain, reject_unknown_client_hostname"
        ),
    ])
    func `a variable sets its parameter`(line: String, name: String, value: String) {
        #expect(MailserverSite(line + "\n").main(name) == value)
    }

    @Test func `without SSL_TYPE nothing is encrypted, and the report says so`() {
        let site = MailserverSite("ENABLE_POP3=0\n")
        #expect(site.options("submission").contains("smtpd_tls_security_level=none"))
        #expect(site.options("submissions").contains("smtpd_tls_wrappermode=no"))
        #expect(site.lines("/etc/dovecot/conf.d/10-auth.conf").contains("disable_plaintext_auth = no"))
        #expect(site.lines("/etc/dovecot/conf.d/10-ssl.conf").contains("ssl = no"))
        #expect(site.main("smtpd_tls_chain_files") == nil)
        #expect(site.entries("SSL_TYPE").map(\.fate) == [.weak])
    }

    @Test func `certificates are found where SSL_TYPE has them`() {
        let manual = MailserverSite([
            "/site/compose.yaml": """
            services:
              mailserver:
                hostname: mail.example.org
                volumes: ["./tls:/tmp/dms/custom-certs:ro"]
                environment:
                  - SSL_TYPE=manual
                  - SSL_CERT_PATH=/tmp/dms/custom-certs/public.crt
                  - SSL_KEY_PATH=/tmp/dms/custom-certs/private.key
                  - TLS_LEVEL=intermediate
            """,
            "/site/tls/public.crt": "c", "/site/tls/private.key": "k",
        ])
        #expect(manual.main("smtpd_tls_chain_files") == "/etc/dms/tls/key /etc/dms/tls/cert")
        #expect(manual.draft.files.hostPath("/etc/dms/tls/cert") == "/site/tls/public.crt")
        #expect(manual.main("tls_high_cipherlist")?.hasSuffix("DHE-RSA-AES256-SHA256") == true)
        #expect(manual.refusals == [])

        let custom = MailserverSite("SSL_TYPE=custom\n", config: ["ssl/mail.example.org-full.pem": "x"])
        #expect(custom.main("smtpd_tls_chain_files") == "/etc/dms/tls/mail.example.org-full.pem")
        #expect(
            custom.draft.files.hostPath("/etc/dms/tls/mail.example.org-full.pem")
                == "/site/config/ssl/mail.example.org-full.pem")

        let own = MailserverSite(
            "SSL_TYPE=self-signed\n",
            config: [
                "ssl/mail.example.org-key.pem": "k", "ssl/mail.example.org-cert.pem": "c", "ssl/demoCA/cacert.pem": "a",
            ])
        #expect(own.main("smtpd_tls_CAfile") == "/etc/dms/tls/cacert.pem")
        #expect(
            own.lines("/etc/dovecot/conf.d/10-ssl.conf").contains("ssl_key = </etc/dms/tls/mail.example.org-key.pem"))
    }

    @Test(arguments: [
        ("", "mail.example.org", "mail.example.org"), ("SSL_DOMAIN=*.example.org\n", "*.example.org", "example.org"),
        ("SSL_DOMAIN=other.example.net\n", "mail.example.org", "mail.example.org"),
    ])
    func `a certificate within Traefik's acme.json is used where it stands`(
        variables: String, name: String, folder: String
    ) {
        // "chain" and "key" in Base64.
        let acme = """
            {"le": {"Certificates": [{"domain": {"main": "mail.example.org", "sans": ["*.example.org"]},
              "certificate": "Y2hhaW4K", "key": "a2V5"}]}}
            """
        let compose = """
            services:
              mailserver:
                image: mailserver/docker-mailserver
                hostname: mail.example.org
                volumes:
                  - ./letsencrypt/acme.json:/etc/letsencrypt/acme.json:ro
                  - ./config/:/tmp/docker-mailserver/
                  - ./mail/:/var/mail/
                env_file: mailserver.env
            """
        let site = MailserverSite([
            "/site/docker-compose.yml": compose, "/site/mailserver.env": "SSL_TYPE=letsencrypt\n\(variables)",
            "/site/letsencrypt/acme.json": acme,
        ])
        let live = "/etc/letsencrypt/live/\(folder)"
        #expect(site.main("smtpd_tls_chain_files") == "\(live)/privkey.pem \(live)/fullchain.pem", "\(site.problems)")
        #expect(site.draft.files.hostPath("\(live)/privkey.pem") == "/site/letsencrypt/acme.json#\(name)")
        #expect(site.text("\(live)/fullchain.pem") == "chain\n")
        #expect(site.entries("SSL_TYPE").map(\.fate) == [.used])
    }

    @Test(arguments: ["letsencrypt", "manual", "custom", "self-signed", "wrong"])
    func `a certificate that is not there stops the start`(type: String) {
        let site = MailserverSite("SSL_TYPE=\(type)\n")
        #expect(site.entries("SSL_TYPE").map(\.fate) == [.unsupported(.encryption)])
        #expect(site.refusals.count == 1)
        #expect(site.main("smtpd_tls_chain_files") == nil)
    }

    @Test(arguments: [
        ("ENABLE_CLAMAV=1", ImportReport.Fate.missingFilter), ("ENABLE_CLAMAV=0", .notNeeded),
        ("ENABLE_AMAVIS=", .missingFilter), ("ENABLE_AMAVIS=0", .notNeeded), ("ENABLE_SRS=1", .used),
        ("ENABLE_SRS=0", .notNeeded),
        ("SRS_SECRET=x", .notNeeded), ("ONE_DIR=1", .notNeeded),
        ("ENABLE_FETCHMAIL=1", .unsupported(.routing)), ("ENABLE_FETCHMAIL=0", .notNeeded),
        ("ENABLE_MANAGESIEVE=1", .unsupported(.routing)), ("ENABLE_OAUTH2=1", .unsupported(.login)),
        ("ENABLE_MTA_STS=1", .used), ("ENABLE_LDAP=1", .ignored), ("SA_TAG=2.0", .notNeeded),
        ("LOG_LEVEL=debug", .notNeeded), ("TYPO_HERE=1", .ignored), ("LDAP_BIND_DN=cn=x", .notNeeded),
        ("DOVECOT_USER_FILTER=x", .notNeeded), ("SASLAUTHD_LDAP_FILTER=x", .notNeeded),
        ("SASLAUTHD_LDAP_OTHER=x", .ignored), ("POSTMASTER_ADDRESS=a@b.example", .used), ("DOVECOT_TLS=no", .notNeeded),
        ("ACCOUNT_PROVISIONER=OIDC", .unsupported(.login)), ("ENABLE_QUOTAS=0", .used),
    ])
    func `the report tells each variable once`(line: String, fate: ImportReport.Fate) {
        let site = MailserverSite(line + "\n")
        let name = String(line.prefix { $0 != "=" })
        #expect(site.entries(name).map(\.fate) == [fate])
        #expect(site.entries(name).first?.location.description == "/site/mailserver.env:2")
    }

    @Test func `SRS is that of the environment`() {
        let site = MailserverSite("ENABLE_SRS=1\nSRS_SECRET=first,second\nSRS_EXCLUDE_DOMAINS=.example.net,b.example\n")
        let srs = site.draft.model.outgoing.srs
        #expect(srs?.givenSecrets == [Array("first".utf8), Array("second".utf8)])
        #expect(srs?.excludedDomains.map(\.value) == [".example.net", "b.example"])
        #expect(srs?.makesSecret == true)
        #expect(srs?.secretFile.value == "/var/mail-state/etc/postsrsd.secret")
        let apart = MailserverSite("ENABLE_SRS=1\nONE_DIR=0\n").draft.model.outgoing.srs
        #expect(apart?.secretFile.value == "/etc/postsrsd.secret")
        #expect(!site.draft.model.yaml.contains("first"))
    }

    @Test func `filters that are on without being asked share one line`() {
        let site = MailserverSite("ENABLE_OPENDKIM=0\n")
        let entries = site.entries("docker-mailserver defaults")
        #expect(entries.map(\.fate) == [.missingFilter])
        #expect(entries.first?.note.contains("Amavis") == true)
        #expect(entries.first?.note.contains("OpenDKIM") == false)
    }

    @Test func `numbers that are none are told`() {
        let site = MailserverSite("POSTFIX_MAILBOX_SIZE_LIMIT=many\nDOVECOT_INET_PROTOCOLS=ipv5\n")
        #expect(site.errors.count == 2)
    }

    @Test func `a name of two labels is its own domain`() {
        let site = MailserverSite(["/site/mailserver.env": "OVERRIDE_HOSTNAME=example.org\n"])
        #expect(site.main("mydomain") == "example.org")
        #expect(site.text("/etc/mailname") == "example.org\n")
    }
}
