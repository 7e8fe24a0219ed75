import Directory
import MailModel
import SiteConfiguration

/// `dovecot-ldap.conf.ext`: one directory, and how Dovecot 2.3 asks it for passwords and users.
struct DovecotLDAPFile {
    let location: SourceLocation
    private(set) var settings: [DovecotSetting] = []
    /// The draft's name for its directory.
    private(set) var directory: Located<String>?
    var servesPasswords = false
    var servesUsers = false

    /// Dovecot's auth refuses to start with a setting that it doesn't know; so it is a fault.
    init(_ file: SourceText, _ draft: inout SiteDraft) {
        location = SourceLocation(file: file.hostPath ?? file.path)
        read(file, &draft)
        directory = connect(&draft)
    }

    private mutating func read(_ file: SourceText, _ draft: inout SiteDraft) {
        var gathered: [UInt8] = []
        var start: SourceLocation?
        for line in file.lines.prefix(20_000) {
            guard line.bytes.count + gathered.count <= 65_536 else {
                draft.error(at: line.location, "a line of over 65536 octets")
                gathered = []
                continue
            }
            let parsed = DovecotLine(line.bytes, after: gathered, syntax: .external)
            if case .continued(let bytes) = parsed {
                start = start ?? line.location
                gathered = bytes
                continue
            }
            let place = gathered.isEmpty ? line.location : start ?? line.location
            if case .nothing = parsed {
                // Unlike dovecot.conf: what was gathered goes on behind a comment.
                continue
            }
            gathered = []
            start = nil
            switch parsed {
            case .setting(let key, let value): set(key, value, at: place, &draft)
            case .fault(let reason): draft.error(at: place, reason, remedy: "NAME = VALUE")
            case .nothing, .continued: break
            case .begin, .emptySection, .end, .include:
                draft.error(at: place, "sections and includes have no place here", remedy: "NAME = VALUE")
            }
        }
        if !gathered.isEmpty, let start {
            draft.warning(at: start, "the file ends inside a continued line", remedy: "remove the last backslash")
        }
    }

    private mutating func set(
        _ key: String, _ value: DovecotLine.Value, at place: SourceLocation, _ draft: inout SiteDraft
    ) {
        guard Self.notes[key] != nil else {
            draft.error(
                at: place, "\(key.settingName) is no setting of dovecot-ldap.conf.ext: Dovecot refuses to start",
                remedy: "look for a misspelling")
            return
        }
        var setting = DovecotSetting(id: settings.count, key: key, bytes: [], file: nil, location: place)
        switch value {
        case .text(let bytes), .quoted(let bytes): setting.bytes = bytes
        case .file(let path): setting.bytes = Array("<\(path)".utf8)
        }
        settings.append(setting)
    }

    /// The last of a key, unless it is empty.
    func value(_ key: String) -> Located<String>? {
        guard let setting = settings.last(where: { $0.key == key }), !setting.bytes.isEmpty else { return nil }
        return setting.located
    }

    func isSet(_ key: String) -> Bool { settings.contains { $0.key == key } }

    func isOn(_ key: String, _ draft: inout SiteDraft) -> Bool {
        guard let value = value(key) else { return false }
        switch value.value.lowercased() {
        case "yes", "y", "1": return true
        case "no": return false
        default:
            draft.error(at: value.location, "\(key): \(value.value) is neither yes nor no", remedy: "yes or no")
            return false
        }
    }

    private func connect(_ draft: inout SiteDraft) -> Located<String>? {
        var connection = LDAPConnectionSettings()
        let servers = value("uris") ?? value("hosts")
        guard let servers else {
            draft.error(at: location, "neither uris nor hosts names a server", remedy: "uris = ldap://ldap.example.org")
            return nil
        }
        do {
            let list =
                try isSet("uris") && value("uris") != nil
                ? LDAPServerList(urls: servers.value) : LDAPServerList(hosts: servers.value)
            connection.urls = list.urls.map { Located($0, at: servers.location) }
            for server in list.withoutScheme {
                draft.warning(
                    at: servers.location, "uris: \(server) has no scheme", remedy: "ldap://\(server) is meant")
            }
        } catch {
            draft.error(
                at: servers.location, "\(error.server): \(error.reason)",
                remedy: "uris = ldap://HOST ldaps://HOST, or hosts = HOST:PORT")
            return nil
        }
        connection.bindName = value("dn")
        if let password = settings.last(where: { $0.key == "dnpass" }) {
            connection.bindPassword = Located(Secret(password.bytes), at: password.location)
        }
        let startTLS = isOn("tls", &draft)
        connection.startTLS = settings.last { $0.key == "tls" }.map { Located(startTLS, at: $0.location) }
        connection.caFile = value("tls_ca_cert_file")
        connection.caDirectory = value("tls_ca_cert_dir")
        connection.certificate = value("tls_cert_file")
        connection.key = value("tls_key_file")
        connection.cipherSuites = value("tls_cipher_suite")
        if let check = value("tls_require_cert") {
            if let known = LDAPClientDefaults.CertificateCheck(rawValue: check.value.lowercased()) {
                connection.certificateCheck = Located(known, at: check.location)
            } else {
                draft.error(
                    at: check.location, "tls_require_cert: \(check.value) is not known",
                    remedy: "never, allow, try, demand or hard")
            }
        }
        let name = connection.directory(&draft, program: "Dovecot", at: location)
        return Located(name, at: servers.location)
    }

