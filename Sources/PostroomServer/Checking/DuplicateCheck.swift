import Directory
import LDAP
import SiteConfiguration

/// Logins and addresses that several entries have.
struct DuplicateCheck: ExaminationPart {
    let title = "logins and addresses found twice"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        // One attribute serves several searches; the first in this order says what comes of a duplicate.
        var seen: Set<String> = []
        let searches = examination.searches(
            .userByAddress, .mailboxes, .user, .passwordByBind, .passwordByHash, .aliases)
        let order: [ExaminedSearch.Purpose] = [
            .user, .userByAddress, .passwordByBind, .passwordByHash, .mailboxes, .aliases,
        ]
        for search in order.flatMap({ purpose in searches.filter { $0.purpose == purpose } }) {
            guard !examination.isOver, let probe = examination.probes[search.directory] else { continue }
            for attribute in search.keyAttributes where seen.insert("\(search.directory) \(attribute.folded)").inserted
            {
                guard
                    case .found(let sample) = await probe.values(
                        of: attribute, below: search.base, filter: search.presence, upTo: examination.options.sample)
                else { continue }
                findings += sample.duplicates.prefix(Self.limit).map {
                    finding($0, attribute, search, examination.model)
                }
                if sample.duplicates.count > Self.limit {
                    findings.append(
                        CheckFinding(
                            .warning, at: search.location,
                            "\(search.name): \(sample.duplicates.count - Self.limit) more values of \(attribute) are in several entries"
                        ))
                }
            }
        }
        return findings
    }

    private static let limit = 10

    private func finding(
        _ duplicate: ValueSample.Duplicate, _ attribute: AttributeDescription, _ search: ExaminedSearch,
        _ model: SiteModel
    ) -> CheckFinding {
        let value = FindingText.list([FindingText.value(duplicate.value)])
        let entries = FindingText.list(duplicate.entries.map { "\"\($0)\"" }, of: duplicate.count)
        let what = "\(attribute) \(value) is in \(duplicate.count) entries: \(entries)"
        switch search.purpose {
        case .user, .passwordByBind, .passwordByHash:
            return CheckFinding(
                .error, at: search.location, "\(search.name): \(what); nobody can log in by it",
                remedy: "leave it in one of them, or narrow the filter")
        case .userByAddress where model.keepsOriginal(.severalMailboxes):
            return CheckFinding(
                .error, at: search.location, "\(search.name): \(what); mail to it is deferred",
                remedy: "leave it in one of them, or narrow the filter")
        case .userByAddress, .mailboxes:
            let comes =
                model.keepsOriginal(.severalMailboxes)
                ? "one path is made of all of them" : "mail to it goes to each of their mailboxes"
            return CheckFinding(
                .warning, at: search.location, "\(search.name): \(what); \(comes)",
                remedy: "leave it in one of them if that is not meant")
        case .domains, .aliases, .senders, .otherTable:
            return CheckFinding(
                .warning, at: search.location, "\(search.name): \(what); mail to it goes where each of them leads",
                remedy: "leave it in one of them if that is not meant")
        }
    }
}
