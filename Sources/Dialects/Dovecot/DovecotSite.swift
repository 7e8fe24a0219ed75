import Directory
import SiteConfiguration

/// A Dovecot configuration while it becomes part of a site. What a part takes is told in the report at once; what nobody
/// took is told at the end.
struct DovecotSite {
    var draft: SiteDraft
    let root: DovecotSection
    let isVersion24: Bool
    /// What the program's own packages would have set is not there.
    let lacksProtocolFiles: Bool
    /// protocols = imaps: IMAP without the listener on port 143.
    var hasOnlyIMAPS = false
    /// The same of POP3.
    var hasOnlyPOP3S = false
    var servesPOP3 = false
    var servesLMTP = false
    var ldapFiles: [String: DovecotLDAPFile] = [:]
    private var told: Set<Int> = []

    init(_ reader: DovecotReader, _ draft: SiteDraft) {
        self.draft = draft
        root = reader.root
        isVersion24 = reader.isVersion24
        lacksProtocolFiles = reader.missingIncludes.contains { $0.hasSuffix(".protocol") }
    }

    var location: SourceLocation { root.location }
    var templates: DovecotTemplates { DovecotTemplates(isVersion24: isVersion24) }

    static func name(_ setting: DovecotSetting, in section: DovecotSection) -> String {
        section.path.isEmpty ? setting.key : "\(section.path)/\(setting.key)"
    }

    // MARK: Taking settings

    /// Tells what became of the last setting of a key; earlier ones are overridden by it.
    mutating func tell(
        _ key: String, in section: DovecotSection, _ fate: ImportReport.Fate, _ note: String
    ) {
        guard let last = section.last(key) else { return }
        for setting in section.settings where setting.key == key && !told.contains(setting.id) {
            told.insert(setting.id)
            let value = setting.file.map { "<" + $0 } ?? setting.value
            let name = Self.name(setting, in: section)
            if setting.id == last.id {
                draft.tell(name, value, at: setting.location, fate, note)
            } else {
                draft.tell(name, value, at: setting.location, .notNeeded, "set again at \(last.location)")
            }
        }
    }

    func isTold(_ setting: DovecotSetting) -> Bool { told.contains(setting.id) }

    /// A setting that is followed; nil when it is not set or empty.
    mutating func take(_ key: String, in section: DovecotSection? = nil, _ note: String) -> Located<String>? {
        let section = section ?? root
        guard let setting = section.last(key) else { return nil }
        tell(key, in: section, .used, note)
        return setting.bytes.isEmpty ? nil : setting.located
    }

    /// The same under several names: 2.4 has long and short ones.
    mutating func take(_ keys: [String], in section: DovecotSection? = nil, _ note: String) -> Located<String>? {
        for key in keys {
            if let value = take(key, in: section, note) { return value }
        }
        return nil
    }

    /// yes or no, as Dovecot's settings have it.
    mutating func takeSwitch(_ key: String, in section: DovecotSection? = nil, _ note: String) -> Located<Bool>? {
        guard let value = take(key, in: section, note) else { return nil }
        switch value.value.lowercased() {
        case "yes", "y", "1": return Located(true, at: value.location)
        case "no": return Located(false, at: value.location)
        default:
            draft.error(at: value.location, "\(key): \(value.value) is neither yes nor no", remedy: "yes or no")
            return nil
        }
    }

    mutating func takeNumber(_ key: String, in section: DovecotSection? = nil, _ note: String) -> Located<Int>? {
        guard let value = take(key, in: section, note) else { return nil }
        guard let number = Int(value.value), (0...Int(UInt32.max)).contains(number) else {
            draft.error(
                at: value.location, "\(key): \(value.value) is no number", remedy: "a whole number, not negative")
            return nil
        }
        return Located(number, at: value.location)
    }

    /// `1 hour`, `30 secs`, `60s`.
    mutating func takeTime(_ key: String, in section: DovecotSection? = nil, _ note: String) -> Located<Duration>? {
        guard let value = take(key, in: section, note) else { return nil }
        let digits = value.value.prefix { $0.isASCII && $0.isNumber }
        let unit = String(value.value.dropFirst(digits.count)).trimmingBlanks.lowercased()
        let units: [(String, Int64)] = [
            ("msecs", 1), ("milliseconds", 1), ("secs", 1000), ("seconds", 1000), ("mins", 60_000),
            ("minutes", 60_000), ("hours", 3_600_000), ("days", 86_400_000), ("weeks", 604_800_000),
        ]
        let factor = unit.isEmpty ? 1000 : units.first { $0.0.hasPrefix(unit) && (unit != "m" || $0.0 == "mins") }?.1
        guard let number = Int64(digits), let factor, number <= 1_000_000_000 else {
            draft.error(
                at: value.location, "\(key): \(value.value) is no time",
                remedy: "a number with secs, mins, hours or days")
            return nil
        }
        return Located(.milliseconds(number * factor), at: value.location)
    }

    // MARK: The rest

