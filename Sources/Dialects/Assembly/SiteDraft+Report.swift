package import Directory
package import SiteConfiguration

extension SiteDraft {
    /// One line of the report. Long values are cut, secrets are never shown.
    package mutating func tell(
        _ setting: String, _ value: String = "", at location: SourceLocation, _ fate: ImportReport.Fate, _ note: String
    ) {
        report.add(setting, value: Self.shown(value, of: setting), at: location, fate, note)
    }

    private static func shown(_ value: String, of setting: String) -> String {
        // A damaged line may have swallowed the one with the password behind it.
        let words = ["password=", "password =", "password:", "dnpass", "bindpw", "bind_pw", "_password"]
        let text = value.lowercased()
        guard !isSecret(setting), !words.contains(where: { text.contains($0) }) else { return "" }
        let line = value.replacing("\n", with: " ")
        return line.count <= 80 ? line : line.prefix(79) + "…"
    }

    /// Whether a setting's value is a password: `dnpass`, `ldap_bind_pw`, `ldap_password`, `LDAP_BINDPW`.
    package static func isSecret(_ setting: String) -> Bool {
        let name = (setting.split(separator: "/").last.map(String.init) ?? setting).lowercased()
        let ends = ["_pw", "bindpw", "dnpass", "password", "dn_password", "api_key", "hash_nonce", "rootpw", "_secret"]
        return ends.contains { name.hasSuffix($0) }
    }
}
