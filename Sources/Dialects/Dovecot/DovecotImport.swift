import Directory
import SiteConfiguration

/// Dovecot's configuration: `dovecot.conf` of 2.0 to 2.3 with `dovecot-ldap.conf.ext`, and that of 2.4.
package enum DovecotImport {
    /// - Parameter path: the folder (`/etc/dovecot`) or the file (`/etc/dovecot/dovecot.conf`).
    package static func read(_ path: String, into draft: inout SiteDraft) {
        guard let file = draft.files.text(firstOf: [path, path + "/dovecot.conf"]) else {
            draft.error(
                at: SourceLocation(file: draft.files.hostPath(path)), "dovecot.conf can't be read",
                remedy: "name the file or its folder: dovecot:/etc/dovecot")
            return
        }
        let reader = DovecotReader(file, defaults: DovecotSettingTable.defaults, &draft)
        var site = DovecotSite(reader, draft)
        site.readLogins()
        site.readDatabases()
        site.readMail()
        site.readNamespaces()
        site.readQuota()
        site.readTLSAndListeners()
        site.readSockets()
        site.tellRest()
        draft = site.draft
    }
}
