/// What docker-mailserver's scripts make of the two documents' settings.
extension PostfixSite {
    private static func table(_ filter: String, _ rest: String, server: String = "ldap://ldap.example.org") -> String {
        """
        bind = yes
        bind_dn = cn=admin,ou=users,dc=example,dc=org
        bind_pw = mypassword
        query_filter = \(filter)
        search_base = dc=example,dc=org
        server_host = \(server)
        start_tls = yes
        version = 3
        \(rest)

        """
    }

    private static let dockerMain = """
        # See /usr/share/postfix/main.cf.dist for a commented, more complete version

        smtpd_banner = $myhostname ESMTP
        biff = no
        append_dot_mydomain = no
        readme_directory = no

        # Basic configuration
        alias_maps = hash:/etc/aliases
        alias_database = hash:/etc/aliases
        mydestination = localhost.$mydomain, localhost
        relayhost =
        mynetworks = 127.0.0.0/8 [::1]/128 [fe80::]/64 172.17.0.0/16
        mailbox_size_limit = 0
        recipient_delimiter = +
        inet_interfaces = all
        inet_protocols = all
        smtputf8_enable = no

        # TLS parameters
        smtpd_tls_chain_files = /etc/dms/tls/key /etc/dms/tls/cert
        smtpd_tls_security_level = may
        smtpd_tls_auth_only = yes
        smtp_tls_security_level = may
        smtp_tls_CAfile = /etc/ssl/certs/ca-certificates.crt
        smtp_tls_loglevel = 1
        smtp_tls_session_cache_database = btree:${data_directory}/smtp_scache
        smtpd_tls_loglevel = 1
        smtpd_tls_dh1024_param_file = /etc/postfix/ffdhe4096.pem
        smtpd_tls_mandatory_ciphers = high
        tls_preempt_cipherlist = yes
        tls_high_cipherlist = ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384
        tls_ssl_options = NO_COMPRESSION
        smtpd_tls_mandatory_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1
        smtpd_tls_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1
        smtpd_tls_exclude_ciphers = aNULL, SEED, CAMELLIA, RSA+AES, SHA1

        # Settings to prevent SPAM early
        smtpd_helo_required = yes
        smtpd_delay_reject = yes
        smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname, permit
        smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
        smtpd_recipient_restrictions = permit_sasl_authenticated, permit_mynetworks, reject_unauth_destination,
         reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, reject_unknown_recipient_domain
        smtpd_client_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
        smtpd_sender_restrictions = $dms_smtpd_sender_restrictions
        smtpd_discard_ehlo_keywords = silent-discard, dsn
        disable_vrfy_command = yes
        smtpd_data_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_pipelining
        smtpd_forbid_bare_newline = yes

        # Custom defined parameters for DMS:
        dms_smtpd_sender_restrictions = permit_sasl_authenticated, permit_mynetworks, reject_unknown_sender_domain
        # Submission ports 587 and 465 support for SPOOF_PROTECTION=1
        mua_sender_restrictions = reject_authenticated_sender_login_mismatch, $dms_smtpd_sender_restrictions

        # Postscreen settings to drop zombies/open relays/spam early
        postscreen_dnsbl_action = enforce
        postscreen_greet_action = enforce

        # SASL
        smtpd_sasl_auth_enable = yes
        smtpd_sasl_security_options = noanonymous
        smtpd_sasl_local_domain = $mydomain
        broken_sasl_auth_clients = yes

        # Mail directory
        virtual_mailbox_base = /var/mail/
        virtual_minimum_uid = 5000
        virtual_uid_maps = static:5000
        virtual_gid_maps = static:5000

        # Milters used by DKIM
        milter_protocol = 6
        milter_default_action = accept
        smtpd_milters = inet:localhost:8891
        non_smtpd_milters = $smtpd_milters

        # Header checks for content inspection on receiving
        header_checks = pcre:/etc/postfix/maps/header_checks.pcre
        maillog_file = /dev/stdout
        compatibility_level = 2
        myhostname = mail.example.com
        mydomain = example.com

        """

