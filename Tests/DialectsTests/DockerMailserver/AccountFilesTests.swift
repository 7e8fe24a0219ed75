import Dialects
import Directory
import SiteConfiguration
import Testing

/// ACCOUNT_PROVISIONER=FILE and the other files of the config volume.
@Suite struct AccountFilesTests {
    private static let accounts = """
        # accounts
        alice@example.org|{SHA512-CRYPT}$6$a
        bob@example.net|{SHA512-CRYPT}$6$b|userdb_mail=maildir:/x

        """

    private let site = MailserverSite(
        "SSL_TYPE=snakeoil\nSPOOF_PROTECTION=1\nPOSTFIX_MAILBOX_SIZE_LIMIT=2000000000\nENABLE_POP3=1\n",
        config: [
            "postfix-accounts.cf": Self.accounts.replacing("\n", with: "\r\n"),
            "postfix-virtual.cf":
                "info@example.com alice@example.org\nlist@example.org alice@example.org,bob@example.net\n",
            "dovecot-quotas.cf": "ALICE@example.org:10M\n",
            "dovecot-masters.cf": "admin|{SHA512-CRYPT}$6$m\n",
            "postfix-aliases.cf": "abuse: root\n",
            "dovecot.cf": "mail_max_userip_connections = 100\n",
            "postfix-send-access.cf": "bob@example.net REJECT\n",
            "postfix-receive-access.cf": "list@example.org REJECT\n",
        ])

