import Dialects
import Directory
import SiteConfiguration

/// A docker-mailserver as somebody has it on disk, composed.
struct MailserverSite {
    private(set) var draft: SiteDraft
    private(set) var origins: [ConfigurationOrigin] = []

    init(
        _ files: [String: String], path: String = "/site", environment: [String: String] = [:],
        maps: [(path: String, hostPath: String)] = []
    ) {
        let contents = files.mapValues { Array($0.utf8) }
        let host = ConfigurationFiles.Host(
            read: { contents[$0] },
            list: { Self.names(in: $0, of: contents.keys) })
        draft = SiteDraft(
            files: ConfigurationFiles(host), environment: environment, machineName: "host.example.net")
        origins = DockerMailserverImport.compose(path, maps: maps, into: &draft)
    }

    static func names(in folder: String, of paths: some Sequence<String>) -> [String]? {
        let prefix = folder + "/"
        let names = paths.filter { $0.hasPrefix(prefix) }.compactMap {
            $0.dropFirst(prefix.count).split(separator: "/").first.map(String.init)
        }
        return names.isEmpty ? nil : Array(Set(names)).sorted()
    }

    /// With an env file and files of the config volume.
    init(_ environment: String, config: [String: String] = [:], more: [String: String] = [:]) {
        var files = ["/site/mailserver.env": "OVERRIDE_HOSTNAME=mail.example.org\n" + environment]
        for (name, text) in config { files["/site/config/\(name)"] = text }
        self.init(files.merging(more) { $1 })
    }

    func text(_ path: String) -> String? {
        draft.files.text(path).map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// The lines that say something.
    func lines(_ path: String) -> [String] {
        (text(path) ?? "").split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }

    /// `main.cf:12`-like place of the line that begins so.
    func place(_ path: String, _ prefix: String) -> String? {
        draft.files.text(path)?.lines.first { String(decoding: $0.bytes, as: UTF8.self).hasPrefix(prefix) }?.location
            .description
    }

    /// The value of a parameter of main.cf, which may be written once only.
    func main(_ name: String) -> String? {
        let found = lines("/etc/postfix/main.cf").filter { $0.hasPrefix("\(name) =") }
        guard found.count == 1, let line = found.first else { return nil }
        return String(line.dropFirst(name.count + 2).drop { $0 == " " })
    }

    /// The options of a service of master.cf.
    func options(_ service: String) -> [String] {
        var options: [String] = []
        var isInside = false
        for line in lines("/etc/postfix/master.cf") {
            if line.hasPrefix(" ") {
                if isInside { options.append(String(line.drop { $0 == " " }.dropFirst(3))) }
            } else {
                isInside = line.hasPrefix(service + " ")
            }
        }
        return options
    }

    func entries(_ setting: String) -> [ImportReport.Entry] {
        draft.report.entries.filter { $0.setting == setting }
    }

    var problems: [String] { draft.faults.map(\.description) }
    var errors: [String] { draft.faults.filter { $0.severity == .error }.map(\.description) }
    var refusals: [String] { draft.report.refusals(accepting: []).map(\.description) }
}
