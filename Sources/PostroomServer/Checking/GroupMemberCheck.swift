import Directory
import LDAP
import SiteConfiguration

/// Members of groups whose entries do not exist: they get no copy.
struct GroupMemberCheck: ExaminationPart {
    let title = "members of groups"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        // Several tables read the same groups.
        var seen: Set<String> = []
        for search in examination.searches where !examination.isOver {
            let attributes = search.results.filter(\.isMember)
            guard let first = attributes.first, let probe = examination.probes[search.directory] else { continue }
            let sample = await examination.entries(of: search, attributes.map(\.attribute))
            var missing: [String] = []
            var looked = 0
            for entry in sample.entries {
                for value in attributes.flatMap({ entry[$0.attribute] }) {
                    guard looked < examination.options.sample, !examination.isOver else { break }
                    guard let name = String(validating: value, as: UTF8.self),
                        (try? DistinguishedName(parsing: name)) != nil,
                        seen.insert("\(search.directory) \(entry.name) \(name)").inserted
                    else { continue }
                    looked += 1
                    guard case .absent = await probe.count(below: name, scope: .base, upTo: 1) else { continue }
                    missing.append("\"\(name)\" of \"\(entry.name)\"")
                }
            }
            guard !missing.isEmpty else { continue }
            findings.append(
                CheckFinding(
                    .warning, at: first.location,
                    "\(search.name): \(missing.count) of \(looked) members do not exist: \(FindingText.list(missing))",
                    remedy: "take them out of their groups, or let the service's account read them"))
        }
        return findings
    }
}
