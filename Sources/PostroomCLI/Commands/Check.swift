import ArgumentParser
import Directory
import PostroomServer
import SiteConfiguration

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract:
            "Tell every fault of the configuration, and whether the directory, the store and the certificate are as it says."
    )

    @OptionGroup var site: SiteOptions

    @Flag(help: "Only read the configuration; ask no server.")
    var offline = false

    @Option(help: "How many entries, accounts and addresses are looked at for each question.")
    var sample = 200

    @Option(help: "For how many seconds the directory is looked at.")
    var time = 120

    @Flag(help: "For programs.")
    var json = false

    func validate() throws {
        guard (1...100_000).contains(sample) else { throw ValidationError("--sample: a number from 1 to 100000") }
        guard (1...86_400).contains(time) else { throw ValidationError("--time: a number of seconds up to a day") }
    }

    func run() async throws {
        let source = try site.source()
        let known = await SiteLoader.faults(source, environment: ProcessEnvironment.current)
        var report = CheckReport(known.map { CheckFinding($0) })
        if !offline, report.count(.error) == 0 {
            let opened = try await site.open()
            let progress = ProgressLine()
            let options = CheckOptions(sample: sample, timeLimit: .seconds(time)) { progress.show("looking at \($0)") }
            report = await opened.check(options, known: known)
            progress.clear()
            await opened.close()
        }
        if json {
            print(report.json(of: source.name))
        } else {
            tell(report, source.name)
        }
        guard report.count(.error) == 0 else { throw ExitStatus.configuration }
    }

    private func tell(_ report: CheckReport, _ name: String) {
        for finding in report.findings { Terminal.error(finding.description) }
        if !report.isComplete {
            Terminal.error("\(name): the time was over before all was looked at; --time gives it more")
        }
        guard report.count(.error) == 0 else { return }
        print(
            report.count(.warning) == 0
                ? "\(name): nothing to mend." : "\(name): it serves; see the warnings above.")
    }
}
