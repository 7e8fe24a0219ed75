import Directory
import LDAP
import LookupTables
import MailModel
import Routing
package import SiteConfiguration

/// What `postroom check` finds by asking: the directory, each table, the postmaster, the store.
extension Site {
    package func check() async -> [ConfigurationFault] {
        var findings = ServerTLS.check(model)
        let dead = await checkDirectories(&findings)
        // Every further question to a directory that does not answer would tell the same.
        guard !dead else { return findings }
        await checkTables(&findings)
        await checkPostmaster(&findings)
        findings += await storage.check(model)
        return findings
    }

    private func checkDirectories(_ findings: inout [ConfigurationFault]) async -> Bool {
        var isDead = false
        for directory in model.directories {
            guard let member = directories.members[directory.name] else { continue }
            let location = directory.base?.location ?? model.hostname.location
            let request = SearchRequest(
                base: directory.base?.value ?? "", scope: .base, filter: .present("objectClass"), attributes: ["1.1"])
            switch await member.source.search(request) {
            case .entries: break
            case .noSuchObject:
                findings.append(
                    ConfigurationFault(
                        .error, at: location, "the base \(request.base) does not exist at \(member.source.name)",
                        remedy: "mend base, or let the service's account read it"))
            case .failed(let reason):
                isDead = true
                findings.append(
                    ConfigurationFault(.error, at: location, reason.text, remedy: "until then mail is deferred"))
            }
        }
        return isDead
    }

    /// An address that nobody has: a table that can't answer it can't answer for anybody.
    private func checkTables(_ findings: inout [ConfigurationFault]) async {
        let key = Array("postroom-check@invalid.example".utf8)
        for name in tableNames {
            guard let table = table(named: name) else { continue }
            switch await table.lookup(key).outcome {
            case .absent: break
            case .found(let value) where !name.hasPrefix("static:"):
                findings.append(
                    ConfigurationFault(
                        .warning, at: table.location ?? model.hostname.location,
                        "\(name) answers for an address that nobody has: "
                            + VisibleText.escaped(Array(value.prefix(80))),
                        remedy: "every address or domain would be taken as ours; mend the filter"))
            case .found: break
            case .unavailable(let reason):
                findings.append(
                    ConfigurationFault(
                        .error, at: table.location ?? model.hostname.location, "\(name): \(reason.text)", remedy: ""))
            }
        }
    }

    private func checkPostmaster(_ findings: inout [ConfigurationFault]) async {
        guard let postmaster = model.postmaster else { return }
        let resolution = await router.resolve(postmaster.value)
        guard !resolution.reply.isPositive else { return }
        findings.append(
            ConfigurationFault(
                .warning, at: postmaster.location, "postmaster can't get mail: \(resolution.reply)",
                remedy: "postroom explain \(postmaster.value) shows why"))
    }
}
