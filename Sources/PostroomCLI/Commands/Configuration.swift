import ArgumentParser
import PostroomServer
import SiteConfiguration

struct Configuration: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "The site's configuration.", subcommands: [Print.self])

    struct Print: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the configuration in force, presets and defaults written out; passwords are not shown.")

        @OptionGroup var site: SiteOptions

        func run() async throws {
            print(try await site.load().model.yaml, terminator: "")
        }
    }
}