    @Test func `accounts become mailboxes of Postfix and users of Dovecot`() {
        #expect(
            site.lines("/etc/postfix/vmailbox") == [
                "alice@example.org example.org/alice/", "bob@example.net example.net/bob/",
            ])
        #expect(
            site.lines("/etc/dovecot/userdb") == [
                "alice@example.org:{SHA512-CRYPT}$6$a:5000:5000::/var/mail/example.org/alice/home::userdb_quota_rule=*:bytes=10M",
                "bob@example.net:{SHA512-CRYPT}$6$b:5000:5000::/var/mail/example.net/bob/home::userdb_mail=maildir:/x",
                "info@example.com:{SHA512-CRYPT}$6$a:5000:5000::/var/mail/example.org/alice::userdb_quota_rule=*:bytes=10M",
            ])
        #expect(site.place("/etc/dovecot/userdb", "bob") == "/site/config/postfix-accounts.cf:3")
        #expect(site.lines("/etc/postfix/vhost") == ["example.com", "example.net", "example.org"])
        #expect(site.main("virtual_mailbox_maps") == "texthash:/etc/postfix/vmailbox")
        #expect(site.main("mydestination") == "$myhostname, localhost.$mydomain, localhost")
        #expect(site.main("virtual_alias_maps") == "texthash:/etc/postfix/virtual")
    }

    @Test func `master users, quotas and Dovecot's own file are there`() {
        #expect(site.lines("/etc/dovecot/masterdb") == ["admin:{SHA512-CRYPT}$6$m"])
        #expect(
            site.lines("/etc/dovecot/conf.d/10-auth.conf") == [
                "auth_mechanisms = plain login", "!include auth-passwdfile.inc", "!include auth-master.inc",
            ])
        let quota = site.lines("/etc/dovecot/conf.d/90-quota.conf")
        #expect(quota.contains("  quota_rule = *:storage=2000M"))
        #expect(quota.contains("  quota_max_mail_size = 10M"))
        #expect(site.lines("/etc/dovecot/local.conf") == ["mail_max_userip_connections = 100"])
        #expect(site.lines("/etc/dovecot/dovecot.conf").first == "protocols = imap lmtp pop3")
        #expect(site.text("/etc/aliases") == "root: postmaster@example.org\nabuse: root\n")
    }

    @Test func `restricted senders and recipients come first`() {
        #expect(
            site.main("dms_smtpd_sender_restrictions")?.hasPrefix(
                "check_sender_access texthash:/tmp/docker-mailserver/postfix-send-access.cf, permit_sasl_authenticated")
                == true)
        #expect(
            site.main("smtpd_recipient_restrictions")?.hasPrefix(
                "check_recipient_access texthash:/tmp/docker-mailserver/postfix-receive-access.cf, permit_sasl") == true
        )
        #expect(
            site.draft.files.hostPath("/tmp/docker-mailserver/postfix-send-access.cf")
                == "/site/config/postfix-send-access.cf")
    }

    @Test func `spoof protection asks aliases and one's own address`() {
        #expect(
            site.main("smtpd_sender_login_maps")
                == "unionmap:{ texthash:/etc/postfix/virtual, hash:/etc/aliases, "
                + "pcre:/etc/postfix/maps/sender_login_maps.pcre, pcre:/etc/postfix/regexp }")
        #expect(site.text("/etc/postfix/maps/sender_login_maps.pcre") == "/^(.*)$/ ${1}\n")
    }

    @Test func `own settings of Postfix count last`() {
        let site = MailserverSite(
            "SSL_TYPE=snakeoil\n",
            config: [
                "postfix-accounts.cf": Self.accounts,
                "postfix-main.cf":
                    "recipient_delimiter = -\nsmtpd_helo_restrictions =\n  permit_mynetworks,\n  permit\n",
                "postfix-master.cf": """
                # comment
                submission/inet/smtpd_client_restrictions=permit_sasl_authenticated, reject
                submission/inet/smtpd_tls_security_level=may
                smtpd/pass/smtpd_sasl_auth_enable=yes
                nowhere/inet/a=b
                Capital/inet/a=b

                """,
            ])
        #expect(site.main("recipient_delimiter") == "-")
        #expect(site.main("smtpd_helo_restrictions") == "permit_mynetworks,  permit")
        #expect(site.place("/etc/postfix/main.cf", "recipient_delimiter") == "/site/config/postfix-main.cf:1")
        #expect(
            site.options("submission").contains("{ smtpd_client_restrictions = permit_sasl_authenticated, reject }"))
        #expect(site.options("submission").contains("smtpd_tls_security_level=may"))
        #expect(!site.options("submission").contains("smtpd_tls_security_level=encrypt"))
        #expect(site.options("smtpd") == ["smtpd_sasl_auth_enable=yes"])
        #expect(site.problems.filter { $0.contains("there is no service nowhere/inet") }.count == 1)
        #expect(!site.problems.contains { $0.contains("Capital") })
    }

    @Test func `a relay is asked for every domain but those that are exempt`() {
        let site = MailserverSite(
            """
            RELAY_HOST=relay.example.com
            RELAY_PORT=587
            RELAY_USER=user
            RELAY_PASSWORD=word
            DEFAULT_RELAY_HOST=[other.example.com]:25

            """,
            config: [
                "postfix-accounts.cf": Self.accounts,
                "postfix-relaymap.cf": "@example.net\n@example.com [third.example.com]:465\n",
                "postfix-virtual.cf": "a@example.com b@x.example\n",
                "postfix-sasl-password.cf": "@example.com three:pass\n",
            ])
        #expect(
            site.lines("/etc/postfix/relayhost_map") == [
                "@example.com [third.example.com]:465", "@example.org    [relay.example.com]:587",
            ])
        #expect(
            site.lines("/etc/postfix/sasl_passwd") == [
                "@example.com three:pass", "[relay.example.com]:587    user:word",
            ])
        #expect(site.main("relayhost") == "[other.example.com]:25")
        #expect(site.main("smtp_tls_security_level") == "encrypt")
        #expect(site.main("smtp_sender_dependent_authentication") == "yes")
        #expect(site.entries("RELAY_PASSWORD").first?.value == "")
    }

    @Test func `commas at line ends of an old alias file are mended`() {
        let site = MailserverSite(
            "SSL_TYPE=\n", config: ["postfix-virtual.cf": "a@example.org b@x.example, c@x.example,\n"])
        #expect(site.text("/etc/postfix/virtual") == "a@example.org b@x.example,c@x.example\n")
        #expect(site.draft.files.text("/etc/postfix/virtual")?.hostPath == nil)
    }

    @Test func `Sieve scripts of the config volume stop the start`() {
        let site = MailserverSite("SSL_TYPE=\n", config: ["alice@example.org.dovecot.sieve": "keep;\n"])
        #expect(site.entries("alice@example.org.dovecot.sieve").first?.fate == .unsupported(.routing))
    }
}
