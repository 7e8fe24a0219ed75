/// Dovecot configurations as sites of the known kinds have them.
enum DovecotSites {
    /// Several domains, passwords by bind with a name made of the login, Maildir below the home, IMAPS alone.
    static let severalDomains: [String: String] = [
        "/etc/dovecot/dovecot.conf": """
        !include_try /usr/share/dovecot/protocols.d/*.protocol
        dict {
          #quota = mysql:/etc/dovecot/dovecot-dict-sql.conf.ext
        }
        !include conf.d/*.conf
        !include_try local.conf

        """,
        "/etc/dovecot/conf.d/10-auth.conf": """
        auth_mechanisms = plain
        #!include auth-system.conf.ext
        !include auth-ldap.conf.ext

        """,
        "/etc/dovecot/conf.d/10-mail.conf": """
        mail_location = maildir:~/mailbox
        namespace inbox {
          inbox = yes
        }
        mail_privileged_group = mail

        """,
        "/etc/dovecot/conf.d/10-master.conf": """
        service imap-login {
          inet_listener imap {
            port = 0
          }
          inet_listener imaps {
            port = 993
            ssl = yes
          }
          service_count = 1
          process_min_avail = 1
        }
        service auth {
          unix_listener /var/spool/postfix/private/auth {
            mode = 0660
            user = postfix
            group = postfix
          }
        }

        """,
        "/etc/dovecot/conf.d/10-ssl.conf": """
        ssl = required
        ssl_cert = </etc/dovecot/tls/server.crt
        ssl_key = </etc/dovecot/tls/server.key
        ssl_dh_parameters_length = 4096
        ssl_protocols = !SSLv2 !SSLv3
        ssl_prefer_server_ciphers = yes
        verbose_ssl = yes

        """,
        "/etc/dovecot/conf.d/15-mailboxes.conf": """
        namespace inbox {
          mailbox Drafts {
            special_use = \\Drafts
          }
          mailbox Trash {
            auto = subscribe
            special_use = \\Trash
          }
        }

        """,
        "/etc/dovecot/conf.d/auth-ldap.conf.ext": """
        passdb {
          driver = ldap
          args = /etc/dovecot/dovecot-ldap.conf.ext
        }
        userdb {
          driver = ldap
          args = /etc/dovecot/dovecot-ldap.conf.ext
        }

        """,
        "/etc/dovecot/dovecot-ldap.conf.ext": """
        uris = ldap://ldap.example.com
        dn = cn=mailAccountReader,ou=Manager,dc=example,dc=com
        dnpass = reader-secret
        tls = yes
        tls_ca_cert_file = /etc/ldap/tls/CA.pem
        tls_require_cert = hard
        debug_level = 0
        auth_bind = yes
        auth_bind_userdn = uid=%u,ou=Mail,dc=example,dc=com
        ldap_version = 3
        base = ou=Mail,dc=example,dc=com
        scope = subtree
        user_attrs = homeDirectory=home,uidNumber=uid,gidNumber=gid
        user_filter = (&(objectClass=posixAccount)(uid=%u))

        """,
        "/etc/dovecot/tls/server.crt": "certificate\n",
        "/etc/dovecot/tls/server.key": "key\n",
    ]

    /// One machine with mbox files in the spool, an older file name of the directory's settings.
    static let spool: [String: String] = [
        "/etc/dovecot/dovecot.conf": """
        protocols = imap imaps
        disable_plaintext_auth = no
        ssl_disable = yes
        mail_location = mbox:/var/spool/mail/virtual/PragyanMail/%u:INBOX=/var/spool/mail/virtual/%u
        mail_uid = 700
        mail_gid = 700
        first_valid_uid = 100
        passdb {
          driver = ldap
          args = /etc/dovecot-ldap.conf
        }
        userdb {
          driver = static
          args = uid=700 gid=700 home=/var/spool/mail/virtual/PragyanMail/%u
        }

        """,
        "/etc/dovecot-ldap.conf": """
        hosts = 127.0.0.1
        dn = cn=dovecot,ou=Pragyan,dc=delta,dc=nitt,dc=edu
        dnpass = secret
        ldap_version = 3
        base = ou=People,ou=Pragyan,dc=delta,dc=nitt,dc=edu
        pass_attrs = uid=user,userPassword=password
        pass_filter = (&(objectClass=evolutionPerson)(uid=%u))
        default_pass_scheme = PLAIN

        """,
    ]

