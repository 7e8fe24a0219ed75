import Dialects
import SiteConfiguration

/// Configurations of Postfix as the authors of five documents would have had them on disk.
struct PostfixSite: Sendable, CustomStringConvertible {
    var name: String
    var files: [String: String]
    var machineName = "mail.example.com"
    /// Whether Dovecot's sockets are part of the import.
    var hasDovecot = false

    var description: String { name }

    func read(_ change: (inout SiteDraft) -> Void = { _ in }) -> SiteDraft {
        read(files.mapValues { Array($0.utf8) }, change)
    }

    func read(_ files: [String: [UInt8]], _ change: (inout SiteDraft) -> Void = { _ in }) -> SiteDraft {
        let host = ConfigurationFiles.Host(read: { files[$0] }, list: { _ in nil })
        var draft = SiteDraft(files: ConfigurationFiles(host), environment: [:], machineName: machineName)
        if hasDovecot {
            var services = DovecotServices()
            services.authSockets = [
                Located("/var/spool/postfix/private/auth", at: .builtIn),
                Located("/dev/shm/sasl-auth.sock", at: .builtIn),
            ]
            services.lmtpSockets = [Located("/run/dovecot/lmtp", at: .builtIn)]
            draft.dovecot = services
        }
        change(&draft)
        PostfixImport.read("/etc/postfix", into: &draft)
        return draft
    }

    func changing(_ path: String, _ change: (inout String) -> Void) -> PostfixSite {
        var result = self
        change(&result.files[path, default: ""])
        return result
    }

    /// With lines added to main.cf.
    func adding(_ lines: String) -> PostfixSite {
        changing("/etc/postfix/main.cf") { $0 += lines + "\n" }
    }

    static let all = [vennedey, pragyan, vriesman, dockerLDAP, dockerForwarding]

    static let master = """
        # service type  private unpriv  chroot  wakeup  maxproc command + args
        smtp      inet  n       -       y       -       -       smtpd
        pickup    unix  n       -       y       60      1       pickup
        cleanup   unix  n       -       y       -       0       cleanup
        qmgr      unix  n       -       n       300     1       qmgr
        tlsmgr    unix  -       -       y       1000?   1       tlsmgr
        rewrite   unix  -       -       y       -       -       trivial-rewrite
        bounce    unix  -       -       y       -       0       bounce
        virtual   unix  -       n       n       -       -       virtual
        relay     unix  -       -       y       -       -       smtp
                -o syslog_name=postfix/$service_name
        maildrop  unix  -       n       n       -       -       pipe
          flags=DRhu user=vmail argv=/usr/bin/maildrop -d ${recipient}

        """
}

extension PostfixSite {
    private static func vennedeyTable(_ rest: String) -> String {
        """
        server_host = ldap://ldap.example.com
        start_tls = yes
        version = 3
        tls_ca_cert_file = /etc/ldap/tls/CA.pem
        tls_require_cert = yes

        bind = yes
        bind_dn = cn=mailAccountReader,ou=Manager,dc=example,dc=com
        bind_pw = readerpw

        search_base = ou=Mail,dc=example,dc=com
        scope = sub

        \(rest)
        """
    }

