import Directory
import LDAP
import LookupTables
import SiteConfiguration

/// Domains that a list takes as ours because of one entry's address: an outside address in `mail` makes `(mail=*@%s)` host
/// its domain, and mail from here never leaves for it.
struct OutsideDomainCheck: ExaminationPart {
    let title = "domains made ours by one address"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for search in examination.searches(.domains) where !examination.isOver {
            guard !search.domainAttributes.isEmpty else { continue }
            let sample = await examination.entries(of: search, search.domainAttributes)
            let owners = Self.owners(sample.entries, search.domainAttributes)
            let single = owners.filter { $0.value.count == 1 }.sorted { $0.key < $1.key }
            // Among domains that have an entry each, none stands out.
            guard !single.isEmpty, owners.contains(where: { $0.value.count >= Self.usual }) else { continue }
            let examples = single.map { domain, names in "\(domain) by \"\(names.first ?? "")\"" }
            let looked = sample.end == .complete ? "" : " (of the first \(sample.entries.count) entries)"
            findings.append(
                CheckFinding(
                    .warning, at: search.location,
                    "\(search.name): \(single.count) domains count as ours by the address of one entry alone\(looked): \(FindingText.list(examples))",
                    remedy:
                        "if they are not, keep mail's outside addresses elsewhere, narrow the filter, or list the domains"
                ))
        }
        return findings
    }

    /// Entries of a domain that is surely the site's own.
    private static let usual = 3

    /// For each domain the entries with an address there.
    static func owners(_ entries: [LDAPEntry], _ attributes: [AttributeDescription]) -> [String: Set<String>] {
        var owners: [String: Set<String>] = [:]
        for entry in entries {
            for value in attributes.flatMap({ entry[$0] }) {
                guard let at = value.lastIndex(of: UInt8(ascii: "@")), at + 1 < value.count else { continue }
                owners[FindingText.value(LookupKey.folded(Array(value[(at + 1)...]))), default: []].insert(entry.name)
            }
        }
        return owners
    }
}
