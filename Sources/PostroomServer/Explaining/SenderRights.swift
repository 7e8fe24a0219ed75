import Directory
import LDAP
import LookupTables
import MailModel
import Policy
import Routing
import SiteConfiguration

/// The addresses that a login may send as, as far as the tables of senders let it be found: these map an address to its
/// logins, so they are searched backwards, and what that finds is asked of the table itself.
struct SenderRights: Sendable {
    var addresses: [String] = []
    /// Tables that can't be searched backwards, and failures: why there may be more addresses.
    var notes: [String] = []
    /// False when every login may send as anybody.
    var isChecked: Bool
    var steps: [TraceStep] = []

    /// Entries of one table.
    private static let limit = 200

    init(of login: String, at site: Site) async {
        let tables = site.policy(withLogin: true).options.senderLoginMaps
        isChecked = site.model.senders.checksLogin || site.model.senders.checksFrom
        guard isChecked else { return }
        for (index, model) in site.model.senders.logins.enumerated() {
            let place = model.nameAndLocation
            guard let table = tables.first(where: { $0.name == place.value }) ?? tables[checked: index] else {
                continue
            }
            switch model {
            case .ldap(let ldap): await search(ldap, table, login, site)
            case .inline(let pairs, _): await confirm(pairs.value.keys.map { Array($0.utf8) }, table, login)
            default: notes.append("\(place.value) can't be searched for what a login owns")
            }
        }
        await addAliases(login, site)
    }

    /// Aliases that lead to an address of one's own, and groups that one is in, where these count (`senders.aliases`,
    /// `senders.groups`): searched backwards from the addresses found so far.
    private mutating func addAliases(_ login: String, _ site: Site) async {
        let senders = site.model.senders
        guard senders.includesAliases || senders.includesGroups, !addresses.isEmpty else { return }
        let policy = site.policy(withLogin: true)
        var candidates: [[UInt8]] = []
        for model in site.model.routing.aliases {
            switch model {
            case .inline(let pairs, _): candidates += pairs.value.keys.map { Array($0.utf8) }
            case .ldap(let ldap): candidates += await keys(ldap, holding: addresses.map { Array($0.utf8) }, site) ?? []
            default: notes.append("\(model.nameAndLocation.value) can't be searched for aliases of a login")
            }
        }
        for key in Set(candidates.map(LookupKey.folded)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard addresses.count < Self.limit else {
                notes.append("more than \(Self.limit) addresses")
                return
            }
            let text = String(decoding: key, as: UTF8.self)
            guard !addresses.contains(text), let address = EmailAddress(unquoted: key),
                case .found(true) = await policy.owns(address, login: login).outcome
            else { continue }
            addresses.append(text)
        }
    }

    private mutating func search(
        _ model: LDAPTableModel, _ table: any LookupTable, _ login: String, _ site: Site
    ) async {
        guard let candidates = await keys(model, holding: [Array(login.utf8)], site) else { return }
        await confirm(candidates, table, login)
    }

    /// The keys for which a table's entries have one of the values; nil, and a note, when that can't be found out.
    private mutating func keys(_ model: LDAPTableModel, holding values: [[UInt8]], _ site: Site) async -> [[UInt8]]? {
        guard let member = site.directories.members[model.directory.value],
            let base = model.searchBase ?? member.base,
            let shape = try? QueryShape(filter: Array(model.filter.value.utf8), base: Array(base.value.utf8)),
            let fixedBase = shape.base, (model.resultFormat?.value ?? "%s") == "%s"
        else {
            notes.append("\(model.name) can't be searched for what a login owns")
            return nil
        }
        let keys = shape.keyUses.filter { $0.part == .whole && !$0.isOpenBefore && !$0.isOpenBehind }
        let owners = (model.resultAttributes + model.leafResultAttributes).flatMap { name in
            values.map { LDAPFilter.equality(AttributeDescription(name.value), $0) }
        }
        guard !keys.isEmpty, !owners.isEmpty else {
            notes.append("\(model.name) can't be searched for what a login owns")
            return nil
        }
        let request = SearchRequest(
            base: fixedBase, filter: .and([shape.presence, .or(owners)]), attributes: keys.map(\.attribute.spelling),
            sizeLimit: Self.limit)
        let answer = await member.source.answer(request)
        steps.append(
            TraceStep.search(
                request, at: member.source.name, answer.outcome.traced, answer, location: model.filter.location))
        switch answer.outcome {
        case .failed(let reason):
            notes.append("\(model.name): \(reason.text)")
            return nil
        case .noSuchObject: return []
        case .entries(let entries):
            return entries.prefix(Self.limit).flatMap { entry in
                keys.flatMap { use in entry[use.attribute].compactMap { Self.key($0, use) } }
            }
        }
    }

    /// The key for which a value matches: what is left of it without the text around the key, `smtp:` before it.
    private static func key(_ value: [UInt8], _ use: QueryShape.KeyUse) -> [UInt8]? {
        guard value.count > use.before.count + use.behind.count,
            LookupKey.folded(Array(value.prefix(use.before.count))) == LookupKey.folded(use.before),
            LookupKey.folded(Array(value.suffix(use.behind.count))) == LookupKey.folded(use.behind)
        else { return nil }
        return Array(value.dropFirst(use.before.count).dropLast(use.behind.count))
    }

    private mutating func confirm(_ candidates: [[UInt8]], _ table: any LookupTable, _ login: String) async {
        for key in Set(candidates.map(LookupKey.folded)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            guard addresses.count < Self.limit else {
                notes.append("more than \(Self.limit) addresses")
                return
            }
            guard case .found(let value) = await table.lookup(key).outcome,
                Self.words(value).contains(where: { $0.lowercased() == login.lowercased() })
            else { continue }
            let address = String(decoding: key, as: UTF8.self)
            if !addresses.contains(address) { addresses.append(address) }
        }
    }

    private static func words(_ value: [UInt8]) -> [String] {
        value.split { $0 == UInt8(ascii: ",") || $0 == 0x20 || (0x09...0x0D).contains($0) }
            .map { String(decoding: $0, as: UTF8.self) }
    }
}

extension Array {
    fileprivate subscript(checked index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
