import Dialects
import FuzzSites
import FuzzSupport

/// docker-mailserver: a compose file, an env file and the script that patches what comes of them.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    _ = FuzzedSite.read(
        FuzzInput(start, count), [ConfigurationOrigin(.dockerMailserver, path: "/site")],
        paths: [
            "/site/compose.yaml", "/site/mailserver.env", "/site/docker-data/dms/config/user-patches.sh",
            "/site/docker-data/dms/config/postfix-virtual.cf",
        ])
    return 0
}