    /// Tells what nobody took.
    mutating func tellRest() {
        for section in [root] + root.descendants {
            checkType(section)
            checkService(section)
            for setting in section.settings where !told.contains(setting.id) {
                let verdict = verdict(setting, in: section)
                if let verdict {
                    tell(setting.key, in: section, verdict.fate, verdict.note)
                } else if isVersion24 {
                    tell(setting.key, in: section, .unsupported(.login), "Postroom does not know this setting")
                } else {
                    tell(setting.key, in: section, .ignored, "no setting of Dovecot")
                    draft.error(
                        at: setting.location,
                        "\(Self.name(setting, in: section)) is no setting of Dovecot: it refuses to start",
                        remedy: "look for a misspelling")
                }
            }
        }
    }

    private func verdict(_ setting: DovecotSetting, in section: DovecotSection) -> DovecotSettingTable.Verdict? {
        let path = section.path.split(separator: "/").map(String.init)
        if path.contains("plugin") { return DovecotSettingTable.pluginVerdict(setting.key) }
        if path.contains("service") {
            guard isVersion24 || Self.serviceSettings.contains(setting.key) else { return nil }
            return .init(fate: .notNeeded, note: "concerns Dovecot's processes and sockets")
        }
        if section.type == "dict" { return .init(fate: .ignored, note: "dictionaries are not read") }
        if section.type == "metric" || path.contains("metric") || path.contains("event_exporter") {
            return .init(fate: .notNeeded, note: "see metrics")
        }
        if section.isFilter || section.path.isEmpty {
            if section.isFilter, Self.matters.contains(setting.key), section.type != "local_name" {
                let isOther =
                    section.type == "protocol"
                    && (["sieve", "submission", "lda", "doveadm"] + (servesPOP3 ? [] : ["pop3"])).contains(section.name)
                return .init(
                    fate: isOther ? .ignored : .unsupported(.login),
                    note: isOther
                        ? "\(section.name) is not served" : "a setting for \(section.title) alone is not followed")
            }
            return DovecotSettingTable.verdict(setting.key, value: setting.value)
                ?? (isVersion24 ? Dovecot24Settings.verdict(setting.key) : nil)
        }
        if isVersion24 { return Dovecot24Settings.verdict(in: section, setting.key) }
        return nil
    }

    /// Sections that Dovecot 2.3 knows; the name of another is a misspelling, and it refuses to start.
    private mutating func checkType(_ section: DovecotSection) {
        guard !isVersion24, !section.type.isEmpty, !Self.sectionTypes.contains(section.type) else { return }
        draft.error(
            at: section.location, "there is no section \(section.title): Dovecot refuses to start",
            remedy: "look for a misspelling")
    }

    /// Dovecot runs a program for each service: of one that it does not know, the program must be named.
    private mutating func checkService(_ section: DovecotSection) {
        guard section.type == "service", !Self.services.contains(section.name), section.last("executable") == nil
        else { return }
        let near = ParameterDefaults.nearest(section.name, in: Self.services.sorted())
        draft.error(
            at: section.location,
            "there is no service \(section.name), and no executable is named for it: Dovecot refuses to start",
            remedy: near.map { "did you mean \($0)?" } ?? "name its program in executable, or take the section out")
    }

    /// The services of Dovecot 2.0 to 2.4 and of Pigeonhole.
    private static let services: Set = [
        "aggregator", "anvil", "auth", "auth-worker", "config", "dict", "dict-async", "dict-expire", "director",
        "dns-client", "dns_client", "doveadm", "health-check", "imap", "imap-hibernate", "imap-login", "imap-urlauth",
        "imap-urlauth-login", "imap-urlauth-worker", "indexer", "indexer-worker", "ipc", "lmtp", "log", "managesieve",
        "managesieve-login", "old-stats", "pop3", "pop3-login", "replicator", "ssl-params", "stats", "submission",
        "submission-login", "tcpwrap",
    ]

    private static let sectionTypes: Set = [
        "protocol", "local", "remote", "local_name", "passdb", "userdb", "namespace", "mailbox", "service",
        "inet_listener", "unix_listener", "fifo_listener", "plugin", "dict", "metric", "event_exporter", "socket",
    ]

    private static let serviceSettings: Set = [
        "chroot", "client_limit", "drop_priv_before_exec", "executable", "extra_groups", "group", "idle_kill",
        "privileged_group", "process_limit", "process_min_avail", "protocol", "service_count", "type", "user",
        "vsz_limit", "mode", "address", "haproxy", "port", "reuse_port", "ssl", "path",
    ]

    /// Settings that change logins, encryption or where mail lies, and so can't be passed over when they hold for some
    /// connections only.
    private static let matters: Set = [
        "ssl", "ssl_cert", "ssl_key", "ssl_min_protocol", "ssl_protocols", "disable_plaintext_auth", "auth_mechanisms",
        "auth_username_format", "auth_default_realm", "mail_location", "mail_home", "mail_uid", "mail_gid",
        "auth_allow_cleartext", "ssl_server_cert_file", "ssl_server_key_file", "mail_driver", "mail_path",
        "mail_inbox_path", "auth_username_chars", "auth_username_translation", "auth_master_user_separator",
    ]
}
