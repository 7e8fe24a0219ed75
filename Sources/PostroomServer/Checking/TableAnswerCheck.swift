import Directory
import LookupTables
import Routing
import SiteConfiguration

/// Tables that can't answer, and those that answer for an address that nobody has.
struct TableAnswerCheck: ExaminationPart {
    let title = "answers of the tables"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        let site = examination.site
        // These are told by what their filter is.
        let keyless = Set(examination.searches.filter(\.isKeyless).map(\.name))
        var findings: [CheckFinding] = []
        for name in site.tableNames where !examination.isOver {
            guard let table = await site.table(named: name), !keyless.contains(table.name), !name.hasPrefix("static:")
            else { continue }
            let location = table.location ?? site.model.hostname.location
            switch await table.lookup(ExaminedSearch.nobody).outcome {
            case .absent: break
            case .found(let value):
                findings.append(
                    CheckFinding(
                        .warning, at: location,
                        "\(name) answers for an address that nobody has: "
                            + VisibleText.escaped(Array(value.prefix(80))),
                        remedy: "what it decides holds for every address or domain there is; mend the filter"))
            // Told with the filter: `CostCheck`.
            case .unavailable(let reason) where reason.text.contains("LimitExceeded"): break
            case .unavailable(let reason):
                findings.append(CheckFinding(.error, at: location, "\(name): \(reason.text)"))
            }
        }
        return findings
    }
}
