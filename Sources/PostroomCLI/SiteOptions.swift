import ArgumentParser
import Dialects
import Directory
import PostroomServer
import SiteConfiguration

/// Which site a command is about: postroom.yaml, or other programs' configurations as they stand.
struct SiteOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "The site's configuration.")
    var config = "/etc/postroom/postroom.yaml"

    @Option(
        help: ArgumentHelp(
            "Serve from another program's configuration: postfix:DIR, dovecot:FILE, dms:FILE|DIR|env, courier:FILE, saslauthd:FILE. May be given several times.",
            valueName: "program:path"))
    var from: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --from: where this machine has a path that the configuration names.", valueName: "path=folder"))
    var map: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --from: start in spite of this setting, which is not supported.", valueName: "setting"))
    var accept: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --from: keep to the original's behaviour: \(Difference.allCases.map(\.rawValue).joined(separator: ", ")).",
            valueName: "difference"))
    var original: [Difference] = []

    @Option(
        help: ArgumentHelp("With --from: a folder below which mailboxes lie.", valueName: "folder"))
    var root: [String] = []

    @Option(
        help: ArgumentHelp(
            "With --from: listen here instead, to try the site beside the one that runs: smtp=127.0.0.1:2525.",
            valueName: "kind=address"))
    var listen: [String] = []

    /// Where the configuration comes from.
    func source() throws -> SiteSource {
        guard !from.isEmpty else { return .file(config) }
        var request = ImportRequest(origins: try from.map(Self.origin))
        request.places = try map.map { text in
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { throw ValidationError("--map \(text): write PATH=FOLDER") }
            return (parts[0], SitePath.absolute(parts[1]))
        }
        request.accepted = accept
        request.originalBehaviour = original.map { Located($0, at: SourceLocation(file: "--original")) }
        request.roots = root.map { Located(SitePath.absolute($0), at: SourceLocation(file: "--root")) }
        request.listeners = try listen.map(Self.listener)
        return .programs(request)
    }

    private static func origin(_ text: String) throws -> ConfigurationOrigin {
        guard var origin = ConfigurationOrigin(text) else {
            throw ValidationError(
                "--from \(text): write PROGRAM:PATH, PROGRAM being one of "
                    + ConfigurationOrigin.Dialect.allCases.map(\.rawValue).joined(separator: ", "))
        }
        if origin.dialect != .dockerMailserver || origin.path != "env" { origin.path = SitePath.absolute(origin.path) }
        return origin
    }

    /// `smtp=127.0.0.1:2525`
    private static func listener(_ text: String) throws -> (kind: ListenerModel.Kind, host: String, port: Int) {
        let parts = text.split(separator: "=", maxSplits: 1)
        if parts.count == 2, let kind = ListenerModel.Kind(rawValue: String(parts[0])),
            let colon = parts[1].lastIndex(of: ":"), let port = UInt16(parts[1][parts[1].index(after: colon)...])
        {
            let host = parts[1][..<colon].trimmingCharacters("[]")
            if !host.isEmpty { return (kind, host, Int(port)) }
        }
        throw ValidationError(
            "--listen \(text): write KIND=ADDRESS:PORT, KIND being one of "
                + ListenerModel.Kind.allCases.map(\.rawValue).joined(separator: ", "))
    }

    /// Loads the configuration; faults are printed, and errors end the command.
    func load(quietly: Bool = false) async throws -> LoadedSite {
        let source = try source()
        do {
            let loaded = try await SiteLoader.loadWhole(source, environment: ProcessEnvironment.current)
            if !quietly { loaded.warnings.forEach { Terminal.error($0.description) } }
            return loaded
        } catch {
            for fault in await SiteLoader.faults(source, environment: ProcessEnvironment.current) {
                Terminal.error(fault.description)
            }
            throw ExitStatus.configuration
        }
    }

    /// Builds the site that commands ask; nothing listens.
    func open() async throws -> Site {
        let loaded = try await load(quietly: true)
        SiteLogging.bootstrap(loaded.model.log, quietly: true)
        do {
            return try await Site.open(loaded.model)
        } catch {
            Terminal.error("\(error)")
            throw ExitStatus.configuration
        }
    }
}

extension Difference: ExpressibleByArgument {}

extension Substring {
    fileprivate func trimmingCharacters(_ characters: String) -> String {
        String(self.drop { characters.contains($0) }.reversed().drop { characters.contains($0) }.reversed())
    }
}
