import Dialects
import FuzzSites
import FuzzSupport

/// dovecot.conf with a file that it includes, 2.3 and 2.4.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    _ = FuzzedSite.read(
        FuzzInput(start, count), [ConfigurationOrigin(.dovecot, path: "/etc/dovecot")],
        paths: ["/etc/dovecot/dovecot.conf", "/etc/dovecot/conf.d/10-auth.conf"],
        fixed: ["/etc/dovecot/dovecot-ldap.conf.ext": "uris = ldap://ldap.example.org\nbase = dc=example,dc=org\n"])
    return 0
}
