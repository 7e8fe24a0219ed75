import ArgumentParser
import PostroomServer

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what would become of a mail to an address, or what a login would be, and why.",
        discussion: """
            With an address: where a mail to it goes; with --sender and --login what a client may send. With --login alone: \
            what the login would be. No password is asked for or tried.
            """)

    @OptionGroup var site: SiteOptions

    @Argument(help: "The recipient.")
    var address: String?

    @Option(help: "The envelope sender; empty for bounces.")
    var sender: String?

    @Option(help: "Who is logged in, as on the submission port; without an address, what this login would be.")
    var login: String?

    @Option(help: "With --login alone: what the client speaks, imap or submission.")
    var service = LoginService.imap

    @Flag(help: "Look nothing up in DNS: the hosts that mail for elsewhere would go to are not shown.")
    var offline = false

    @Flag(help: "For programs.")
    var json = false

    func validate() throws {
        guard address == nil else { return }
        guard login != nil else { throw ValidationError("name an address, or --login LOGIN") }
        guard sender == nil else { throw ValidationError("--sender needs a recipient's address") }
    }

    func run() async throws {
        let opened = try await site.open()
        let explanation = await explanation(opened)
        await opened.close()
        guard let explanation else {
            Terminal.error("\(address ?? "") is not a mail address — write local@domain")
            throw ExitStatus.dataError
        }
        print(json ? explanation.json : explanation.text(isColoured: Terminal.isColoured), terminator: json ? "\n" : "")
        switch explanation.outcome {
        case .delivered: return
        case .refused: throw ExitStatus.noUser
        case .deferred: throw ExitStatus.temporaryFailure
        }
    }

    private func explanation(_ site: Site) async -> Explanation? {
        if let address { return await site.explain(address, sender: sender, login: login, asksDNS: !offline) }
        return await site.explain(login: login ?? "", service: service)
    }
}

extension LoginService: ExpressibleByArgument {}
