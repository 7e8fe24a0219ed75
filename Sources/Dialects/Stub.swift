enum DockerMailserverImport {
    static func compose(_ path: String, into draft: inout SiteDraft) -> [ConfigurationOrigin] { [] }
}
