import Directory
import LDAP
import SiteConfiguration

/// Searches that the server refuses for their work, or takes long for: asked for a key that nobody has, as most are.
struct CostCheck: ExaminationPart {
    let title = "how quickly searches are answered"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for search in examination.searches where !examination.isOver {
            guard let filter = search.unknown, let probe = examination.probes[search.directory],
                case .found(let cost) = await probe.cost(below: search.base, scope: search.scope, filter: filter)
            else { continue }
            let attributes = FindingText.list(search.filterAttributes.map(\.spelling))
            if cost.isRefusedAsTooCostly {
                findings.append(
                    CheckFinding(
                        .error, at: search.location,
                        "\(search.name): the server refuses \(filter) for the work it would be",
                        remedy: "index \(attributes) at the server, or raise its limits for the service's account"))
            } else if cost.duration > Self.slow, cost.duration > cost.baseline * 10 {
                let milliseconds =
                    cost.duration.components.seconds * 1000 + cost.duration.components.attoseconds
                    / 1_000_000_000_000_000
                findings.append(
                    CheckFinding(
                        .warning, at: search.location,
                        "\(search.name): the server takes \(milliseconds) ms for \(filter)",
                        remedy: "index \(attributes) at the server"))
            }
        }
        return findings
    }

    private static let slow = Duration.milliseconds(250)
}
