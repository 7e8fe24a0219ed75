import Dialects
import FuzzSites
import FuzzSupport
import SiteConfiguration

/// main.cf, master.cf and a table's file: a site that starts never relays for everybody through an empty list.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let site = FuzzedSite.read(
        FuzzInput(start, count), [ConfigurationOrigin(.postfix, path: "/etc/postfix")],
        paths: ["/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/postfix/ldap.cf"])
    guard !site.faults.contains(where: { $0.severity == .error }) else { return 0 }
    for listener in site.model.listeners {
        guard let policy = listener.policy.flatMap({ site.model.policy($0.value) }) else {
            require(false, "\(listener.name) has no policy")
            return 0
        }
        require(
            !(policy.relayRestrictions + policy.recipientRestrictions).isEmpty, "\(listener.name) restricts nobody")
    }
    return 0
}
