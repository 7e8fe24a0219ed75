import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct ForwardOnlyPageTests {
    static let environment = """
        PERMIT_DOCKER=host
        ENABLE_POP3=
        ENABLE_CLAMAV=0
        SMTP_ONLY=1
        ENABLE_SPAMASSASSIN=0
        ENABLE_FETCHMAIL=0

        ACCOUNT_PROVISIONER=LDAP
        LDAP_START_TLS=yes
        LDAP_SERVER_HOST=ldap.example.org
        LDAP_SEARCH_BASE=ou=users,dc=example,dc=org
        LDAP_BIND_DN=cn=mailserver,dc=example,dc=org
        LDAP_BIND_PW=pass1234

        ENABLE_SASLAUTHD=1
        SASLAUTHD_MECHANISMS=ldap
        SASLAUTHD_LDAP_SERVER=ldap.example.org
        SASLAUTHD_LDAP_START_TLS=yes
        SASLAUTHD_LDAP_BIND_DN=cn=mailserver,dc=example,dc=org
        SASLAUTHD_LDAP_PASSWORD=pass1234
        SASLAUTHD_LDAP_SEARCH_BASE=ou=users,dc=example,dc=org
        SASLAUTHD_LDAP_FILTER=(&(uid=%U)(objectClass=inetOrgPerson))

        """

    static let patches = #"""
        #!/bin/bash

        rm -f /etc/postfix/{ldap-groups.cf,ldap-domains.cf}

        postconf \
            "virtual_mailbox_domains = /etc/postfix/vhost" \
            "virtual_alias_maps = ldap:/etc/postfix/ldap-aliases.cf texthash:/etc/postfix/virtual" \
            "smtpd_sender_login_maps = ldap:/etc/postfix/ldap-users.cf"

        sed -i /etc/postfix/ldap-users.cf \
            -e '/query_filter/d' \
            -e '/result_attribute/d' \
            -e '/result_format/d'
        cat <<EOF >> /etc/postfix/ldap-users.cf
        query_filter = (uid=%u)
        result_attribute = uid
        result_format = %s@example.org
        EOF

        sed -i /etc/postfix/ldap-aliases.cf \
            -e '/domain/d' \
            -e '/query_filter/d' \
            -e '/result_attribute/d'
        cat <<EOF >> /etc/postfix/ldap-aliases.cf
        domain = example.org
        query_filter = (uid=%u)
        result_attribute = mail
        EOF

        postfix reload
        """#

    private let site = MailserverSite(
        Self.environment,
        config: [
            "user-patches.sh": Self.patches,
            "postfix-virtual.cf": "info@example.org someone@gmail.example\n",
        ])

    @Test func `the page's script is done to the composed files`() {
        #expect(
            site.lines("/etc/postfix/ldap-users.cf") == [
                "bind             = yes",
                "bind_dn = cn=mailserver,dc=example,dc=org",
                "bind_pw = pass1234",
                "search_base = ou=users,dc=example,dc=org",
                "server_host = ldap.example.org",
                "start_tls = yes",
                "version          = 3",
                "query_filter = (uid=%u)",
                "result_attribute = uid",
                "result_format = %s@example.org",
            ])
        #expect(
            site.lines("/etc/postfix/ldap-aliases.cf").suffix(3) == [
                "domain = example.org", "query_filter = (uid=%u)", "result_attribute = mail",
            ])
        #expect(!site.draft.files.exists("/etc/postfix/ldap-groups.cf"))
        #expect(!site.draft.files.exists("/etc/postfix/ldap-domains.cf"))
        #expect(site.main("virtual_mailbox_domains") == "/etc/postfix/vhost")
        #expect(
            site.main("virtual_alias_maps") == "ldap:/etc/postfix/ldap-aliases.cf texthash:/etc/postfix/virtual")
        #expect(site.main("smtpd_sender_login_maps") == "ldap:/etc/postfix/ldap-users.cf")
        #expect(site.main("virtual_mailbox_maps") == "ldap:/etc/postfix/ldap-users.cf")
    }

    @Test func `each line of it knows where it was written`() {
        #expect(site.place("/etc/postfix/ldap-users.cf", "query_filter") == "/site/config/user-patches.sh:15")
        #expect(site.place("/etc/postfix/ldap-users.cf", "bind_dn") == "/site/mailserver.env:13")
        #expect(site.place("/etc/postfix/main.cf", "smtpd_sender_login_maps") == "/site/config/user-patches.sh:5")
    }

    @Test func `nothing of it is left undone`() {
        #expect(site.refusals == [])
        #expect(site.errors == [])
        let entries = site.entries("user-patches.sh")
        #expect(entries.count == 7)
        #expect(entries.filter { $0.fate == .used }.count == 6)
        // The filters that were never set are those of removed and rewritten tables.
        #expect(!site.problems.contains { $0.contains("query_filter") })
    }

    @Test func `SMTP alone is served: no Dovecot, mail of hosted domains stays with virtual`() {
        #expect(site.origins.map(\.dialect) == [.saslauthd, .postfix])
        #expect(site.main("virtual_transport") == nil)
        #expect(site.lines("/etc/postfix/vhost") == ["example.org"])
        #expect(site.options("submission").contains("smtpd_sasl_auth_enable=yes"))
        #expect(site.entries("ENABLE_POP3").first?.fate == .notNeeded)
        #expect(site.entries("ENABLE_CLAMAV").first?.fate == .notNeeded)
    }

    @Test func `aliases are the file of the config volume itself, so that it can be read again`() {
        #expect(site.draft.files.text("/etc/postfix/virtual")?.hostPath == "/site/config/postfix-virtual.cf")
    }

    @Test func `given neither saslauthd nor Dovecot, nobody can log in`() {
        let site = MailserverSite("SMTP_ONLY=1\n", config: ["postfix-virtual.cf": "info@example.org a@b.example\n"])
        #expect(site.main("smtpd_sasl_auth_enable") == "no")
        #expect(site.options("submission").contains("smtpd_sasl_auth_enable=no"))
        #expect(site.options("submissions").contains("smtpd_sasl_auth_enable=no"))
        #expect(site.main("virtual_mailbox_maps") == nil)
        #expect(site.origins.map(\.dialect) == [.postfix])
    }

    @Test func `given unset filters and no script, the tables that are asked are told of`() {
        let site = MailserverSite(Self.environment)
        #expect(site.lines("/etc/postfix/ldap-groups.cf").contains("query_filter ="))
        #expect(site.problems.filter { $0.contains("leaves query_filter") }.count == 4)
    }
}
