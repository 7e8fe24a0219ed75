/// The settings of the Postfix that docker-mailserver 15.1 ships. Left out are those of programs that are not there (its
/// filters, and the tables that strip headers), which the report tells of together, and DH parameters.
enum ShippedPostfix {
    static let main = """
        smtpd_banner = $myhostname ESMTP
        biff = no
        append_dot_mydomain = no
        alias_maps = hash:/etc/aliases
        alias_database = hash:/etc/aliases
        mydestination = $myhostname, localhost.$mydomain, localhost
        relayhost =
        mynetworks = 127.0.0.0/8 [::1]/128 [fe80::]/64
        mailbox_size_limit = 0
        recipient_delimiter = +
        inet_interfaces = all
        inet_protocols = all
        smtpd_tls_chain_files = /etc/ssl/private/ssl-cert-snakeoil.key /etc/ssl/certs/ssl-cert-snakeoil.pem
        #smtpd_tls_CAfile =
        #smtp_tls_CAfile =
        smtpd_tls_security_level = may
        smtpd_tls_loglevel = 1
        smtp_tls_security_level = may
        smtp_tls_loglevel = 1
        tls_high_cipherlist = \(ShippedTLS.modernCiphers)
        tls_preempt_cipherlist = yes
        smtpd_tls_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1
        smtp_tls_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1
        smtpd_tls_mandatory_ciphers = high
        smtpd_tls_mandatory_protocols = !SSLv2,!SSLv3,!TLSv1,!TLSv1.1
        smtpd_tls_exclude_ciphers = aNULL, SEED, CAMELLIA, RSA+AES, SHA1
        smtpd_tls_CApath = /etc/ssl/certs
        smtp_tls_CApath = /etc/ssl/certs
        smtpd_helo_required = yes
        smtpd_delay_reject = yes
        smtpd_helo_restrictions = permit_mynetworks, reject_invalid_helo_hostname, permit
        smtpd_relay_restrictions = permit_mynetworks permit_sasl_authenticated defer_unauth_destination
        smtpd_recipient_restrictions = permit_sasl_authenticated, permit_mynetworks, reject_unauth_destination, \
        reject_invalid_helo_hostname, reject_non_fqdn_helo_hostname, reject_unknown_recipient_domain
        smtpd_client_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination
        smtpd_data_restrictions = permit_mynetworks, permit_sasl_authenticated, reject_unauth_pipelining
        smtpd_sender_restrictions = $dms_smtpd_sender_restrictions
        smtpd_discard_ehlo_keywords = silent-discard, dsn
        smtpd_forbid_bare_newline = yes
        disable_vrfy_command = yes
        dms_smtpd_sender_restrictions = permit_sasl_authenticated, permit_mynetworks, reject_unknown_sender_domain
        mua_sender_restrictions = reject_authenticated_sender_login_mismatch, $dms_smtpd_sender_restrictions
        smtpd_sasl_auth_enable = no
        smtpd_sasl_path = /dev/shm/sasl-auth.sock
        smtpd_sasl_type = dovecot
        smtpd_sasl_security_options = noanonymous
        smtpd_sasl_local_domain = $mydomain
        broken_sasl_auth_clients = yes
        virtual_mailbox_domains = /etc/postfix/vhost
        virtual_alias_maps = texthash:/etc/postfix/virtual
        milter_protocol = 6
        milter_default_action = accept
        smtpd_milters =
        non_smtpd_milters =
        compatibility_level = 2

        """

