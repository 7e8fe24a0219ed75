import Directory
import LDAP
import SiteConfiguration

/// Attributes that nobody has, and those that access rules keep back from the service's account.
struct AttributeCheck: ExaminationPart {
    let title = "attributes"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for search in examination.searches where !examination.isOver {
            guard let probe = examination.probes[search.directory],
                // What matches nothing is told by its filter.
                case .found(let count) = await probe.count(
                    below: search.base, scope: search.scope, filter: search.presence, upTo: 1),
                count.entries > 0
            else { continue }
            for attribute in search.filterAttributes {
                guard case .found(.notSeen) = await probe.attribute(attribute, below: search.base) else { continue }
                findings.append(
                    CheckFinding(
                        .information, at: search.location,
                        "\(search.name): the filter asks for \(attribute), which no entry below \(search.base) shows",
                        remedy: "mend its name, leave it out, or let the service's account search for it"))
            }
            for result in search.results {
                guard let finding = await self.finding(result, of: search, probe) else { continue }
                findings.append(finding)
            }
        }
        return findings
    }

    private func finding(
        _ result: ExaminedSearch.Result, of search: ExaminedSearch, _ probe: DirectoryProbe
    ) async -> CheckFinding? {
        guard
            case .found(let seen) = await probe.attribute(
                result.attribute, below: search.base, filter: search.presence)
        else { return nil }
        let isAccount = [.user, .passwordByBind, .passwordByHash].contains(search.purpose)
        switch seen {
        case .readable: return nil
        case .hidden(let entry):
            // A bind asks no hash; and an entry without a readable one is asked by bind.
            if result.isPassword, search.purpose == .passwordByBind { return nil }
            return CheckFinding(
                result.isNeeded && isAccount && !result.isPassword ? .error : .warning, at: result.location,
                "\(search.name): \(result.attribute) of \(FindingText.list([entry])) is there and can't be read: access rules keep it back",
                remedy: result.isPassword
                    ? "check passwords by search-then-bind, which needs no right to read them"
                    : "let the service's account read \(result.attribute)")
        case .notSeen:
            if result.isPassword {
                guard search.purpose == .passwordByHash else { return nil }
                return CheckFinding(
                    .warning, at: result.location,
                    "\(search.name): no entry shows a \(result.attribute) to compare with",
                    remedy: "check passwords by search-then-bind, which needs no right to read them")
            }
            return CheckFinding(
                result.isNeeded ? (isAccount ? .error : .warning) : .information, at: result.location,
                "\(search.name): no entry that \(search.presence) matches shows \(result.attribute)",
                remedy: "mend its name, or let the service's account read it")
        }
    }
}
