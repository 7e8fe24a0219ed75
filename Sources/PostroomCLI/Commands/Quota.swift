import ArgumentParser
import MailModel
import PostroomServer

struct Quota: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show what the mailboxes of an address hold and may hold.")

    @OptionGroup var site: SiteOptions

    @Argument(help: "The address.")
    var address: String

    @Flag(help: "Count all messages anew.")
    var recalculate = false

    @Flag(help: "For programs.")
    var json = false

    func run() async throws {
        guard let recipient = EmailAddress(address) else {
            Terminal.error("\(address) is not a mail address — write local@domain")
            throw ExitStatus.dataError
        }
        let opened = try await site.open()
        let answer = await opened.quota(of: recipient, recalculates: recalculate)
        await opened.close()
        switch answer {
        case .mailboxes(let mailboxes):
            print(json ? mailboxes.json : mailboxes.map(\.text).joined(separator: "\n"))
            if mailboxes.contains(where: { $0.failure != nil }) { throw ExitStatus.temporaryFailure }
        case .none(let reason):
            Terminal.error(reason)
            throw ExitStatus.noUser
        case .unavailable(let reason):
            Terminal.error(reason)
            throw ExitStatus.temporaryFailure
        }
    }
}
