import ArgumentParser
import PostroomServer

struct Auth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Try a login: would it be accepted, by which step, and what is the account?")

    @OptionGroup var site: SiteOptions

    @Argument(help: "The login as a mail program would send it.")
    var login: String

    @Option(help: "imap, submission or smtp.")
    var service = "imap"

    func run() async throws {
        guard let password = Terminal.readSecret(prompt: "Password: ") else { throw ExitStatus.dataError }
        let opened = try await site.open()
        let result = await opened.tryLogin(login, password: password, service: service)
        await opened.close()
        print(result.text(isColoured: Terminal.isColoured), terminator: "")
        switch result.outcome {
        case .delivered: return
        case .refused: throw ExitStatus.dataError
        case .deferred: throw ExitStatus.temporaryFailure
        }
    }
}
