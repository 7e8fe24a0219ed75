import ArgumentParser
import PostroomServer

struct Provision: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make the mailboxes that the directory names and the disk lacks.",
        discussion: """
            Makes personal Maildirs, and shared ones with their folders, links and lines in shared-maildirs. Changes and \
            removes nothing that is there; lists Maildirs that no account owns. Needs root, or the one who owns all mail.
            """)

    @OptionGroup var site: SiteOptions

    @Flag(help: "Only say what would be made.")
    var dryRun = false

    @Flag(help: "For programs.")
    var json = false

    func run() async throws {
        let opened = try await site.open()
        let line = ProgressLine()
        let report = await opened.provision(isDry: dryRun) { line.show($0) }
        line.clear()
        await opened.close()
        print(json ? report.json : report.text)
        if !report.failures.isEmpty { throw ExitStatus.temporaryFailure }
        if !report.findings.isEmpty { throw ExitStatus.failure }
    }
}
