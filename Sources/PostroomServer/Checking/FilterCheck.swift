import Directory
import LDAP
import SiteConfiguration

/// Filters that match nothing for anybody, and bases that do not exist.
struct FilterCheck: ExaminationPart {
    let title = "filters"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for search in examination.searches where !examination.isOver {
            guard let probe = examination.probes[search.directory] else { continue }
            switch await probe.count(
                below: search.base, scope: search.scope, filter: search.presence, upTo: 1)
            {
            case .found(let count) where count.entries > 0: break
            case .found(let count) where count.end != .complete: break
            case .found: findings.append(await matchesNothing(search, probe))
            case .absent:
                // The directory's own base is told with the directory.
                guard search.base != examination.model.directory(search.directory)?.base?.value else { continue }
                findings.append(
                    CheckFinding(
                        .error, at: search.location, "\(search.name): the base \(search.base) does not exist",
                        remedy: "mend the base, or let the service's account read it"))
            case .unavailable(let reason):
                findings.append(
                    CheckFinding(
                        .error, at: search.location, "\(search.name): \(reason.text)",
                        remedy: "mend the filter or the server's limits"))
            }
        }
        return findings
    }

    private func matchesNothing(_ search: ExaminedSearch, _ probe: DirectoryProbe) async -> CheckFinding {
        var missing: [String] = []
        for attribute in search.filterAttributes.prefix(20) {
            if case .found(.notSeen) = await probe.attribute(attribute, below: search.base) {
                missing.append(attribute.spelling)
            }
        }
        let why = missing.isEmpty ? "" : "; no entry there shows \(FindingText.list(missing))"
        let severity: CheckFinding.Severity =
            switch search.purpose {
            case .user, .userByAddress, .passwordByBind, .passwordByHash: .error
            case .domains, .aliases, .mailboxes, .senders, .otherTable: .warning
            }
        return CheckFinding(
            severity, at: search.location,
            "\(search.name): \(search.presence) matches nothing below \(search.base)\(why)",
            remedy: missing.isEmpty
                ? "mend the filter or the base"
                : "mend the attribute's name, or let the service's account search for it")
    }
}
