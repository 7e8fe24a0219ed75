import SiteConfiguration

/// Where mail waits.
enum QueueFolder {
    static let system = "/var/spool/postroom"

    /// The configured folder, else one of the service's own.
    static func path(_ model: SiteModel, environment: [String: String]) -> String {
        if let configured = model.outgoing.queueDirectory { return configured.value }
        return StateFolder.path("spool", system: system, environment: environment)
    }
}
