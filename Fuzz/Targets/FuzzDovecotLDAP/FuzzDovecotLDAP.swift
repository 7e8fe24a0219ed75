import Dialects
import FuzzSites
import FuzzSupport

/// dovecot-ldap.conf.ext with its templates and filters.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    _ = FuzzedSite.read(
        FuzzInput(start, count), [ConfigurationOrigin(.dovecot, path: "/etc/dovecot")],
        paths: ["/etc/dovecot/ldap.conf"],
        fixed: [
            "/etc/dovecot/dovecot.conf": """
            protocols = imap
            mail_location = maildir:~/Maildir
            passdb {
              driver = ldap
              args = /etc/dovecot/ldap.conf
            }
            userdb {
              driver = ldap
              args = /etc/dovecot/ldap.conf
            }

            """
        ])
    return 0
}
