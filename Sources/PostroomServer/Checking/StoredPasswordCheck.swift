import Accounts
import Directory
import LDAP
import Passwords
import SiteConfiguration

/// Passwords that the service could read and need not, and stored ones that can't be checked or are weak. No value is kept
/// or told.
struct StoredPasswordCheck: ExaminationPart {
    let title = "stored passwords"

    func findings(_ examination: Examination) async -> [CheckFinding] {
        var findings = await readable(examination)
        for search in examination.searches(.passwordByHash) where !examination.isOver {
            findings += await schemes(search, examination)
        }
        return findings
    }

    // MARK: Readable

    private func readable(_ examination: Examination) async -> [CheckFinding] {
        var findings: [CheckFinding] = []
        for directory in examination.model.directories {
            // A file has no access rules.
            guard case .servers = directory.kind, let probe = examination.probes[directory.name], !examination.isOver
            else { continue }
            let databases = examination.model.passwordDatabases.filter { $0.directory.value == directory.name }
            let comparing = databases.contains { $0.check.value == .hash }
            guard !comparing, let database = databases.first(where: { $0.check.value.asksServer }),
                let base = database.base?.value ?? directory.base?.value,
                case .found(.readable(let entry)) = await probe.passwords(below: base)
            else { continue }
            findings.append(
                CheckFinding(
                    .warning, at: database.check.location,
                    "the service's account can read userPassword (of \(FindingText.list(["\"\(entry)\""])) for one), and need not: passwords are checked by bind",
                    remedy: "at OpenLDAP: olcAccess: to attrs=userPassword by self write by anonymous auth by * none"))
        }
        return findings
    }

    // MARK: Schemes

    private func schemes(_ search: ExaminedSearch, _ examination: Examination) async -> [CheckFinding] {
        let attributes = search.results.filter(\.isPassword).map(\.attribute)
        let scheme = search.defaultScheme.flatMap { PasswordScheme(name: $0) } ?? .crypt
        var unknown: [String: [String]] = [:]
        var weak: [String: [String]] = [:]
        let sample = await examination.entries(of: search, attributes)
        for entry in sample.entries {
            for value in attributes.flatMap({ entry[$0] }) {
                let stored = StoredPassword(value, defaultScheme: scheme)
                guard let known = stored.scheme else {
                    unknown[stored.schemeName, default: []].append("\"\(entry.name)\"")
                    continue
                }
                if let why = Self.weakness(known, stored.data) { weak[why, default: []].append("\"\(entry.name)\"") }
            }
        }
        let total = sample.entries.count
        return unknown.sorted { $0.key < $1.key }.map { name, entries in
            CheckFinding(
                .error, at: search.location,
                "\(entries.count) passwords in \(total) entries are stored as {\(name)}, which can't be checked here: \(FindingText.list(entries))",
                remedy: "check passwords by search-then-bind, or have these users set theirs anew")
        }
            + weak.sorted { $0.key < $1.key }.map { why, entries in
                CheckFinding(
                    .warning, at: search.location,
                    "\(entries.count) passwords in \(total) entries are stored as \(why): \(FindingText.list(entries))",
                    remedy: "have them hashed anew, for example {SSHA512} or {ARGON2ID}: postroom password hash")
            }
    }

    /// What whoever sees the stored value would make of it.
    private static func weakness(_ scheme: PasswordScheme, _ data: [UInt8]) -> String? {
        switch scheme {
        case .plain, .plainTrunc: "plain text"
        case .desCrypt: "DES crypt, of which eight letters count"
        // crypt(3): any other method's setting begins with $ or _.
        case .crypt where data.count == 13: "DES crypt, of which eight letters count"
        case .lanman: "LANMAN, of which fourteen letters count without regard to case"
        case .ntlm, .plainMD4, .plainMD5, .ldapMD5, .sha1: "\(scheme) without a salt"
        case .cramMD5, .digestMD5, .md5Crypt: "\(scheme), which is quickly guessed"
        default: nil
        }
    }
}

extension SiteModel {
    /// Those of every protocol.
    var passwordDatabases: [PasswordDatabaseModel] { accounts.passwords + (accounts.submission?.passwords ?? []) }
}

extension PasswordDatabaseModel.Check {
    /// By a bind.
    fileprivate var asksServer: Bool {
        switch self {
        case .bind, .searchThenBind: true
        case .hash, .passwdFile, .fixed, .saslauthd, .service: false
        }
    }
}
