import Glibc

/// Where the service keeps what is its own.
enum StateFolder {
    /// Below the folder that systemd keeps for the service, else the machine's, else, for who may not write that, one of
    /// the user's own (XDG).
    static func path(_ name: String, system: String, environment: [String: String]) -> String {
        // systemd.exec(5): several are separated by colons.
        if let state = environment["STATE_DIRECTORY"]?.split(separator: ":").first, state.hasPrefix("/") {
            return "\(state)/\(name)"
        }
        guard !Privileges.isRoot, !Privileges.canTakeIdentities, access(system, W_OK) != 0 else { return system }
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/postroom/\(name)" }
        guard let home = environment["HOME"], home.hasPrefix("/"), home != "/" else { return system }
        return "\(home)/.local/state/postroom/\(name)"
    }
}
