import Glibc
import SiteConfiguration

/// Where mail waits.
enum QueueFolder {
    static let system = "/var/spool/postroom"

    /// The configured folder, else below the one that systemd keeps for the service, else the machine's, else, for who may
    /// not write that, one of the user's own (XDG).
    static func path(_ model: SiteModel, environment: [String: String]) -> String {
        if let configured = model.outgoing.queueDirectory { return configured.value }
        // systemd.exec(5): several are separated by colons.
        if let state = environment["STATE_DIRECTORY"]?.split(separator: ":").first, state.hasPrefix("/") {
            return "\(state)/spool"
        }
        guard !Privileges.isRoot, !Privileges.canTakeIdentities, access(system, W_OK) != 0 else { return system }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/postroom/spool" }
        guard let home = environment["HOME"], home.hasPrefix("/"), home != "/" else { return system }
        return "\(home)/.local/state/postroom/spool"
    }
}