    static let vennedey = PostfixSite(
        name: "vennedey",
        files: [
            "/etc/mailname": "mx0.example.com\n",
            "/etc/aliases": "postmaster: root\nroot: admin@example.com\n",
            "/etc/postfix/main.cf": """
            smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
            biff = no
            append_dot_mydomain = no
            readme_directory = no

            myhostname = mx0.example.com
            alias_maps = hash:/etc/aliases
            alias_database = hash:/etc/aliases
            myorigin = /etc/mailname
            mydestination = localhost
            relayhost =
            mynetworks = 127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128
            mailbox_size_limit = 0
            inet_interfaces = all

            virtual_alias_domains = ldap:/etc/postfix/ldap/virtual_alias_domains
            virtual_mailbox_domains = $myhostname

            virtual_alias_maps = ldap:/etc/postfix/ldap/virtual_alias_maps
            virtual_mailbox_base = /
            virtual_mailbox_maps = ldap:/etc/postfix/ldap/virtual_mailbox_maps
            virtual_uid_maps = ldap:/etc/postfix/ldap/virtual_uid_maps
            virtual_gid_maps = ldap:/etc/postfix/ldap/virtual_uid_maps

            smtpd_sender_login_maps = ldap:/etc/postfix/ldap/smtpd_sender_login_maps

            smtpd_tls_cert_file = /etc/postfix/tls/server.crt
            smtpd_tls_key_file = /etc/postfix/tls/server.key
            smtpd_tls_loglevel = 1
            smtpd_tls_received_header = yes
            smtpd_tls_security_level = may
            smtpd_tls_auth_only = yes
            smtpd_tls_mandatory_protocols = !SSLv2, !SSLv3
            #tls_preempt_cipherlist = yes
            tls_disable_workarounds = 0xFFFFFFFFFFFFFFFF
            smtpd_tls_mandatory_ciphers = high
            smtpd_tls_exclude_ciphers = aNULL, eNULL, EXPORT, DES, RC4, MD5, PSK, aECDH, EDH-DSS-DES-CBC3-SHA,
               EDH-RSA-DES-CBC3-SHA, KRB5-DES, CBC3-SHA
            smtpd_tls_dh1024_param_file = /etc/postfix/dhparam/dh4096.pem
            smtpd_tls_eecdh_grade = ultra

            smtp_tls_security_level = verify
            smtp_tls_CApath = /etc/ssl/certs
            smtp_tls_loglevel = $smtpd_tls_loglevel
            smtp_tls_mandatory_protocols = $smtpd_tls_mandatory_protocols
            smtp_tls_mandatory_ciphers = $smtpd_tls_mandatory_ciphers
            smtp_tls_exclude_ciphers = $smtpd_tls_exclude_ciphers
            delay_warning_time = 4

            smtpd_sasl_type = dovecot
            smtpd_sasl_path = private/auth
            smtpd_sasl_auth_enable = yes
            broken_sasl_auth_clients = yes
            smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
            smtpd_recipient_restrictions = reject_sender_login_mismatch

            """,
            "/etc/postfix/master.cf": master + """
                submission inet n       -       -       -       -       smtpd
                  -o syslog_name=postfix/submission
                  -o smtpd_tls_security_level=encrypt
                  -o tls_preempt_cipherlist=yes

                """,
            "/etc/postfix/ldap/virtual_alias_domains": vennedeyTable(
                """
                query_filter = mailacceptinggeneralid=*@%s
                result_attribute = mailacceptinggeneralid
                result_format = %d

                """),
            "/etc/postfix/ldap/virtual_alias_maps": vennedeyTable(
                "query_filter = mailacceptinggeneralid=%s\nresult_attribute = maildrop\n"),
            "/etc/postfix/ldap/virtual_mailbox_maps": vennedeyTable(
                "query_filter = maildrop=%s\nresult_attribute = homeDirectory\nresult_format = %s/mailbox/\n"),
            "/etc/postfix/ldap/virtual_uid_maps": vennedeyTable(
                "query_filter = maildrop=%s\nresult_attribute = uidNumber\n"),
            "/etc/postfix/ldap/smtpd_sender_login_maps": vennedeyTable(
                "query_filter = (|(mailacceptinggeneralid=%s)(maildrop=%s))\nresult_attribute = uid\n"),
        ], machineName: "mx0.example.com", hasDovecot: true)

