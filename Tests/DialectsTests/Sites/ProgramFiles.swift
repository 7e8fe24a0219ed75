import Dialects
import Directory
import SiteConfiguration

/// Files of other programs by path, as a test writes them.
struct ProgramFiles {
    var files: [String: String]
    var environment: [String: String] = [:]

    init(_ files: [String: String], environment: [String: String] = [:]) {
        self.files = files
        self.environment = environment
    }

    /// A site of which nothing has been read yet.
    func draft() -> SiteDraft {
        let contents = files.mapValues { Array($0.utf8) }
        let host = ConfigurationFiles.Host(
            read: { contents[$0] },
            list: { folder in
                let names = contents.keys.filter { $0.hasPrefix(folder + "/") }.map {
                    String($0.dropFirst(folder.count + 1).prefix { $0 != "/" })
                }
                return names.isEmpty ? nil : Set(names).sorted()
            })
        return SiteDraft(files: ConfigurationFiles(host), environment: environment, machineName: "mx0.example.org")
    }

    func dovecot(_ path: String = "/etc/dovecot") -> SiteDraft {
        var draft = draft()
        LDAPClientImport.read(into: &draft)
        DovecotImport.read(path, into: &draft)
        return draft
    }
}

extension SiteDraft {
    var errors: [String] { faults.filter { $0.severity == .error }.map(\.description) }
    var warnings: [String] { faults.filter { $0.severity == .warning }.map(\.description) }

    /// Everything that anybody would read of it.
    var said: String {
        (faults.map(\.description) + report.entries.map { "\($0.setting) \($0.value) \($0.note)" })
            .joined(separator: "\n")
    }

    func entries(_ setting: String) -> [ImportReport.Entry] { report.entries.filter { $0.setting == setting } }

    func fate(_ setting: String) -> ImportReport.Fate? { entries(setting).first?.fate }

    /// The settings that keep the site from starting.
    var refused: [String] {
        report.entries.compactMap { if case .unsupported = $0.fate { $0.setting } else { nil } }
    }

    var servers: LDAPServersModel? {
        guard case .servers(let servers)? = model.directories.first?.kind else { return nil }
        return servers
    }
}
