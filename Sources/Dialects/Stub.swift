enum LDAPClientImport { static func read(into draft: inout SiteDraft) {} }
enum DovecotImport { static func read(_ path: String, into draft: inout SiteDraft) {} }
enum SaslauthdImport { static func read(_ path: String, into draft: inout SiteDraft) {} }
enum CourierImport { static func read(_ path: String, into draft: inout SiteDraft) {} }
enum DockerMailserverImport {
    static func compose(_ path: String, into draft: inout SiteDraft) -> [ConfigurationOrigin] { [] }
}