    static let master = """
        smtp      inet  n       -       n       -       1       postscreen
        smtpd     pass  -       -       n       -       -       smtpd
        tlsproxy  unix  -       -       n       -       0       tlsproxy
        dnsblog   unix  -       -       n       -       0       dnsblog
        submission inet n       -       n       -       -       smtpd
          -o syslog_name=postfix/submission
          -o smtpd_tls_security_level=encrypt
          -o smtpd_sasl_auth_enable=yes
          -o smtpd_sasl_type=dovecot
          -o smtpd_reject_unlisted_recipient=no
          -o smtpd_sasl_authenticated_header=yes
          -o smtpd_client_restrictions=permit_sasl_authenticated,reject
          -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
          -o smtpd_sender_restrictions=$mua_sender_restrictions
          -o smtpd_discard_ehlo_keywords=
          -o milter_macro_daemon_name=ORIGINATING
        submissions inet n      -       n       -       -       smtpd
          -o syslog_name=postfix/submissions
          -o smtpd_tls_wrappermode=yes
          -o smtpd_sasl_auth_enable=yes
          -o smtpd_sasl_type=dovecot
          -o smtpd_reject_unlisted_recipient=no
          -o smtpd_sasl_authenticated_header=yes
          -o smtpd_client_restrictions=permit_sasl_authenticated,reject
          -o smtpd_relay_restrictions=permit_sasl_authenticated,reject
          -o smtpd_sender_restrictions=$mua_sender_restrictions
          -o smtpd_discard_ehlo_keywords=
          -o milter_macro_daemon_name=ORIGINATING
        pickup    fifo  n       -       y       60      1       pickup
        cleanup   unix  n       -       y       -       0       cleanup
        qmgr      unix  n       -       n       300     1       qmgr
        tlsmgr    unix  -       -       y       1000?   1       tlsmgr
        rewrite   unix  -       -       y       -       -       trivial-rewrite
        bounce    unix  -       -       y       -       0       bounce
        defer     unix  -       -       y       -       0       bounce
        trace     unix  -       -       y       -       0       bounce
        verify    unix  -       -       y       -       1       verify
        flush     unix  n       -       y       1000?   0       flush
        proxymap  unix  -       -       n       -       -       proxymap
        proxywrite unix -       -       n       -       1       proxymap
        smtp      unix  -       -       y       -       -       smtp
        relay     unix  -       -       y       -       -       smtp
        showq     unix  n       -       y       -       -       showq
        error     unix  -       -       y       -       -       error
        retry     unix  -       -       y       -       -       error
        discard   unix  -       -       y       -       -       discard
        local     unix  -       n       n       -       -       local
        virtual   unix  -       n       n       -       -       virtual
        lmtp      unix  -       -       n       -       -       lmtp
        anvil     unix  -       -       y       -       1       anvil
        scache    unix  -       -       y       -       1       scache

        """

    /// The lookup tables in the directory, of which the start-up scripts rewrite lines.
    static let tables: [(name: String, filter: String, attributes: String, variable: String)] = [
        ("users", "(&(mail=%s)(mailEnabled=TRUE))", "mail", "LDAP_QUERY_FILTER_USER"),
        ("groups", "(&(mailGroupMember=%s)(mailEnabled=TRUE))", "mail", "LDAP_QUERY_FILTER_GROUP"),
        ("aliases", "(&(mailAlias=%s)(mailEnabled=TRUE))", "mail", "LDAP_QUERY_FILTER_ALIAS"),
        ("domains", "(&(|(mail=*@%s)(mailalias=*@%s))(mailEnabled=TRUE))", "mail", "LDAP_QUERY_FILTER_DOMAIN"),
        ("senders", "(mail=%s)", "mail, uid", "LDAP_QUERY_FILTER_SENDERS"),
    ]

    static func table(filter: String, attributes: String) -> String {
        """
        bind             = yes
        bind_dn          = cn=admin,dc=example,dc=com
        bind_pw          = admin
        query_filter     = \(filter)
        result_attribute = \(attributes)
        search_base      = ou=people,dc=example,dc=com
        server_host      = mail.example.com
        start_tls        = no
        version          = 3

        """
    }
}

/// Cipher suites of TLS_LEVEL.
enum ShippedTLS {
    static let modernCiphers =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
        + "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384"
    static let intermediateCiphers =
        "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-GCM-SHA256:"
        + "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
        + "DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:"
        + "ECDHE-RSA-AES256-SHA384:ECDHE-ECDSA-AES256-SHA384:DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256"
}
