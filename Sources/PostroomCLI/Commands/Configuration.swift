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

struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print what a preset stands for, in the vocabulary of postroom.yaml, for editing.")

    @Option(help: "One of: \(Preset.allCases.map(\.rawValue).joined(separator: ", ")).")
    var preset: String

    func run() async throws {
        guard let preset = Preset(rawValue: preset) else {
            Terminal.error(
                "there is no preset called \(preset); there are: "
                    + Preset.allCases.map(\.rawValue).joined(separator: ", "))
            throw ExitStatus.dataError
        }
        print(preset.yaml)
    }
}
