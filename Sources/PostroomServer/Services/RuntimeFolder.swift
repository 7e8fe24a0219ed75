import Directory
import Glibc
package import SiteConfiguration

/// Where a server's Unix sockets lie.
package enum RuntimeFolder {
    package static let system = "/run/postroom"
    package static let submissionSocket = "submit.sock"
    package static let administrationSocket = "admin.sock"

    /// The configured folder, else the machine's, else, for an ordinary user, one of the user's own (XDG).
    package static func path(_ model: SiteModel, environment: [String: String]) -> String {
        if let configured = model.runtimeDirectory { return configured.value }
        guard !Privileges.isRoot, !Privileges.canTakeIdentities, access(system, W_OK) != 0 else { return system }
        return userPath(environment) ?? QueueFolder.path(model, environment: environment) + "/run"
    }

    /// The folder of a server that this user runs.
    package static func userPath(_ environment: [String: String]) -> String? {
        guard let folder = environment["XDG_RUNTIME_DIR"], folder.hasPrefix("/") else { return nil }
        return "\(folder)/postroom"
    }

    /// Makes it with what is missing above it. Blocks; whether it can be used shows when a socket is made there.
    static func make(_ path: String) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            mkdir(made, 0o755)
        }
    }
}

extension SiteModel {
    /// With the socket for programs of this machine among the listeners, where the site offers one.
    ///
    /// - Parameter folder: for the socket that is not configured; nil makes none.
    func joined(toRuntimeFolder folder: String?) -> SiteModel {
        let path = local.socket ?? folder.map { Located("\($0)/\(RuntimeFolder.submissionSocket)", at: .builtIn) }
        guard local.isOffered, let path, !listeners.contains(where: { $0.kind == .local }) else { return self }
        var result = self
        result.listeners.append(ListenerModel(kind: .local, host: path, port: 0))
        return result
    }
}
