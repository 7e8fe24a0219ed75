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
        let loaded = try site.load()
        var findings = loaded.warnings.count
        do {
            SiteLogging.bootstrap(loaded.model.log, quietly: true)
            let opened = try await Site.open(loaded.model)
            if !offline {
                for finding in await opened.check() {
                    Terminal.error(finding.description)
                    findings += 1
                    if finding.severity == .error {
                        await opened.close()
                        throw ExitStatus.configuration
                    }
                }
            }
            await opened.close()
        } catch let code as ExitCode {
            throw code
        } catch {
            Terminal.error("\(error)")
            throw ExitStatus.configuration
        }
        print(findings == 0 ? "\(site.config): nothing to mend." : "\(site.config): it serves; see the warnings above.")
    }
}
