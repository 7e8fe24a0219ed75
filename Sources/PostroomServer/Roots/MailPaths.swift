import Accounts
import Directory
import LDAP
import LookupTables
import MailModel
import NIOPosix
import SiteConfiguration

/// Paths of mailboxes that a site's tables and databases hold: a bounded sample, asked once, to find the folders that all
/// lie below. Never for an answer about anybody's mail.
struct MailPaths {
    let model: SiteModel
    let directories: DirectorySet
    private let faults = FaultCollector()

    /// Entries of one table, and values altogether.
    private static let maximumEntries = 2000
    private static let maximumPaths = 20_000

    struct Found {
        var paths: [String] = []
        /// What was asked, for the message.
        var places: [Located<String>] = []
        /// Why something could not be asked.
        var failures: [ConfigurationFault] = []
    }

    init(model: SiteModel, directories: DirectorySet) {
        self.model = model
        self.directories = directories
    }

    func sample() async -> Found {
        var found = Found()
        if case .tables(let maps) = model.routing.mailboxes {
            for table in maps.paths { await sample(table, base: maps.base?.value ?? "/", &found) }
        }
        for (model, database) in zip(model.accounts.users, databases()) {
            guard let database else { continue }
            await sample(database, model, &found)
        }
        found.paths = Array(found.paths.prefix(Self.maximumPaths))
        return found
    }

    // MARK: Tables

    private func sample(_ table: TableModel, base: String, _ found: inout Found) async {
        func add(_ value: [UInt8]) {
            guard let text = String(validating: value, as: UTF8.self), !text.isEmpty else { return }
            found.paths.append(base + "/" + text)
        }
        switch table {
        case .ldap(let table):
            for value in await values(table, &found) { add(value) }
        case .inline(let pairs, _):
            found.places.append(Located("the inline table", at: pairs.location))
            for value in pairs.value.values { add(Array(value.utf8)) }
        case .constant(let value): add(Array(value.value.utf8))
        case .union(let members, _):
            for member in members { await sample(member, base: base, &found) }
        case .file, .text:
            let place = table.nameAndLocation
            let opened = await Hashing.blocking { [model, directories] in
                let group = MultiThreadedEventLoopGroup.singleton
                let builder = TablesBuilder(directories, model, FaultCollector(), group: group)
                let made = builder.table(table)
                let fixed = ((made as? FileTable)?.current ?? made) as? any FixedTable
                return fixed?.values.values.prefix(Self.maximumEntries).map { $0 }
            }
            guard let values = opened ?? nil else { return }
            found.places.append(place)
            values.forEach(add)
        case .pipe, .random, .socketMap, .tcp, .system, .failing, .group: break
        }
    }

    /// The values of the result attributes below the table's base, through its result_format as far as it does without the
    /// key.
    private func values(_ table: LDAPTableModel, _ found: inout Found) async -> [[UInt8]] {
        let attributes = (table.resultAttributes + table.leafResultAttributes + table.terminalResultAttributes).map(
            \.value)
        let base = Self.constantBase(
            table.searchBase?.value ?? directories.members[table.directory.value]?.base?.value ?? "")
        guard !attributes.isEmpty else { return [] }
        found.places.append(Located(table.name, at: table.filter.location))
        let entries = await search(
            table.directory, base: base, attributes: attributes, at: table.filter.location, &found)
        let format = Array((table.resultFormat?.value ?? "%s").utf8)
        return entries.flatMap { entry in
            attributes.flatMap { entry[AttributeDescription($0)] }.compactMap { Self.formatted($0, format) }
        }
    }

    /// `ou=Mail,dc=example,dc=com` of `ou=%d,ou=Mail,dc=example,dc=com`: the part that is the same for every key.
    private static func constantBase(_ base: String) -> String {
        guard let last = base.lastIndex(of: "%") else { return base }
        guard let comma = base[last...].firstIndex(of: ",") else { return "" }
        return String(base[base.index(after: comma)...].drop { $0 == " " })
    }

