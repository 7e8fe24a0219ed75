import Directory
package import SiteConfiguration

/// What is asked of an import: which configurations, and what the command line says about them.
package struct ImportRequest: Sendable {
    /// `--from`, in any order.
    package var origins: [ConfigurationOrigin]
    /// `--map PATH=FOLDER`: where this machine has a path of the programs.
    package var places: [(path: String, hostPath: String)] = []
    /// `--accept`: settings that the site may start without.
    package var accepted: [String] = []
    /// `--original`: differences that are switched back.
    package var originalBehaviour: [Located<Difference>] = []
    /// `--root`: the folders below which mailboxes lie, where the configuration does not say.
    package var roots: [Located<String>] = []
    /// `--listen KIND=ADDRESS`: other addresses than the configuration's, to try a site beside the one that runs. Kinds
    /// that are not named are not listened for.
    package var listeners: [(kind: ListenerModel.Kind, host: String, port: Int)] = []

    package init(origins: [ConfigurationOrigin]) {
        self.origins = origins
    }
}

/// A site made of other programs' configurations.
package struct ImportedSite: Sendable {
    package var model: SiteModel
    package var report: ImportReport
    /// All that is wrong or odd, refused settings included: without an error it can be served.
    package var faults: [ConfigurationFault]
}
