import Directory
import SiteConfiguration

/// What the readers of one Postfix configuration share: the site they add to, and what is known of each setting's fate.
final class PostfixReading {
    var draft: SiteDraft
    /// The program's path of the configuration directory.
    let directory: String
    var main: MainConfiguration
    /// Settings of master.cf.
    var serviceSettings: [MainConfiguration.Setting] = []
    /// The smtp and lmtp services of master.cf: transports that mail leaves by.
    var clientServices: [MasterConfiguration.Service] = []
    private var fates: [String: (fate: ImportReport.Fate, note: String)] = [:]
    /// Parameters that others are made from, each with the first of those.
    private var usedIn: [String: String] = [:]
    private var tables: [String: TableModel] = [:]
    /// Setting, place and note of what `report` told.
    private var reported: Set<[String]> = []
    /// Parameters in the files of LDAP tables, as the report will show them.
    var tableParameters: [String: ImportReport.Entry] = [:]
    var tableParameterOrder: [String] = []

    init(_ draft: SiteDraft, directory: String) {
        self.draft = draft
        self.directory = directory
        main = MainConfiguration(machineName: draft.machineName)
    }

    func error(at location: SourceLocation, _ problem: String, remedy: String = "") {
        draft.error(at: location, problem, remedy: remedy)
    }

    func warning(at location: SourceLocation, _ problem: String, remedy: String = "") {
        draft.warning(at: location, problem, remedy: remedy)
    }

    // MARK: Fates

    /// What became of a setting; of two tellings the graver counts.
    func tell(_ key: String, _ fate: ImportReport.Fate, _ note: String) {
        if let known = fates[key], known.fate.gravity >= fate.gravity { return }
        fates[key] = (fate, note)
    }

    func isTold(_ key: String) -> Bool { fates[key] != nil }

    func isUsed(_ name: String, in other: String) {
        if usedIn[name] == nil, name != other { usedIn[name] = other }
    }

    func use(of name: String) -> String? { usedIn[name] }

    /// An entry of the report that no single parameter stands for.
    func report(
        _ setting: String, value: String = "", at location: SourceLocation, _ fate: ImportReport.Fate, _ note: String
    ) {
        guard reported.insert([setting, location.description, note]).inserted else { return }
        draft.report.add(setting, value: Self.shown(value, of: setting), at: location, fate, note)
    }

    func fate(_ key: String) -> (fate: ImportReport.Fate, note: String)? { fates[key] }

    /// Shortened, without control characters; nothing of a secret.
    static func shown(_ value: String, of name: String) -> String {
        // A table in the parameter itself may hold the passwords of next hops.
        let holdsLogins = name.contains("password_maps") && (value.contains("{") || value.contains("static:"))
        let swallowed = ["bind_pw =", "bind_pw=", "dnpass =", "dnpass=", "password =", "password="]
        let isDamaged = value.utf8.contains(UInt8(ascii: "=")) && swallowed.contains { value.lowercased().contains($0) }
        if SiteDraft.isSecret(name) || holdsLogins || isDamaged { return value.isEmpty ? "" : "(secret)" }
        let printable = WordList.printable(value)
        return printable.count > 100 ? printable.prefix(97) + "…" : printable
    }

    // MARK: Tables that several parameters name

    func knownTable(_ key: String) -> TableModel? { tables[key] }

    func remember(_ table: TableModel, as key: String) { tables[key] = table }

    // MARK: Paths

    /// main.cf as a whole, for what is wrong with a default that it leads to.
    var mainFile: SourceLocation { SourceLocation(file: draft.files.hostPath("\(directory)/main.cf")) }

    var queueDirectory: String {
        let path = (try? main.value("queue_directory")) ?? ""
        return path.hasPrefix("/") ? path : "/var/spool/postfix"
    }

    /// Relative paths begin at the queue directory, where Postfix's programs run.
    func absolute(_ path: String) -> String {
        path.hasPrefix("/") ? path : "\(queueDirectory)/\(path)"
    }
}

extension ImportReport.Fate {
    /// How much a reader of the report needs to know of it.
    var gravity: Int {
        switch self {
        case .notNeeded: 0
        case .used: 1
        case .ignored: 2
        case .difference: 3
        case .weak: 4
        case .missingFilter: 5
        case .unsupported: 6
        }
    }
}

extension PostfixReading {
    /// A parameter in the file of an LDAP table: one entry for each line, the gravest of what is told of it.
    func tellTableParameter(
        _ name: String, value: String, at location: SourceLocation, _ fate: ImportReport.Fate, _ note: String
    ) {
        let key = "\(location) \(name)"
        if tableParameters[key] == nil { tableParameterOrder.append(key) }
        if let known = tableParameters[key], known.fate.gravity >= fate.gravity, known.fate != .used { return }
        if let known = tableParameters[key], known.fate == fate { return }
        tableParameters[key] = ImportReport.Entry(
            name, value: Self.shown(value, of: name), at: location, fate, note)
    }
}
