import Directory
import LDAP
import LookupTables
import SiteConfiguration

/// Filters that don't depend on the key, and those that match more than the key.
struct KeyCheck: ExaminationPart {
    let title = "keys of filters"

    static let keylessWords = "does not depend on what is looked for"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for search in examination.searches where !examination.isOver {
            if search.isKeyless { findings.append(await keyless(search, examination)) }
            for attribute in search.broadAttributes {
                findings.append(
                    CheckFinding(
                        .warning, at: search.location,
                        "\(search.name): \(search.filter.value) matches values of \(attribute) that merely contain what is looked for",
                        remedy:
                            "compare the whole value, (\(attribute)=%s), or a domain behind its @, (\(attribute)=*@%s)"
                    ))
            }
        }
        return findings
    }

    private func keyless(_ search: ExaminedSearch, _ examination: Examination) async -> CheckFinding {
        let what = "\(search.name): \(search.filter.value) \(Self.keylessWords)"
        guard search.purpose == .domains else {
            return CheckFinding(
                search.purpose == .otherTable ? .warning : .error, at: search.location,
                what + ": every key gives the same answer", remedy: "compare an attribute with the key, (mail=%s)")
        }
        guard !examination.model.keepsOriginal(.keylessDomains) else {
            return CheckFinding(
                .error, at: search.location, what + ": every domain there is counts as ours",
                remedy: "compare an attribute with the key, (associatedDomain=%s)")
        }
        let sample = await examination.entries(of: search, search.results.map(\.attribute))
        let values = Set(
            sample.entries.flatMap { entry in search.results.flatMap { entry[$0.attribute] } }.map(LookupKey.folded))
        let domains = values.map { FindingText.value($0) }.sorted()
        return CheckFinding(
            .information, at: search.location,
            what + ": it hosts the \(domains.count) domains that it lists, \(FindingText.list(domains))",
            remedy: "write (associatedDomain=%s) if one at a time was meant")
    }
}
