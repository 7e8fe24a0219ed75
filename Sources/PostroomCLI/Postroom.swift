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
            Alias.self, Password.self, Provision.self, Queue.self, Quota.self, Send.self,
        ])

    package init() {}

    /// Runs what the program was called as: `sendmail`, `mailq` and `newaliases` are links to it. Nil for its own name.
    package static func runAsSendmail() async -> Int32? {
        guard let name = CommandLine.arguments.first?.split(separator: "/").last.map(String.init),
            ["sendmail", "mailq", "newaliases"].contains(name)
        else { return nil }
        return await Send.run(Array(CommandLine.arguments.dropFirst()), calledAs: name)
    }

    /// For `serve` as root: becomes the service's user by executing the program again. Returns at once otherwise. Must be
    /// called before anything starts a thread.
    package static func dropPrivileges() {
        Privileges.nameProcess()
        let arguments = CommandLine.arguments
        guard Privileges.isRoot, arguments.dropFirst().first == "serve" else { return }
        guard let serve = try? Serve.parse(Array(arguments.dropFirst(2))) else { return }
        let environment = ProcessEnvironment.current
        // Faults of the configuration are told by the command itself, all of them.
        guard let source = try? serve.site.source(),
            let model = try? SiteLoader.load(source, environment: environment).model
        else {
            return
        }
        do {
            try Privileges.drop(for: model, arguments: arguments, environment: environment)
        } catch {
            Terminal.error("\(error)")
            Glibc.exit(78)
        }
    }
}
