import Dialects
import Directory
import SiteConfiguration
import Testing

/// The sites of docker-mailserver's pages "Provisioner (LDAP)" and "Forward-Only Mail Server with LDAP".
@Suite struct MailserverPageTests {
    static let basicSetup = """
        services:
          mailserver:
            image: ghcr.io/docker-mailserver/docker-mailserver:latest
            container_name: mailserver
            hostname: mail.example.com

            ports:
              - "25:25"
              - "993:993"

            volumes:
              - ./docker-data/dms/mail-data/:/var/mail/
              - ./docker-data/dms/config/:/tmp/docker-mailserver/
              - ./certificates/:/etc/letsencrypt/
              - /etc/localtime:/etc/localtime:ro

            environment:
              - ENABLE_SPAMASSASSIN=1
              - ENABLE_CLAMAV=1
              - ENABLE_FAIL2BAN=1
              - ENABLE_POSTGREY=1

              # >>> Postfix LDAP Integration
              - ACCOUNT_PROVISIONER=LDAP
              - LDAP_SERVER_HOST=ldap.example.org
              - LDAP_BIND_DN=cn=admin,ou=users,dc=example,dc=org
              - LDAP_BIND_PW=mypassword
              - LDAP_SEARCH_BASE=dc=example,dc=org
              - LDAP_QUERY_FILTER_DOMAIN=(|(mail=*@%s)(mailAlias=*@%s)(mailGroupMember=*@%s))
              - LDAP_QUERY_FILTER_USER=(&(objectClass=inetOrgPerson)(mail=%s))
              - LDAP_QUERY_FILTER_ALIAS=(&(objectClass=inetOrgPerson)(mailAlias=%s))
              - LDAP_QUERY_FILTER_GROUP=(&(objectClass=inetOrgPerson)(mailGroupMember=%s))
              - LDAP_QUERY_FILTER_SENDERS=(&(objectClass=inetOrgPerson)(|(mail=%s)(mailAlias=%s)(mailGroupMember=%s)))
              - SPOOF_PROTECTION=1
              # <<< Postfix LDAP Integration

              - DOVECOT_USER_FILTER=(&(objectClass=inetOrgPerson)(mail=%u))
              - DOVECOT_PASS_ATTRS=uid=user,userPassword=password
              - DOVECOT_USER_ATTRS==home=/var/mail/%{ldap:uid},=mail=maildir:~/Maildir,uidNumber=uid,gidNumber=gid

              - ENABLE_SASLAUTHD=1
              - SASLAUTHD_MECHANISMS=ldap
              - SASLAUTHD_LDAP_FILTER=(&(mail=%U@example.org)(objectClass=inetOrgPerson))

              - SSL_TYPE=letsencrypt
              - PERMIT_DOCKER=host

            cap_add:
              - NET_ADMIN
        """

    private let basic = MailserverSite([
        "/site/compose.yaml": Self.basicSetup,
        "/site/certificates/live/mail.example.com/fullchain.pem": "certificate",
        "/site/certificates/live/mail.example.com/privkey.pem": "key",
    ])

