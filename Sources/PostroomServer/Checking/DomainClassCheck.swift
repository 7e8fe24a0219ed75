import Directory
import LDAP
import LookupTables
import Routing
import SiteConfiguration

/// Domains that two classes claim: the first in Postfix's order has them, and the other's addresses are unknown.
struct DomainClassCheck: ExaminationPart {
    let title = "domains in two classes"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        let options = examination.site.router.options
        let lists = [
            options.myDestination, options.virtualAliasDomains, options.virtualMailboxDomains, options.relayDomains,
        ].filter { !$0.elements.isEmpty }
        guard lists.count > 1 else { return [] }
        var claimed: [String: (domains: [String], first: MatchList, second: MatchList)] = [:]
        for domain in await domains(examination) {
            guard !examination.isOver else { break }
            var claims: [MatchList] = []
            for list in lists {
                if case .found(true) = await list.contains(Array(domain.utf8)).outcome { claims.append(list) }
            }
            guard claims.count > 1 else { continue }
            let key = "\(claims[0].name) \(claims[1].name)"
            claimed[key, default: ([], claims[0], claims[1])].domains.append(domain)
        }
        return claimed.sorted { $0.key < $1.key }.map { _, claim in
            CheckFinding(
                .warning, at: claim.second.location ?? claim.first.location ?? examination.model.hostname.location,
                "\(FindingText.list(claim.domains)): both in \(claim.first.name) and in \(claim.second.name)",
                remedy: "\(claim.first.name) counts; take them out of the other")
        }
    }

    /// Those that the configuration names, and the first of those that directories list.
    private func domains(_ examination: Examination) async -> [String] {
        let routing = examination.model.routing
        var seen: Set<String> = []
        var domains: [String] = []
        func add(_ text: String) {
            let domain = text.lowercased()
            guard !domain.isEmpty, !domain.hasPrefix("!"), domains.count < examination.options.sample * 4,
                seen.insert(domain).inserted
            else { return }
            domains.append(domain)
        }
        for case .name(let name) in routing.localDomains + routing.aliasDomains + routing.mailboxDomains
            + routing.relayDomains
        { add(name.value) }
        for search in examination.searches(.domains) where !examination.isOver {
            let listed = search.isKeyless ? search.results.map(\.attribute) : search.keyAttributes
            let sample = await examination.entries(of: search, listed + search.domainAttributes)
            for entry in sample.entries {
                for value in listed.flatMap({ entry[$0] }) { add(FindingText.value(value)) }
            }
            for domain in OutsideDomainCheck.owners(sample.entries, search.domainAttributes).keys.sorted() {
                add(domain)
            }
        }
        return domains
    }
}
