import ArgumentParser
import Dialects
import Glibc
import MailModel
import PostroomServer
import SiteConfiguration

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write what other programs' configurations come to as postroom.yaml; or print a preset.",
        discussion: """
            The configuration goes to standard output, each value with the file and line it came from; the report to standard \
            error. Passwords are never printed: --secrets FOLDER keeps each in a file of its own there.
            """)

    @OptionGroup var site: SiteOptions

    @Option(help: "Print a preset: \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset: String?

    @Option(help: ArgumentHelp("Keep passwords in files below this folder.", valueName: "folder"))
    var secrets: String?

    @Option(
        help: ArgumentHelp("Show only where the import differs from this postroom.yaml.", valueName: "file"))
    var diff: String?

    @Flag(help: "Print the report alone.")
    var report = false

    func run() async throws {
        if let preset { return try printPreset(preset) }
        guard case .programs(let request) = try site.source() else {
            Terminal.error("nothing to import — name a program's configuration with --from, or a preset with --preset")
            throw ExitStatus.dataError
        }
        let imported = await SiteLoader.importedWhole(request, environment: ProcessEnvironment.current)
        if report {
            print(imported.report.text(accepting: request.accepted), terminator: "")
        } else {
            Terminal.error(imported.report.text(accepting: request.accepted))
        }
        for fault in imported.faults { Terminal.error(fault.description) }
        if !report {
            if let diff { try printDifference(imported.model, from: diff) } else { try printModel(imported.model) }
        }
        guard imported.faults.allSatisfy({ $0.severity == .warning }) else { throw ExitStatus.configuration }
    }

    private func printPreset(_ name: String) throws {
        guard let preset = Preset(rawValue: name) else {
            Terminal.error(
                "there is no preset called \(name); there are: "
                    + Preset.allCases.map(\.rawValue).joined(separator: ", "))
            throw ExitStatus.dataError
        }
        print(preset.yaml)
    }

    private func printModel(_ model: SiteModel) throws {
        var failure: String?
        let folder = secrets.map(SitePath.absolute) ?? "/etc/postroom/secrets"
        let text = model.yaml(
            secrets: { directory, secret in
                let path = "\(folder)/\(directory).password"
                if secrets != nil, !Self.write(secret, to: path, in: folder) {
                    failure = "\(path): \(String(cString: strerror(errno)))"
                }
                return .file(path)
            }, isCommented: true)
        print(text, terminator: "")
        if let failure {
            Terminal.error("the password can't be kept: \(failure)")
            throw ExitStatus.unavailable
        }
        if secrets == nil, text.contains("\(folder)/") {
            Terminal.error("Passwords are expected in \(folder); --secrets FOLDER writes them.")
        }
    }

    /// One line, readable by its owner alone.
    private static func write(_ secret: Secret, to path: String, in folder: String) -> Bool {
        if mkdir(folder, 0o700) != 0, errno != EEXIST { return false }
        let file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard file >= 0 else { return false }
        defer { close(file) }
        let bytes = secret.bytes + [0x0A]
        return Glibc.write(file, bytes, bytes.count) == bytes.count
    }

    private func printDifference(_ model: SiteModel, from file: String) throws {
        let old: [Substring]
        do {
            let loaded = try SiteLoader.load(file, environment: ProcessEnvironment.current)
            old = loaded.model.yaml.split(separator: "\n")
        } catch {
            Terminal.error("\(error)")
            throw ExitStatus.configuration
        }
        let new = model.yaml.split(separator: "\n")
        for change in new.difference(from: old) {
            switch change {
            case .remove(_, let line, _): print("- \(line)")
            case .insert(_, let line, _): print("+ \(line)")
            }
        }
    }
}