    private static let dockerMaster = """
        smtp      inet  n       -       n       -       1       postscreen
        smtpd     pass  -       -       n       -       -       smtpd
          -o smtpd_sasl_auth_enable=no
        dnsblog   unix  -       -       n       -       0       dnsblog
        tlsproxy  unix  -       -       n       -       0       tlsproxy
        submission inet n       -       n       -       -       smtpd
          -o syslog_name=postfix/submission
          -o smtpd_tls_security_level=encrypt
          -o smtpd_sasl_auth_enable=yes
          -o smtpd_reject_unlisted_recipient=no
          -o smtpd_sasl_authenticated_header=yes
          -o smtpd_client_restrictions=permit_sasl_authenticated,reject
          -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
          -o smtpd_sender_restrictions=$mua_sender_restrictions
          -o smtpd_discard_ehlo_keywords=
          -o milter_macro_daemon_name=ORIGINATING
          -o cleanup_service_name=sender-cleanup
        submissions inet n      -       n       -       -       smtpd
          -o syslog_name=postfix/submissions
          -o smtpd_tls_wrappermode=yes
          -o smtpd_sasl_auth_enable=yes
          -o smtpd_reject_unlisted_recipient=no
          -o smtpd_sasl_authenticated_header=yes
          -o smtpd_client_restrictions=permit_sasl_authenticated,reject
          -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
          -o smtpd_sender_restrictions=$mua_sender_restrictions
          -o milter_macro_daemon_name=ORIGINATING
        smtp-amavis unix -      -       n       -       2       smtp
          -o smtp_data_done_timeout=1200
        127.0.0.1:10025 inet n  -       n       -       -       smtpd
          -o content_filter=
          -o smtpd_delay_reject=no
          -o smtpd_client_restrictions=permit_mynetworks,reject
          -o smtpd_recipient_restrictions=permit_mynetworks,reject
          -o smtpd_relay_restrictions=permit_mynetworks,reject
          -o mynetworks=127.0.0.0/8
          -o smtpd_milters=
        cleanup   unix  n       -       n       -       0       cleanup
        sender-cleanup unix n   -       n       -       0       cleanup
          -o header_checks=pcre:/etc/postfix/maps/sender_header_filter.pcre
        qmgr      unix  n       -       n       300     1       qmgr

        """

    private static let dockerFiles = [
        "/etc/aliases": "root: postmaster@example.com\n",
        "/etc/postfix/vhost": "example.com\n",
        "/etc/postfix/maps/header_checks.pcre": "/^\\s*User-Agent/ IGNORE\n",
        "/etc/postfix/maps/sender_header_filter.pcre": "/^\\s*(Received: from)[^\\n]*/ REPLACE $1 [127.0.0.1]\n",
        "/etc/postfix/master.cf": dockerMaster,
        "/etc/postfix/sasl/smtpd.conf": "pwcheck_method: saslauthd\nmech_list: plain login\n",
    ]

    static let dockerLDAP = PostfixSite(
        name: "docker-mailserver, LDAP",
        files: dockerFiles.merging([
            "/etc/postfix/main.cf": dockerMain + """
                virtual_mailbox_maps = ldap:/etc/postfix/ldap-users.cf
                virtual_mailbox_domains = /etc/postfix/vhost, ldap:/etc/postfix/ldap-domains.cf
                virtual_alias_maps = ldap:/etc/postfix/ldap-aliases.cf, ldap:/etc/postfix/ldap-groups.cf
                smtpd_sender_login_maps = ldap:/etc/postfix/ldap-senders.cf
                virtual_transport = lmtp:unix:/var/run/dovecot/lmtp

                """,
            "/etc/postfix/ldap-users.cf": table("(&(objectClass=inetOrgPerson)(mail=%s))", "result_attribute = mail"),
            "/etc/postfix/ldap-aliases.cf": table(
                "(&(objectClass=inetOrgPerson)(mailAlias=%s))", "result_attribute = mail"),
            "/etc/postfix/ldap-groups.cf": table(
                "(&(objectClass=inetOrgPerson)(mailGroupMember=%s))", "result_attribute = mail"),
            "/etc/postfix/ldap-domains.cf": table(
                "(|(mail=*@%s)(mailAlias=*@%s)(mailGroupMember=*@%s))", "result_attribute = mail"),
            "/etc/postfix/ldap-senders.cf": table(
                "(&(objectClass=inetOrgPerson)(|(mail=%s)(mailAlias=%s)(mailGroupMember=%s)))",
                "result_attribute = mail, uid"),
        ]) { $1 }, hasDovecot: true)

    static let dockerForwarding = PostfixSite(
        name: "docker-mailserver, forwarding only",
        files: dockerFiles.merging([
            "/etc/postfix/main.cf": dockerMain + """
                virtual_mailbox_maps = ldap:/etc/postfix/ldap-users.cf
                virtual_mailbox_domains = /etc/postfix/vhost
                virtual_alias_maps = ldap:/etc/postfix/ldap-aliases.cf texthash:/etc/postfix/virtual
                smtpd_sender_login_maps = ldap:/etc/postfix/ldap-users.cf

                """,
            "/etc/postfix/virtual": "postmaster@example.org dora@example.org\n",
            "/etc/postfix/ldap-users.cf": table(
                "(uid=%u)", "result_attribute = uid\nresult_format = %s@example.org", server: "ldap.example.org"),
            "/etc/postfix/ldap-aliases.cf": table(
                "(uid=%u)", "domain = example.org\nresult_attribute = mail", server: "ldap.example.org"),
        ]) { $1 })
}
