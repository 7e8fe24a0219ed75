import ArgumentParser
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

    func run() async throws {
        let source = try site.source()
        var findings = await SiteLoader.faults(source, environment: ProcessEnvironment.current)
        if !offline, findings.allSatisfy({ $0.severity == .warning }) {
            let opened = try await site.open()
            findings += await opened.check()
            await opened.close()
        }
        for finding in findings { Terminal.error(finding.description) }
        guard findings.allSatisfy({ $0.severity == .warning }) else { throw ExitStatus.configuration }
        print(
            findings.isEmpty ? "\(source.name): nothing to mend." : "\(source.name): it serves; see the warnings above."
        )
    }
}