    @Test func `given the page's compose file, the origins are read in the order in which they need each other`() {
        #expect(
            basic.origins == [
                ConfigurationOrigin(.dovecot, path: "/etc/dovecot/dovecot.conf"),
                ConfigurationOrigin(.saslauthd, path: "/etc/default/saslauthd"),
                ConfigurationOrigin(.postfix, path: "/etc/postfix"),
            ])
        #expect(basic.errors == [])
        #expect(basic.refusals == [])
        #expect(basic.draft.model.hostname.value == "mail.example.com")
        #expect(basic.draft.files.hostPath("/var/mail/alice") == "/site/docker-data/dms/mail-data/alice")
    }

    @Test func `Postfix's tables hold the compose file's filters, each at its line`() {
        #expect(
            basic.lines("/etc/postfix/ldap-users.cf") == [
                "bind             = yes",
                "bind_dn = cn=admin,ou=users,dc=example,dc=org",
                "bind_pw = mypassword",
                "query_filter = (&(objectClass=inetOrgPerson)(mail=%s))",
                "result_attribute = mail",
                "search_base = dc=example,dc=org",
                "server_host = ldap.example.org",
                "start_tls        = no",
                "version          = 3",
            ])
        #expect(basic.place("/etc/postfix/ldap-users.cf", "query_filter") == "/site/compose.yaml:30")
        #expect(basic.place("/etc/postfix/ldap-users.cf", "version") == "docker-mailserver 15.1 default")
        #expect(
            basic.lines("/etc/postfix/ldap-senders.cf").contains(
                "query_filter = (&(objectClass=inetOrgPerson)(|(mail=%s)(mailAlias=%s)(mailGroupMember=%s)))"))
        #expect(basic.lines("/etc/postfix/ldap-senders.cf").contains("result_attribute = mail, uid"))
    }

    @Test func `main.cf looks up in the directory`() {
        #expect(basic.main("virtual_mailbox_maps") == "ldap:/etc/postfix/ldap-users.cf")
        #expect(basic.main("virtual_mailbox_domains") == "/etc/postfix/vhost, ldap:/etc/postfix/ldap-domains.cf")
        #expect(
            basic.main("virtual_alias_maps") == "ldap:/etc/postfix/ldap-aliases.cf, ldap:/etc/postfix/ldap-groups.cf")
        #expect(basic.main("virtual_transport") == "lmtp:unix:/var/run/dovecot/lmtp")
        #expect(basic.main("mydestination") == "localhost.$mydomain, localhost")
        #expect(basic.main("myhostname") == "mail.example.com")
        #expect(basic.main("mydomain") == "example.com")
        #expect(basic.main("smtpd_sender_login_maps") == "ldap:/etc/postfix/ldap-senders.cf")
        #expect(
            basic.main("mua_sender_restrictions")
                == "reject_authenticated_sender_login_mismatch, $dms_smtpd_sender_restrictions")
        #expect(basic.main("mynetworks") == "127.0.0.0/8 [::1]/128 [fe80::]/64")
        #expect(
            basic.main("smtpd_tls_chain_files")
                == "/etc/letsencrypt/live/mail.example.com/privkey.pem /etc/letsencrypt/live/mail.example.com/fullchain.pem"
        )
        #expect(basic.lines("/etc/postfix/vhost") == ["example.com"])
        #expect(basic.text("/etc/mailname") == "example.com\n")
        #expect(basic.text("/etc/aliases") == "root: postmaster@example.com\n")
    }

    @Test func `Dovecot asks the same directory, by its own filters`() {
        #expect(
            basic.lines("/etc/dovecot/dovecot-ldap.conf.ext") == [
                "base = dc=example,dc=org",
                "default_pass_scheme = SSHA",
                "dn = cn=admin,ou=users,dc=example,dc=org",
                "dnpass = mypassword",
                "uris = ldap://ldap.example.org",
                "tls                 = no",
                "ldap_version        = 3",
                "pass_attrs = uid=user,userPassword=password",
                "pass_filter = (&(objectClass=inetOrgPerson)(mail=%u))",
                "user_attrs = =home=/var/mail/%{ldap:uid},=mail=maildir:~/Maildir,uidNumber=uid,gidNumber=gid",
                "user_filter = (&(objectClass=inetOrgPerson)(mail=%u))",
                "auth_bind           = no",
            ])
        let authentication = basic.lines("/etc/dovecot/conf.d/10-auth.conf")
        #expect(authentication == ["auth_mechanisms = plain login", "!include auth-ldap.conf.ext"])
        let tls = basic.lines("/etc/dovecot/conf.d/10-ssl.conf")
        #expect(tls.contains("ssl = required"))
        #expect(tls.contains("ssl_cert = </etc/letsencrypt/live/mail.example.com/fullchain.pem"))
        #expect(basic.lines("/etc/dovecot/dovecot.conf").first == "protocols = imap lmtp")
        #expect(!basic.draft.files.exists("/etc/dovecot/conf.d/90-quota.conf"))
    }

    @Test func `saslauthd asks it too, and Postfix asks saslauthd`() {
        #expect(
            basic.lines("/etc/saslauthd.conf") == [
                "ldap_servers: ldap://ldap.example.org",
                "ldap_auth_method: bind",
                "ldap_bind_dn: cn=admin,ou=users,dc=example,dc=org",
                "ldap_bind_pw: mypassword",
                "ldap_search_base: dc=example,dc=org",
                "ldap_filter: (&(mail=%U@example.org)(objectClass=inetOrgPerson))",
                "ldap_start_tls: no",
                "ldap_tls_check_peer: no",
                "ldap_referrals: yes",
                "log_level: 10",
            ])
        #expect(
            basic.lines("/etc/default/saslauthd") == [
                "MECHANISMS=\"ldap\"", "MECH_OPTIONS=\"/etc/saslauthd.conf\"", "OPTIONS=\"-m /var/run/saslauthd\"",
            ])
        #expect(basic.main("smtpd_sasl_type") == nil)
        #expect(basic.main("smtpd_sasl_path") == nil)
        #expect(!basic.options("submission").contains("smtpd_sasl_type=dovecot"))
        #expect(basic.options("submission").contains("smtpd_sasl_auth_enable=yes"))
        #expect(basic.lines("/etc/postfix/sasl/smtpd.conf") == ["pwcheck_method: saslauthd", "mech_list: plain login"])
    }

    @Test func `each variable is in the report once, and no secret is`() {
        for variable in [
            "ENABLE_SPAMASSASSIN", "ACCOUNT_PROVISIONER", "LDAP_SERVER_HOST", "LDAP_BIND_PW",
            "LDAP_QUERY_FILTER_DOMAIN",
            "DOVECOT_USER_FILTER", "SASLAUTHD_LDAP_FILTER", "PERMIT_DOCKER", "SSL_TYPE",
        ] {
            #expect(basic.entries(variable).count == 1, "\(variable)")
        }
        #expect(basic.entries("ENABLE_CLAMAV").first?.fate == .missingFilter)
        #expect(basic.entries("LDAP_QUERY_FILTER_DOMAIN").first?.fate == .used)
        #expect(basic.entries("docker-mailserver defaults").count == 1)
        #expect(
            !basic.draft.report.entries.contains { $0.value.contains("mypassword") || $0.note.contains("mypassword") })
        #expect(basic.entries("ports").count == 2)
    }

    @Test func `the page's stray quote stays part of the search base, and its comments stay out of the filters`() {
        let site = MailserverSite([
            "/site/compose.yaml": """
            services:
              mailserver:
                hostname: mail.example.org
                environment:
                  - LDAP_START_TLS=yes
                  - ACCOUNT_PROVISIONER=LDAP
                  - LDAP_SERVER_HOST=ldap://ldap.example.org
                  - LDAP_SEARCH_BASE=dc=example,dc=org"
                  - LDAP_BIND_DN=cn=admin,dc=example,dc=org
                  - LDAP_BIND_PW=mypassword
                  - SPOOF_PROTECTION=1
                  - LDAP_QUERY_FILTER_DOMAIN=(mail=*@%s)
                  - LDAP_QUERY_FILTER_USER=(mail=%s)
                  - LDAP_QUERY_FILTER_ALIAS=(|) # doesn't match anything
                  - LDAP_QUERY_FILTER_GROUP=(|) # doesn't match anything
                  - LDAP_QUERY_FILTER_SENDERS=(|(mail=%s)(mail=admin@*))
            """
        ])
        let aliases = site.lines("/etc/postfix/ldap-aliases.cf")
        #expect(aliases.contains("search_base = dc=example,dc=org\""))
        #expect(aliases.contains("query_filter = (|)"))
        #expect(aliases.contains("start_tls = yes"))
        // Without a filter of its own, Dovecot's pass_filter is emptied, its user_filter is not.
        let dovecot = site.lines("/etc/dovecot/dovecot-ldap.conf.ext")
        #expect(dovecot.contains("pass_filter ="))
        #expect(
            dovecot.contains("user_filter         = (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))"))
    }

    @Test func `Kopano's setup hands mail to its agent and has no Dovecot`() {
        let site = MailserverSite([
            "/site/compose.yaml": """
            services:
              mailserver:
                hostname: mail.example.com
                environment:
                  - SMTP_ONLY=1
                  - SASLAUTHD_PASSWD=
                  - ENABLE_SASLAUTHD=1
                  - SASLAUTHD_LDAP_FILTER=(&(sAMAccountName=%U)(objectClass=person))
                  - SASLAUTHD_MECHANISMS=ldap
                  - ACCOUNT_PROVISIONER=LDAP
                  - LDAP_SERVER_HOST=<yourLdapContainer/yourLdapServer>
                  - LDAP_QUERY_FILTER_USER=(&(objectClass=user)(mail=%s))
                  - LDAP_QUERY_FILTER_GROUP=(&(objectclass=group)(mail=%s))
                  - LDAP_QUERY_FILTER_ALIAS=(&(objectClass=user)(otherMailbox=%s))
                  - LDAP_QUERY_FILTER_DOMAIN=(&(|(mail=*@%s)(mailalias=*@%s)(mailGroupMember=*@%s))(mailEnabled=TRUE))
                  - POSTFIX_DAGENT=lmtp:kopano:2003
                  - SSL_TYPE=snakeoil
            """
        ])
        #expect(site.origins.map(\.dialect) == [.saslauthd, .postfix])
        #expect(site.main("virtual_transport") == "lmtp:kopano:2003")
        #expect(site.main("virtual_mailbox_maps") == "ldap:/etc/postfix/ldap-users.cf")
        #expect(site.main("smtpd_sender_login_maps") == nil)
        #expect(site.main("mua_sender_restrictions") == "$dms_smtpd_sender_restrictions")
        #expect(site.options("submission").contains("smtpd_sasl_auth_enable=yes"))
        #expect(site.entries("SASLAUTHD_PASSWD").first?.fate == .ignored)
        #expect(site.entries("SSL_TYPE").first?.fate == .unsupported(.encryption))
        #expect(!site.draft.files.exists("/etc/dovecot/dovecot.conf"))
    }
}
