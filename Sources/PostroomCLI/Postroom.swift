package import ArgumentParser
import Glibc
import PostroomServer
import SiteConfiguration

/// The `postroom` command.
package struct Postroom: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "postroom",
        abstract: "The mail server that lives off a directory.",
        version: PostroomVersion.current,
        subcommands: [
            Serve.self, Demo.self, Check.self, Explain.self, Lookup.self, Auth.self, Configuration.self, Import.self,
            Password.self,
        ])

    package init() {}

    /// For `serve` as root: becomes the service's user by executing the program again. Returns at once otherwise. Must be
    /// called before anything starts a thread.
    package static func dropPrivileges() {
        let arguments = CommandLine.arguments
        guard Privileges.isRoot, arguments.dropFirst().first == "serve" else { return }
        guard let serve = try? Serve.parse(Array(arguments.dropFirst(2))) else { return }
        let environment = ProcessEnvironment.current
        // Faults of the configuration are told by the command itself, all of them.
        guard let model = try? SiteLoader.load(serve.site.config, environment: environment).model else { return }
        do {
            try Privileges.drop(for: model, arguments: arguments, environment: environment)
        } catch {
            Terminal.error("\(error)")
            Glibc.exit(78)
        }
    }
}

/// Which site a command is about.
struct SiteOptions: ParsableArguments {
    @Option(name: [.short, .long], help: "The site's configuration.")
    var config = "/etc/postroom/postroom.yaml"

    /// Loads the configuration; faults are printed, and errors end the command.
    func load(quietly: Bool = false) async throws -> LoadedSite {
        do {
            let loaded = try SiteLoader.load(config, environment: ProcessEnvironment.current)
            if !quietly { loaded.warnings.forEach { Terminal.error($0.description) } }
            return loaded
        } catch {
            for fault in await SiteLoader.faults(config, environment: ProcessEnvironment.current) {
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
