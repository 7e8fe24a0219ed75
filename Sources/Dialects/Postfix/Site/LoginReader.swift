import Directory
import SiteConfiguration

/// Who checks the passwords of those who send: smtpd_sasl_type and what stands behind it.
struct LoginReader {
    let reading: PostfixReading
    /// As the first service that takes logins sees them.
    let parameters: ParameterReader

    init(_ reading: PostfixReading, _ parameters: ParameterReader) {
        self.reading = reading
        self.parameters = parameters
    }

    func read() {
        reading.draft.model.senders.logins = TableReader(reading, effect: .relaying).tables(
            parameters.words("smtpd_sender_login_maps", "who owns a sender address"))
        for name in ["smtpd_sasl_authenticated_header"] where parameters.isSet(name) {
            if parameters.boolean(name, "Received: tells the login").value {
                parameters.tell(name, .ignored, "logins are not shown to recipients")
            }
        }
        let type = parameters.choice("smtpd_sasl_type", ["cyrus", "dovecot"], "who checks passwords")
        let path = parameters.text("smtpd_sasl_path", "where passwords are checked")
        let realm = parameters.optional("smtpd_sasl_local_domain", "the realm of logins")
        if type?.value == "dovecot" {
            readDovecot(path)
            parameters.tell("smtpd_sasl_local_domain", .notNeeded, "Dovecot makes realms itself")
        } else if type?.value == "cyrus" {
            readCyrus(type: type ?? path, path, realm: realm)
        }
    }

    private func readDovecot(_ path: Located<String>) {
        let place: String
        if path.value.hasPrefix("inet:") {
            place = path.value
        } else {
            let name = path.value.hasPrefix("unix:") ? String(path.value.dropFirst("unix:".count)) : path.value
            place = reading.absolute(name)
        }
        if let dovecot = reading.draft.dovecot {
            if dovecot.authSockets.contains(where: { SocketPath.areSame($0.value, place) }) {
                parameters.tell("smtpd_sasl_path", .used, "Dovecot's own socket: its accounts are joined inside")
                return
            }
            reading.warning(
                at: path.location, "smtpd_sasl_path: Dovecot's configuration has no auth socket at \(place)",
                remedy: "add the unix_listener to its service auth, or mend the path")
        }
        let service =
            place.hasPrefix("inet:")
            ? "dovecot:\(place)" : "dovecot:unix:\(reading.draft.files.hostPath(place))"
        var database = PasswordDatabaseModel(check: Located(.service, at: path.location))
        database.service = Located(service, at: path.location)
        reading.draft.model.accounts.submission = SubmissionLoginModel(passwords: [database])
    }

    // MARK: Cyrus

    private func readCyrus(type: Located<String>, _ path: Located<String>, realm: Located<String>?) {
        let settings = librarySettings(path)
        let method = settings["pwcheck_method"]
        var mechanisms: [Located<String>] = []
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            let fate: ImportReport.Fate
            let note: String
            switch name {
            case "pwcheck_method": (fate, note) = (.used, "who checks passwords")
            case "mech_list":
                (mechanisms, fate, note) = self.mechanisms(value)
            case "saslauthd_path": (fate, note) = (.used, "saslauthd's socket")
            case "log_level": (fate, note) = (.notNeeded, "logins are logged")
            default: (fate, note) = (.ignored, "of the SASL library")
            }
            reading.report("smtpd.conf \(name)", value: value.value, at: value.location, fate, note)
        }
        var passwords: [PasswordDatabaseModel] = []
        switch method?.value.lowercased() {
        case "saslauthd": passwords = saslauthd(method ?? type, settings["saslauthd_path"])
        case nil where reading.draft.saslauthd != nil: passwords = saslauthd(type, nil)
        default:
            var place = (method ?? type).location
            // smtpd_sasl_type is left to its default: what asks for logins is to be mended.
            if place == .builtIn { place = parameters.location("smtpd_sasl_auth_enable") }
            reading.report(
                "pwcheck_method", value: method?.value ?? "auxprop", at: place, .unsupported(.login),
                "the SASL library's own databases (sasldb, SQL, ldapdb) are not read; let saslauthd or Dovecot check "
                    + "passwords")
            return
        }
        reading.draft.model.accounts.submission = SubmissionLoginModel(
            passwords: passwords, realm: realm, splitsRealm: true, mechanisms: mechanisms)
    }

    /// PLAIN and LOGIN of `mech_list`; others need what a directory that checks passwords does not tell.
    private func mechanisms(_ list: Located<String>) -> ([Located<String>], ImportReport.Fate, String) {
        let words = (WordList.words(list.value) ?? []).map { $0.uppercased() }
        let offered = words.filter { ["PLAIN", "LOGIN"].contains($0) }
        let missing = words.filter { !offered.contains($0) }.joined(separator: ", ")
        guard !offered.isEmpty || words.isEmpty else {
            return (
                [Located("PLAIN", at: list.location)], .unsupported(.login),
                "\(missing): none of them is offered; PLAIN under TLS would take their place"
            )
        }
        let note = missing.isEmpty ? "mechanisms that are offered" : "\(missing): not offered; clients take the others"
        return (offered.map { Located($0, at: list.location) }, .used, note)
    }

    private func saslauthd(_ place: Located<String>, _ path: Located<String>?) -> [PasswordDatabaseModel] {
        if let saslauthd = reading.draft.saslauthd { return saslauthd.passwords }
        var socket = path?.value ?? "/var/run/saslauthd"
        if !socket.hasSuffix("/mux") { socket += "/mux" }
        var database = PasswordDatabaseModel(check: Located(.service, at: path?.location ?? place.location))
        database.service = Located(
            "saslauthd:\(reading.draft.files.hostPath(socket))", at: path?.location ?? place.location)
        return [database]
    }

    /// The SASL library's `smtpd.conf`: `name: value` lines.
    private func librarySettings(_ path: Located<String>) -> [String: Located<String>] {
        let configured = parameters.text("cyrus_sasl_config_path", "where the SASL library's settings lie").value
        let folders =
            configured.split(separator: ":").map(String.init)
            + ["\(reading.directory)/sasl", "/etc/postfix/sasl", "/etc/sasl2", "/usr/lib/sasl2", "/usr/lib64/sasl2"]
        for folder in folders {
            guard let text = reading.draft.files.text("\(folder)/\(path.value).conf") else { continue }
            var settings: [String: Located<String>] = [:]
            for line in text.lines {
                let words = WordList.trimmed(String(decoding: line.bytes, as: UTF8.self))
                guard !words.hasPrefix("#"), let colon = words.firstIndex(of: ":") else { continue }
                let name = WordList.trimmed(String(words[..<colon])).lowercased()
                settings[name] = Located(
                    WordList.trimmed(String(words[words.index(after: colon)...])), at: line.location)
            }
            return settings
        }
        return [:]
    }
}