    // MARK: Report

    /// Once per file, when it is known who uses it.
    func tell(_ draft: inout SiteDraft) {
        for setting in settings {
            let key = setting.key
            let later = settings.last { $0.key == key }
            if let later, later.id != setting.id {
                draft.tell(key, setting.value, at: setting.location, .notNeeded, "set again at \(later.location)")
                continue
            }
            let (fate, note) = fate(setting)
            draft.tell(key, setting.value, at: setting.location, fate, note)
        }
    }

    private func fate(_ setting: DovecotSetting) -> (ImportReport.Fate, String) {
        let text = setting.value.lowercased()
        let isOff = ["", "no", "0"].contains(text)
        switch setting.key {
        case "pass_filter", "pass_attrs", "auth_bind", "auth_bind_userdn", "default_pass_scheme":
            guard servesPasswords else { return (.notNeeded, "no passdb uses this file") }
            let isBound = ["yes", "y", "1"].contains(value("auth_bind")?.value.lowercased() ?? "no")
            if setting.key == "auth_bind_userdn", !isBound { return (.notNeeded, "auth_bind is off") }
            let bindsByName = isBound && value("auth_bind_userdn") != nil
            if bindsByName, setting.key.hasPrefix("pass_") {
                return (.notNeeded, "auth_bind_userdn needs no search")
            }
        case "user_filter", "user_attrs":
            if !servesUsers { return (.notNeeded, "no userdb uses this file") }
        case "iterate_filter", "iterate_attrs":
            if !servesUsers { return (.notNeeded, "no userdb uses this file") }
        case "sasl_bind" where !isOff && value("sasl_mech")?.value.uppercased() != "EXTERNAL":
            return (.unsupported(.login), "binds by a SASL mechanism other than EXTERNAL are not made")
        case "sasl_bind" where !isOff:
            return (.unsupported(.login), "a bind by EXTERNAL is written in postroom.yaml: bind: external")
        case "ldaprc_path":
            return isOff
                ? (.notNeeded, "names no file")
                : (.unsupported(.encryption), "the file may say which certificates are believed: put it into ldap.conf")
        case "ldap_version" where text != "3" && !text.isEmpty: return (.notNeeded, "version 3 is spoken all the same")
        case "tls_cipher_suite" where OpenSSLCipherList.suites(setting.value) == nil:
            return (.ignored, "the list is not understood; the library's own choice is used")
        default: break
        }
        return Self.notes[setting.key] ?? (.ignored, "not known")
    }

    private static let notes: [String: (ImportReport.Fate, String)] = [
        "hosts": (.used, "the directory's servers, unless uris names them"), "uris": (.used, "the directory's servers"),
        "dn": (.used, "whom searches bind as"), "dnpass": (.used, "the password for that"),
        "tls": (.used, "StartTLS towards the directory"),
        "tls_ca_cert_file": (.used, "whose certificates are believed"),
        "tls_ca_cert_dir": (.used, "whose certificates are believed"),
        "tls_cert_file": (.used, "our own certificate"), "tls_key_file": (.used, "its key"),
        "tls_cipher_suite": (.used, "cipher suites towards the directory"),
        "tls_require_cert": (.used, "whether the certificate is verified"),
        "base": (.used, "where entries are searched"), "scope": (.used, "how deep a search goes"),
        "deref": (.used, "how alias entries are treated"),
        "auth_bind": (.used, "whether the password is checked by a bind"),
        "auth_bind_userdn": (.used, "whom to bind as, without a search"),
        "pass_attrs": (.used, "fields of a login"), "pass_filter": (.used, "how a login is found"),
        "user_attrs": (.used, "fields of a user"), "user_filter": (.used, "how a user is found"),
        "iterate_attrs": (.used, "how all users are listed"), "iterate_filter": (.used, "how all users are listed"),
        "default_pass_scheme": (.used, "the scheme of values without {SCHEME}"),
        "ldap_version": (.used, "the version that is spoken"),
        "blocking": (.notNeeded, "searches share a few connections"),
        "debug_level": (.notNeeded, "see postroom explain --login"),
        "sasl_bind": (.notNeeded, "simple binds are made"), "sasl_mech": (.notNeeded, "only for SASL binds"),
        "sasl_realm": (.notNeeded, "only for SASL binds"), "sasl_authz_id": (.notNeeded, "only for SASL binds"),
        "ldaprc_path": (.ignored, ""),
    ]
}
