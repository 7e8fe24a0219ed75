import ArgumentParser
import PostroomServer
import SiteConfiguration

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve mail until SIGTERM; SIGHUP reads the configuration and the certificates anew.")

    @OptionGroup var site: SiteOptions

    func run() async throws {
        let loaded = try await site.load()
        SiteLogging.bootstrap(loaded.model.log)
        do {
            try await Server.run(loaded.model, source: try site.source(), report: loaded.report)
        } catch {
            Terminal.error("\(error)")
            throw ExitStatus.configuration
        }
    }
}