    /// What docker-mailserver's start-up leaves with its LDAP defaults.
    static let container: [String: String] = [
        "/etc/dovecot/dovecot.conf": """
        protocols = imap lmtp
        mail_plugins = $mail_plugins quota
        auth_mechanisms = plain login
        disable_plaintext_auth = yes
        mail_location = maildir:/var/mail/%d/%n
        mail_home = /var/mail/%d/%n/home/
        first_valid_uid = 5000
        passdb {
          driver = ldap
          mechanisms = plain login
          args = /etc/dovecot/dovecot-ldap.conf.ext
        }
        userdb {
          driver = ldap
          args = /etc/dovecot/dovecot-ldap.conf.ext
          default_fields = uid=docker gid=docker home=/var/mail/%d/%u/home/
        }
        service lmtp {
          unix_listener lmtp {
            mode = 0666
          }
        }
        service auth {
          unix_listener /dev/shm/sasl-auth.sock {
            mode = 0660
          }
        }
        protocol lmtp {
          mail_plugins = $mail_plugins sieve
          postmaster_address = postmaster@example.org
        }
        plugin {
          quota = maildir:User quota
          quota_rule = *:storage=1G
          quota_rule2 = Trash:storage=+50M
          quota_grace = 10%%
          sieve = file:~/sieve;active=~/.dovecot.sieve
        }

        """,
        "/etc/dovecot/dovecot-ldap.conf.ext": """
        base = ou=users,dc=example,dc=org
        default_pass_scheme = SSHA
        dn = cn=mailserver,dc=example,dc=org
        dnpass = pass1234
        uris = ldap://ldap.example.org
        tls = no
        ldap_version = 3
        pass_attrs = uniqueIdentifier=user,userPassword=password
        pass_filter = (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))
        user_attrs = mailHomeDirectory=home,mailUidNumber=uid,mailGidNumber=gid,mailStorageDirectory=mail
        user_filter = (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))
        auth_bind = no

        """,
    ]

    /// Dovecot 2.4.
    static let version24: [String: String] = [
        "/etc/dovecot/dovecot.conf": """
        dovecot_config_version = 2.4.0
        dovecot_storage_version = 2.4.0
        protocols {
          imap = yes
          lmtp = yes
        }
        mail_driver = maildir
        mail_path = %{home}/Maildir
        mail_home = /var/mail/%{user | domain}/%{user | username}
        mail_control_path = /var/control/%{user}
        mail_uid = vmail
        mail_plugins {
          quota = yes
        }
        quota "User quota" {
          storage_size = 1G
        }
        ssl = required
        ssl_server_cert_file = /etc/dovecot/server.crt
        ssl_server_key_file = /etc/dovecot/server.key
        ldap_uris = ldaps://ldap.example.org
        ldap_base = dc=example,dc=org
        ldap_auth_dn = cn=reader,dc=example,dc=org
        ldap_auth_dn_password = secret
        passdb ldap {
          bind = yes
          filter = (&(objectClass=posixAccount)(mail=%{user}))
          fields {
            user = %{ldap:uid}
          }
        }
        userdb ldap {
          filter = (&(objectClass=posixAccount)(uid=%{user | username}))
          iterate_filter = (objectClass=posixAccount)
          fields {
            home = %{ldap:homeDirectory}
            uid = %{ldap:uidNumber | default(5000)}
          }
          iterate_fields {
            user = %{ldap:uid}
          }
        }
        service auth {
          unix_listener /var/spool/postfix/private/auth {
          }
        }
        namespace inbox {
          inbox = yes
          mailbox Trash {
            auto = create
            special_use = \\Trash
          }
        }

        """
    ]
}
