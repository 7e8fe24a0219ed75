/// The settings of the Dovecot that docker-mailserver 15.1 ships. Left out are the rights of its sockets, Sieve, the mails
/// that warn of a full mailbox, and DH parameters.
enum ShippedDovecot {
    static let authentication = """
        #disable_plaintext_auth = yes
        auth_mechanisms = plain login
        #!include auth-ldap.conf.ext
        !include auth-passwdfile.inc
        #!include auth-master.inc

        """

    static let mail = """
        mail_location = maildir:/var/mail/%d/%n
        mail_home = /var/mail/%d/%n/home/
        namespace inbox {
          inbox = yes
        }

        """

    static let listeners = """
        service imap-login {
          inet_listener imap {
            port = 143
          }
          inet_listener imaps {
            port = 993
            ssl = yes
          }
        }
        service pop3-login {
          inet_listener pop3 {
            port = 110
          }
          inet_listener pop3s {
            port = 995
            ssl = yes
          }
        }
        !include lmtp-master.inc
        service auth {
          unix_listener auth-userdb {
            mode = 0666
          }
          unix_listener auth-master {
            mode = 0600
          }
          unix_listener /dev/shm/sasl-auth.sock {
            mode = 0660
          }
        }

        """

    static let lmtp = """
        service lmtp {
          unix_listener lmtp {
            mode = 0660
          }
        }

        """

    static let tls = """
        ssl = required
        ssl_cert = </etc/dovecot/ssl/dovecot.pem
        ssl_key = </etc/dovecot/ssl/dovecot.key
        #ssl_alt_cert = </path/to/alternative/cert.pem
        #ssl_alt_key = </path/to/alternative/key.pem
        ssl_min_protocol = TLSv1.2
        ssl_cipher_list = \(ShippedTLS.modernCiphers)
        ssl_prefer_server_ciphers = yes

        """

    static let mailboxes = """
        namespace inbox {
          mailbox Drafts {
            auto = subscribe
            special_use = \\Drafts
          }
          mailbox Junk {
            auto = subscribe
            special_use = \\Junk
          }
          mailbox Trash {
            auto = subscribe
            special_use = \\Trash
          }
          mailbox Sent {
            auto = subscribe
            special_use = \\Sent
          }
        }

        """

    static let ldapDatabases = """
        passdb {
          driver = ldap
          mechanisms = plain login
          args = /etc/dovecot/dovecot-ldap.conf.ext
        }
        userdb {
          driver = ldap
          args = /etc/dovecot/dovecot-ldap.conf.ext
        }

        """

    static let ldap = """
        base                = ou=people,dc=domain,dc=com
        default_pass_scheme = SSHA
        dn                  = cn=admin,dc=domain,dc=com
        dnpass              = admin
        uris                = ldap://mail.domain.com
        tls                 = no
        ldap_version        = 3
        pass_attrs          = uniqueIdentifier=user,userPassword=password
        pass_filter         = (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))
        user_attrs          = mailHomeDirectory=home,mailUidNumber=uid,mailGidNumber=gid,mailStorageDirectory=mail
        user_filter         = (&(objectClass=PostfixBookMailAccount)(uniqueIdentifier=%n))
        auth_bind           = no

        """

    /// - Parameters:
    ///   - user: the number of docker-mailserver's user `docker`, whose name means nothing on this machine.
    static func passwdFile(user: String, group: String) -> String {
        """
        passdb {
          driver = passwd-file
          mechanisms = plain login
          args = scheme=SHA512-CRYPT username_format=%u /etc/dovecot/userdb
        }
        userdb {
          driver = passwd-file
          args = username_format=%u /etc/dovecot/userdb
          default_fields = uid=\(user) gid=\(group) home=/var/mail/%d/%n/home/
        }

        """
    }

    static let masterUsers = """
        auth_master_user_separator = *
        passdb {
          driver = passwd-file
          args = scheme=SHA512-CRYPT username_format=%u /etc/dovecot/masterdb
          master = yes
          result_success = continue
        }

        """
}