    static let pragyan = PostfixSite(
        name: "pragyan",
        files: [
            "/etc/aliases": "postmaster: root\nroot: core@pragyan.org\n",
            "/etc/postfix/main.cf": """
            queue_directory = /var/spool/postfix
            command_directory = /usr/sbin
            daemon_directory = /usr/libexec/postfix
            mail_owner = postfix
            myhostname = mail.pragyan.org
            mydomain = pragyan.org
            myorigin = $mydomain
            inet_interfaces = all
            mydestination = pragyan.org
            unknown_local_recipient_reject_code = 550
            mynetworks = 10.0.0.0/8, 127.0.0.0/8
            alias_maps = hash:/etc/aliases
            alias_database = hash:/etc/aliases
            debug_peer_level = 2
            local_transport = virtual
            local_recipient_maps = $virtual_mailbox_maps
            virtual_alias_maps = ldap:/etc/postfix/aliases.cf
            virtual_mailbox_maps = ldap:/etc/postfix/accounts.cf
            virtual_mailbox_base = /var/spool/mail/virtual
            virtual_minimum_uid = 100
            virtual_uid_maps = static:700
            virtual_gid_maps = static:700
            sendmail_path = /usr/sbin/sendmail.postfix

            """,
            "/etc/postfix/master.cf": master,
            "/etc/postfix/aliases.cf": """
            server_host = ldap.pragyan.org
            search_base = ou=Groups,ou=Pragyan,dc=delta,dc=nitt.edu
            query_filter = (&(objectClass=*)(listName=%u))
            result_attribute = mail
            special_result_attribute = contact
            bind = yes
            bind_dn = cn=dovecot,ou=Pragyan,dc=delta,dc=nitt.edu
            bind_pw = dovecotpw

            """,
            "/etc/postfix/accounts.cf": """
            server_host = ldap.pragyan.org
            search_base = ou=People,ou=Pragyan,dc=delta,dc=nitt.edu
            query_filter = (&(objectClass=*)(mail=%s))
            result_attribute = uid
            bind = yes
            bind_dn = cn=dovecot,ou=Pragyan,dc=delta,dc=nitt.edu
            bind_pw = dovecotpw

            """,
        ], machineName: "mail.pragyan.org")

    static let vriesman = PostfixSite(
        name: "vriesman",
        files: [
            "/etc/aliases": "postmaster: root\n",
            "/etc/postfix/main.cf": """
            myhostname = smtp1.mydomain.nl
            mydomain = mydomain.nl
            myorigin = $mydomain
            mynetworks = 192.168.0.0/16, 127.0.0.0/8
            local_transport = virtual
            virtual_mailbox_base = /
            virtual_mailbox_maps = ldap:ldapvirtual
            virtual_uid_maps = static:5000
            virtual_gid_maps = static:5000
            virtual_minimum_uid = 500
            virtual_mailbox_limit = 0
            ldapvirtual_server_host = ldap.mydomain.nl
            ldapvirtual_server_port = 389
            ldapvirtual_bind = yes
            ldapvirtual_bind_dn = ou=System,o=company
            ldapvirtual_bind_pw = systempw
            ldapvirtual_search_base = ou=Tokelau,o=company
            ldapvirtual_query_filter = (&(|(mail=%s)(mailAlternateAddress=%s))(|(AccountStatus=active)(accountStatus=shared)))
            ldapvirtual_result_attribute = mailMessageStore

            mydestination = $myhostname, localhost.$mydomain, localhost.localdomain, ldap:acceptdomains
            acceptdomains_server_host = ldap.mydomain.nl
            acceptdomains_server_port = 389
            acceptdomains_bind = yes
            acceptdomains_bind_dn = ou=System,o=company
            acceptdomains_bind_pw = systempw
            acceptdomains_search_base = ou=postfix,ou=System,o=company
            acceptdomains_query_filter = (associatedDomain=*)
            acceptdomains_result_attribute = associatedDomain

            virtual_maps = ldap:ldapalias
            ldapalias_server_host = ldap.mydomain.nl
            ldapalias_server_port = 389
            ldapalias_bind = yes
            ldapalias_bind_dn = ou=System,o=company
            ldapalias_bind_pw = systempw
            ldapalias_search_base = ou=Tokelau,o=company
            ldapalias_query_filter = (&(|(mail=%s)(mailAlternateAddress=%s))(|(AccountStatus=active)(AccountStatus=shared)))
            ldapalias_result_attribute = mail

            """,
            "/etc/postfix/master.cf": master,
        ], machineName: "smtp1.mydomain.nl")
}
