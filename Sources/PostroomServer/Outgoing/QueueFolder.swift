import Glibc
import SiteConfiguration

/// Where mail waits.
enum QueueFolder {
    static let system = "/var/spool/postroom"

    /// The configured folder, else the machine's, else, for who may not write that, one of the user's own (XDG).
    static func path(_ model: SiteModel, environment: [String: String]) -> String {
        if let configured = model.outgoing.queueDirectory { return configured.value }
        guard !Privileges.isRoot, !Privileges.canTakeIdentities, access(system, W_OK) != 0 else { return system }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/postroom/spool" }
        guard let home = environment["HOME"], home.hasPrefix("/"), home != "/" else { return system }
        return "\(home)/.local/state/postroom/spool"
    }
}
