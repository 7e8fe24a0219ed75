import Directory
import Foundation
import LDAP
import NIOPosix
package import SiteConfiguration

/// Roots for a site that keeps mail and doesn't say below which folders: found from the paths that its directory and its
/// tables hold, and kept for a start at which the directory doesn't answer.
package enum RootFinder {
    /// The model with roots, and what to say about them. A model that has roots, or keeps no mail, stays as it is.
    package static func complete(_ model: SiteModel, of source: SiteSource) async -> (SiteModel, [ConfigurationFault]) {
        guard model.store.roots.isEmpty, model.keepsMail, case .programs = source else { return (model, []) }
        let found = await paths(of: model)
        let place = found.places.first?.location ?? model.hostname.location
        var model = model
        if found.failures.isEmpty || !found.paths.isEmpty, let roots = RootProposal.roots(of: found.paths) {
            model.store.roots = roots.map { Located($0, at: place) }
            let warning = ConfigurationFault(
                .warning, at: place,
                "the configuration does not say below which folders mail lies; by the \(found.paths.count) paths found "
                    + "in \(names(found.places)) it is \(roots.joined(separator: ", "))",
                remedy: "name them with --root FOLDER, so that no value of the directory decides it")
            keep(roots, of: source, model)
            return (model, [warning])
        }
        if !found.failures.isEmpty, let roots = kept(of: source, model) {
            model.store.roots = roots.map { Located($0, at: place) }
            let warning = ConfigurationFault(
                .warning, at: place,
                "the directory can't tell below which folders mail lies; before it was \(roots.joined(separator: ", "))",
                remedy: "name them with --root FOLDER")
            return (model, found.failures + [warning])
        }
        let reason =
            found.paths.isEmpty
            ? "and no path of a mailbox was found" : "and the paths found in \(names(found.places)) have no safe parent"
        let fault = ConfigurationFault(
            .error, at: place, "the configuration does not say below which folders mail lies, \(reason)",
            remedy: "name them with --root FOLDER, for example --root /var/vmail")
        return (model, found.failures + [fault])
    }

    private static func names(_ places: [Located<String>]) -> String {
        places.isEmpty ? "the directory" : places.map(\.value).joined(separator: ", ")
    }

    private static func paths(of model: SiteModel) async -> MailPaths.Found {
        let group = MultiThreadedEventLoopGroup.singleton
        let built = await Hashing.blocking {
            DirectoryBuilder(
                group: group, hashing: Hashing.run, secretAttributes: model.accounts.secretAttributes,
                faults: FaultCollector()
            ).build(model.directories)
        }
        guard let built else { return MailPaths.Found() }
        let found = await MailPaths(model: model, directories: built.set).sample()
        for case .servers(let servers) in built.kept { await servers.client.shutDown() }
        return found
    }

    // MARK: The last proposal

    /// Where the folder of the made-up certificate lies: /var/lib/postroom.
    static func folder(_ model: SiteModel) -> String {
        let folder = model.tls.selfSignedDirectory.value
        let parent = folder.lastIndex(of: "/").map { String(folder[..<$0]) } ?? ""
        return parent.isEmpty ? "/var/lib/postroom" : parent
    }

    private static func file(_ model: SiteModel) -> String { folder(model) + "/proposed-roots" }

    /// Where it can't be written, a start during an outage needs --root.
    private static func keep(_ roots: [String], of source: SiteSource, _ model: SiteModel) {
        let file = file(model)
        let text = ([source.name] + roots).joined(separator: "\n") + "\n"
        if let old = ConfigurationFile.read(file), old.elementsEqual(text.utf8) { return }
        try? FileManager.default.createDirectory(atPath: folder(model), withIntermediateDirectories: true)
        try? Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
    }

    private static func kept(of source: SiteSource, _ model: SiteModel) -> [String]? {
        guard let bytes = ConfigurationFile.read(file(model)), bytes.count < 1 << 16 else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
        // Those of another configuration are no answer, and a path is judged as a proposal is.
        guard lines.first == source.name, lines.count > 1, lines.dropFirst().allSatisfy({ $0.hasPrefix("/") }) else {
            return nil
        }
        return Array(lines.dropFirst())
    }
}
