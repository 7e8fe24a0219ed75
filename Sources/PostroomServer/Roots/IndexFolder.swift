import Glibc
import SiteConfiguration

/// Where what is known of mailboxes is kept: it may be deleted at any time.
enum IndexFolder {
    static let system = "/var/lib/postroom/index"

    /// The configured folder, else one of the service's own.
    static func path(_ model: SiteModel, environment: [String: String]) -> String {
        if let configured = model.store.indexDirectory { return configured.value }
        return StateFolder.path("index", system: system, environment: environment)
    }

    /// Makes the folder, for the service alone. False when that can't be: mail is served without it.
    static func make(_ path: String) -> Bool {
        guard path.hasPrefix("/") else { return false }
        var position = path.index(after: path.startIndex)
        while let slash = path[position...].firstIndex(of: "/") {
            _ = mkdir(String(path[..<slash]), 0o755)
            position = path.index(after: slash)
        }
        _ = mkdir(path, 0o700)
        return access(path, R_OK | W_OK | X_OK) == 0
    }
}
