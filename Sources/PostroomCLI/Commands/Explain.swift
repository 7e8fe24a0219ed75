import ArgumentParser
import PostroomServer

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what would become of a mail to an address, and why.")

    @OptionGroup var site: SiteOptions

    @Argument(help: "The recipient.")
    var address: String

    @Option(help: "The envelope sender; empty for bounces.")
    var sender: String?

    @Option(help: "Who is logged in, as on the submission port.")
    var login: String?

    @Flag(help: "For programs.")
    var json = false

    func run() async throws {
        let opened = try await site.open()
        let explanation = await opened.explain(address, sender: sender, login: login)
        await opened.close()
        guard let explanation else {
            Terminal.error("\(address) is not a mail address — write local@domain")
            throw ExitStatus.dataError
        }
        print(json ? explanation.json : explanation.text(isColoured: Terminal.isColoured), terminator: json ? "\n" : "")
        switch explanation.outcome {
        case .delivered: return
        case .refused: throw ExitStatus.noUser
        case .deferred: throw ExitStatus.temporaryFailure
        }
    }
}
