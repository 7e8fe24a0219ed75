import Directory
import SiteConfiguration

/// ENABLE_SASLAUTHD=1: Postfix asks saslauthd, which asks the directory or an IMAP server.
extension Composition {
    mutating func composeSaslauthd() {
        let place = environment.location("ENABLE_SASLAUTHD")
        composeSaslauthdStart()
        if provisioner == .ldap {
            if draft.files.isPlaced("/etc/saslauthd.conf"), draft.files.exists("/etc/saslauthd.conf") {
                if let text = draft.files.text("/etc/saslauthd.conf") { put(text) }
            } else {
                composeSaslauthdSettings()
            }
        }
        // Lines of these names become comments in master.cf and vanish from main.cf: what is left is Cyrus' SASL.
        for index in master.lines.indices {
            let text = master.lines[index].text
            guard !text.hasPrefix("#"), text.contains("smtpd_sasl_type") || text.contains("smtpd_sasl_path") else {
                continue
            }
            master.lines[index] = SourceText.Line("#" + text, at: place)
            master.hostPath = nil
        }
        main.removeParameter("smtpd_sasl_path")
        main.removeParameter("smtpd_sasl_type")
        var cyrus = SourceText(path: "/etc/postfix/sasl/smtpd.conf", lines: [])
        cyrus.append("pwcheck_method: saslauthd", at: place)
        cyrus.append("mech_list: plain login", at: place)
        put(cyrus)
    }

    /// supervisor runs `saslauthd -a ldap -O /etc/saslauthd.conf`, or `saslauthd -a rimap -r -O HOST`.
    private mutating func composeSaslauthdStart() {
        var start = SourceText(path: "/etc/default/saslauthd", lines: [])
        let mechanism = environment.value("SASLAUTHD_MECHANISMS", or: "ldap")
        start.append("MECHANISMS=\"\(mechanism.value)\"", at: mechanism.location)
        switch mechanism.value {
        case "rimap":
            let host = environment.value("SASLAUTHD_MECH_OPTIONS", or: "")
            start.append("MECH_OPTIONS=\"\(host.value)\"", at: host.location)
            start.append("OPTIONS=\"-r -m /var/run/saslauthd\"", at: .mailserverDefault)
        case "ldap":
            start.append("MECH_OPTIONS=\"/etc/saslauthd.conf\"", at: .mailserverDefault)
            start.append("OPTIONS=\"-m /var/run/saslauthd\"", at: .mailserverDefault)
            if provisioner != .ldap, text("/etc/saslauthd.conf") == nil {
                draft.error(
                    at: mechanism.location, "saslauthd asks a directory, but ACCOUNT_PROVISIONER is not LDAP",
                    remedy: "set ACCOUNT_PROVISIONER=LDAP, or ENABLE_SASLAUTHD=0, which leaves logins to Dovecot")
            }
        default:
            notes["SASLAUTHD_MECHANISMS"] = (
                .unsupported(.login),
                "docker-mailserver runs saslauthd with ldap or rimap alone: nobody could log in by SMTP"
            )
        }
        put(start)
    }

    private mutating func composeSaslauthdSettings() {
        var text = SourceText(path: "/etc/saslauthd.conf", lines: [])
        func value(_ suffix: String, _ other: String? = nil, or standard: String = "") -> Located<String> {
            environment.nonEmpty("SASLAUTHD_LDAP_\(suffix)") ?? other.flatMap { environment.nonEmpty($0) }
                ?? Located(standard, at: .mailserverDefault)
        }
        let settings: [(String, Located<String>)] = [
            ("ldap_servers", value("SERVER", "LDAP_SERVER_HOST").map(Self.withScheme)),
            ("ldap_auth_method", value("AUTH_METHOD", or: "bind")),
            ("ldap_bind_dn", value("BIND_DN", "LDAP_BIND_DN")),
            ("ldap_bind_pw", value("PASSWORD", "LDAP_BIND_PW")),
            ("ldap_search_base", value("SEARCH_BASE", "LDAP_SEARCH_BASE")),
            ("ldap_filter", value("FILTER", or: "(&(uniqueIdentifier=%u)(mailEnabled=TRUE))")),
            ("ldap_start_tls", value("START_TLS", or: "no")),
            ("ldap_tls_check_peer", value("TLS_CHECK_PEER", or: "no")),
            ("ldap_tls_cacert_file", value("TLS_CACERT_FILE")),
            ("ldap_tls_cacert_dir", value("TLS_CACERT_DIR")),
            ("ldap_password_attr", value("PASSWORD_ATTR")),
            ("ldap_mech", value("MECH")),
            ("ldap_referrals", Located("yes", at: .mailserverDefault)),
            ("log_level", Located("10", at: .mailserverDefault)),
        ]
        for (name, value) in settings where !value.value.isEmpty {
            text.append("\(name): \(value.value)", at: value.location)
        }
        put(text)
    }

    /// Which of saslauthd's variables its file is made of.
    static let saslauthdSuffixes: Set<String> = [
        "SERVER", "AUTH_METHOD", "BIND_DN", "PASSWORD", "SEARCH_BASE", "FILTER", "START_TLS", "TLS_CHECK_PEER",
        "TLS_CACERT_FILE", "TLS_CACERT_DIR", "PASSWORD_ATTR", "MECH",
    ]
}
