import Directory
import LDAP
import MailModel
import Routing
import SiteConfiguration

/// Aliases that lead in a circle, to nobody, or to something that can't be served.
struct AliasCheck: ExaminationPart {
    let title = "aliases"

    private enum Fault: Int, CaseIterable {
        case loop, nobody, unserved, dead

        var words: String {
            switch self {
            case .loop: "lead in a circle"
            case .nobody: "lead to nobody, and mail to them is refused"
            case .unserved: "can't be delivered, and mail to them is deferred"
            case .dead: "have targets that do not exist"
            }
        }
    }

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        var seen: Set<EmailAddress> = []
        // Accounts that can't be used are told as such, not again for each alias that leads to one.
        let broken = examination.accounts.filter { $0.account == nil }.map(\.entry)
        for (place, addresses) in await aliases(examination) {
            var faults: [Fault: [String]] = [:]
            var looked = 0
            for address in addresses where seen.insert(address).inserted && !examination.isOver {
                looked += 1
                let resolution = await examination.site.router.resolve(address)
                guard let (fault, text) = fault(of: resolution, broken) else { continue }
                faults[fault, default: []].append(text)
            }
            findings += Fault.allCases.compactMap { fault in
                guard let found = faults[fault] else { return nil }
                return CheckFinding(
                    .warning, at: place.location,
                    "\(place.value): \(found.count) of \(looked) aliases \(fault.words): \(FindingText.list(found))",
                    remedy: "postroom explain shows the way of each")
            }
        }
        return findings
    }

    private func fault(of resolution: Resolution, _ broken: [String]) -> (Fault, String)? {
        let alias = "\(resolution.recipient)"
        switch resolution.verdict {
        case .deliver:
            guard !resolution.deadTargets.isEmpty else { return nil }
            return (.dead, "\(alias) → \(FindingText.list(resolution.deadTargets.map { "\($0)" }))")
        case .refuse(let reply):
            return (reply.enhanced == EnhancedStatusCode(5, 4, 6) ? .loop : .nobody, alias)
        case .deferred(let reply):
            // Mail for other hosts is nothing that the directory could mend.
            guard reply.enhanced != EnhancedStatusCode(4, 4, 4) else { return nil }
            let reason =
                resolution.steps.firstFailure.map { "\($0)" } ?? resolution.steps.lastDecision ?? reply.description
            // Nor an address that several entries have.
            guard !reason.contains("it must find one"), !broken.contains(where: { reason.contains($0) }) else {
                return nil
            }
            return (.unserved, "\(alias) (\(reason))")
        }
    }

    /// The addresses that the alias tables know, by table.
    private func aliases(_ examination: Examination) async -> [(place: Located<String>, addresses: [EmailAddress])] {
        var result: [(place: Located<String>, addresses: [EmailAddress])] = []
        for search in examination.searches(.aliases) where !search.keyAttributes.isEmpty {
            let sample = await examination.entries(of: search, search.keyAttributes)
            let values = sample.entries.flatMap { entry in search.keyAttributes.flatMap { entry[$0] } }
            result.append(
                (Located(search.name, at: search.location), addresses(values.prefix(examination.options.sample))))
        }
        for case .inline(let pairs, _) in examination.model.routing.aliases {
            let keys = pairs.value.keys.sorted().prefix(examination.options.sample).map { Array($0.utf8) }
            result.append((Located("aliases", at: pairs.location), addresses(keys[...])))
        }
        return result
    }

    /// `@domain` and bare names are no recipients by themselves.
    private func addresses(_ values: ArraySlice<[UInt8]>) -> [EmailAddress] {
        values.compactMap { EmailAddress(FindingText.value($0)) }
    }
}