    /// ldap_table(5), result_format. Nil for a value that the format doesn't take.
    private static func formatted(_ value: [UInt8], _ format: [UInt8]) -> [UInt8]? {
        let at = value.lastIndex(of: UInt8(ascii: "@"))
        var result: [UInt8] = []
        var index = 0
        while index < format.count {
            guard format[index] == UInt8(ascii: "%"), index + 1 < format.count else {
                result.append(format[index])
                index += 1
                continue
            }
            switch format[index + 1] {
            case UInt8(ascii: "s"): result += value
            case UInt8(ascii: "u"): result += at.map { Array(value[..<$0]) } ?? value
            case UInt8(ascii: "d"):
                guard let at else { return nil }
                result += value[(at + 1)...]
            case UInt8(ascii: "%"): result.append(UInt8(ascii: "%"))
            // The key's own parts: what is the same for all ends before them.
            default: return result.lastIndex(of: UInt8(ascii: "/")).map { Array(result[...$0]) }
            }
            index += 2
        }
        return result
    }

    // MARK: Databases

    /// A login that nobody has: where it appears in a path, the part that is the same for all has ended.
    private static let nobody = "postroom-proposal"

    private func databases() -> [UserDatabase?] {
        model.accounts.users.map { user in
            var one = model
            one.accounts.users = [user]
            return AccountsBuilder(model: one, directories: directories, hashing: Hashing.run, faults: faults)
                .users(byAddress: false).first
        }
    }

    private func sample(_ database: UserDatabase, _ model: UserDatabaseModel, _ found: inout Found) async {
        var rules = AccountRules(owner: OwnerRules(minimumUID: 1, fixed: Owner(uid: 65534, gid: 65534)))
        let templates = AccountTemplates(syntax: self.model.accounts.variables.value, faults: faults)
        rules.mailLocation = self.model.accounts.mailLocation.flatMap(templates.mailLocation)
        rules.home = self.model.accounts.home.flatMap { templates.text($0, for: .fields) }
        var variables = LoginVariables(user: Array("\(Self.nobody)@\(Self.nobody).invalid".utf8), service: "imap")
        func add(_ fields: Fields) {
            guard
                let account = try? rules.account(
                    login: variables.user, identity: Self.nobody, fields: fields, variables),
                case .here(let location) = account.location
            else { return }
            for path in [location.path, location.inbox].compactMap(\.self) {
                guard let text = String(validating: path, as: UTF8.self) else { continue }
                let parts = text.split(separator: "/", omittingEmptySubsequences: false)
                guard let end = parts.firstIndex(where: { $0.contains(Self.nobody) }) else {
                    found.paths.append(text)
                    continue
                }
                // Two names below it, so that it is taken for the parent that it is.
                found.paths.append((parts[..<end] + ["a", "b"]).joined(separator: "/"))
                found.paths.append((parts[..<end] + ["c", "d"]).joined(separator: "/"))
            }
        }
        switch database.method {
        case .search(let lookup):
            let attributes = lookup.mapping.attributes ?? []
            let base = Self.constantBase(lookup.base.description)
            found.places.append(Located("accounts.user", at: model.location))
            let entries = await search(
                model.directory, base: base, attributes: attributes, at: model.location, &found)
            for entry in entries {
                let fields = lookup.mapping.evaluate(entry, &variables)
                variables.user = Array("\(Self.nobody)@\(Self.nobody).invalid".utf8)
                add(fields)
            }
        case .fixed(let mapping, _):
            found.places.append(Located("accounts.user", at: model.location))
            add(mapping.evaluate(LDAPEntry(name: ""), &variables))
        case .passwdFile(let lookup):
            found.places.append(Located("accounts.user", at: model.location))
            for fields in await lookup.allUserFields(limit: Self.maximumEntries, variables) { add(fields) }
        case .prefetch: break
        }
    }

    // MARK: Searching

    /// Entries that have one of the attributes.
    private func search(
        _ directory: Located<String>, base: String, attributes: [String], at location: SourceLocation,
        _ found: inout Found
    ) async -> [LDAPEntry] {
        guard let member = directories.members[directory.value], !attributes.isEmpty else { return [] }
        let request = SearchRequest(
            base: base, scope: .sub, filter: .or(attributes.map { .present(AttributeDescription($0)) }),
            attributes: attributes)
        let reason: String
        if let client = member.client {
            do {
                return try await client.sample(request, limit: Self.maximumEntries).entries
            } catch {
                reason = "\(error)"
            }
        } else {
            switch await member.live.search(request) {
            case .entries(let entries): return Array(entries.prefix(Self.maximumEntries))
            case .noSuchObject: reason = "the base \(base) does not exist"
            case .failed(let failure): reason = failure.text
            }
        }
        found.failures.append(
            ConfigurationFault(.warning, at: location, "the folders of mail can't be looked up: \(reason)", remedy: ""))
        return []
    }
}
