import Directory
import SiteConfiguration

/// docker-mailserver: its start-up scripts make the configuration of Postfix, Dovecot and saslauthd of environment variables
/// and of the files in a config volume. This makes the same files in memory, each line with the place it comes from, and
/// leaves their reading to the dialects of those programs.
///
/// As docker-mailserver 15.1 has it (Postfix 3.7, Dovecot 2.3). Nothing is run, `user-patches.sh` included.
package enum DockerMailserverImport {
    /// Composes the files into `draft.files`, under the paths of the container, and tells every variable in the report.
    ///
    /// - Parameters:
    ///   - path: a folder that holds a compose file or `mailserver.env`, one of these files, or `env` for the process's own
    ///     environment. A relative one is seen from `PWD`.
    ///   - maps: where paths of the container lie on this machine, before what a compose file says of volumes.
    /// - Returns: what is to be read then, in this order; empty when there is nothing to compose from.
    package static func compose(
        _ path: String, maps: [(path: String, hostPath: String)] = [], into draft: inout SiteDraft
    ) -> [ConfigurationOrigin] {
        guard let setup = ContainerSetup.read(path, maps: maps, into: &draft) else { return [] }
        var composition = Composition(setup, draft)
        let origins = composition.run()
        draft = composition.draft
        return origins
    }
}
