import Directory
import LDAP
import LookupTables
import NIOPosix
import Routing
package import SiteConfiguration

extension Site {
    /// What `postroom check` finds by looking: certificate and store, then the directory and what tables and accounts make of
    /// it. Nothing is changed, and no password is tried.
    ///
    /// - Parameter known: what reading the configuration told already; it is part of the report, unless a look tells more.
    package func check(
        _ options: CheckOptions = CheckOptions(), known: [ConfigurationFault] = []
    ) async -> CheckReport {
        let deadline = ContinuousClock.now + options.timeLimit
        options.progress("certificate and store")
        var findings = ServerTLS.check(model).map { CheckFinding($0) }
        findings += await storage.check(model).map { CheckFinding($0) }
        findings += await StoreCheck().findings(model)
        let directories = ProbedDirectories(model, self.directories)
        let servers = await ServerCheck(known: known).findings(directories, options)
        findings += servers.findings
        var isComplete = true
        // Every further question to a directory that does not answer would tell the same.
        if servers.allAnswer {
            var examination = Examination(
                site: self, options: options, deadline: deadline, probes: directories.probes,
                searches: ExaminedSearches(model).all)
            options.progress("accounts")
            examination.accounts = await AccountSample.gather(examination)
            for part in Self.parts where !examination.isOver {
                options.progress(part.title)
                findings += await part.findings(examination)
            }
            isComplete = !examination.isOver
        }
        await directories.close()
        return CheckReport(Self.withoutRepeated(known, findings) + findings, isComplete: isComplete)
    }

    private static let parts: [any ExaminationPart] = [
        FilterCheck(), KeyCheck(), AttributeCheck(), OutsideDomainCheck(), CostCheck(), TableAnswerCheck(),
        DuplicateCheck(), AccountCheck(), StoredPasswordCheck(), DomainClassCheck(), PostmasterCheck(), AliasCheck(),
        GroupMemberCheck(), DeliveryPathCheck(),
    ]

    /// A keyless filter is told when the table is made, and here with what it leads to.
    private static func withoutRepeated(
        _ known: [ConfigurationFault], _ findings: [CheckFinding]
    ) -> [CheckFinding] {
        let keyless = Set(findings.filter { $0.problem.contains(KeyCheck.keylessWords) }.map(\.location))
        return known.filter { fault in
            !(keyless.contains(fault.location) && fault.problem.contains("no % expansion"))
        }.map { CheckFinding($0) }
    }
}

/// The site's directories for looking at, past any cache.
struct ProbedDirectories: Sendable {
    let models: [DirectoryModel]
    let probes: [String: DirectoryProbe]
    private let clients: [LDAPClient]

    init(_ models: SiteModel, _ set: DirectorySet) {
        self.models = models.directories
        var probes: [String: DirectoryProbe] = [:]
        var clients: [LDAPClient] = []
        for model in models.directories {
            switch model.kind {
            case .ldif:
                if let member = set.members[model.name] { probes[model.name] = DirectoryProbe(file: member.source) }
            case .servers:
                let builder = DirectoryBuilder(
                    group: .singletonMultiThreadedEventLoopGroup, hashing: Hashing.run,
                    secretAttributes: models.accounts.secretAttributes, faults: FaultCollector())
                for case .servers(let servers) in builder.build([model]).kept {
                    clients.append(servers.client)
                    probes[model.name] = DirectoryProbe(servers.client)
                }
            }
        }
        self.probes = probes
        self.clients = clients
    }

    func close() async {
        for client in clients { await client.shutDown() }
    }
}
