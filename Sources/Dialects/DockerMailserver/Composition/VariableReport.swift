import Directory
import MailModel
import SiteConfiguration

/// What became of each variable.
extension Composition {
    mutating func reportVariables() {
        for name in environment.names {
            guard let value = environment[name] else { continue }
            let (fate, note) = fate(of: name, value)
            report(name, value, fate, note)
        }
        reportDefaults()
        for port in setup.ports {
            draft.report.add(
                "ports", value: port.value, at: port.location, .notNeeded,
                "Docker's forwarding; the listeners are those of Postfix and Dovecot")
        }
        reportVolumes()
        reportFiles()
        setPostmaster()
    }

    /// Volumes that Docker keeps in its own store, and mail that no volume places.
    private mutating func reportVolumes() {
        let remedy = "say where with --map"
        for volume in setup.unplacedVolumes {
            let isPlaced = draft.files.isPlaced(volume.path)
            let holdsMail = volume.path == "/var/mail" || volume.path == "/var/mail/"
            let fate: ImportReport.Fate = isPlaced ? .notNeeded : holdsMail ? .unsupported(.routing) : .ignored
            draft.report.add(
                "volumes", value: volume.path, at: volume.location, fate,
                isPlaced
                    ? "placed by --map" : "Docker keeps it in its own store: \(remedy) \(volume.path)=FOLDER")
        }
        if !usesSMTPOnly, !isInsideContainer, !draft.files.isPlaced("/var/mail"), setup.unplacedVolumes.isEmpty {
            draft.warning(
                at: .mailserverDefault, "no volume says where /var/mail lies: this machine's own is taken",
                remedy: "\(remedy) /var/mail=FOLDER")
        }
    }

    private mutating func report(
        _ name: String, _ value: Located<String>, _ fate: ImportReport.Fate, _ note: String
    ) {
        draft.report.add(
            name, value: MailserverVariables.shown(value.value, of: name), at: value.location, fate, note)
    }

    private func fate(of name: String, _ value: Located<String>) -> (ImportReport.Fate, String) {
        if let note = notes[name] { return note }
        if let marker = name.firstRange(of: "__FILE") {
            let target = String(name[..<marker.lowerBound])
            return (.used, "the file that holds \(target)")
        }
        if let use = MailserverVariables.composing[name] {
            if let missing = missing(name) { return (.ignored, missing) }
            return whyNotNeeded(name).map { (.notNeeded, $0) } ?? (.used, use)
        }
        if let filter = MailserverVariables.filters[name] {
            let isOn = environment.isOne(name, or: MailserverVariables.onByDefault.contains(name))
            return isOn ? (.missingFilter, "\(filter): not there") : (.notNeeded, "\(filter): was off")
        }
        if let switched = MailserverVariables.unsupported[name] {
            return environment.isOne(name)
                ? (.unsupported(switched.effect), switched.note) : (.notNeeded, "was off")
        }
        if let reason = MailserverVariables.notNeeded[name] { return (.notNeeded, reason) }
        if name == "ENABLE_LDAP" {
            return (.ignored, "since version 13 it does nothing: ACCOUNT_PROVISIONER=LDAP is meant")
        }
        if name == "DOVECOT_TLS", provisioner == .ldap, !usesSMTPOnly { return (.used, "tls of dovecot-ldap.conf.ext") }
        if name.hasPrefix("SASLAUTHD_LDAP_") { return saslauthdFate(name) }
        if name.hasPrefix("LDAP_") || name.hasPrefix("DOVECOT_") { return rewritingFate(name) }
        if MailserverVariables.filterPrefixes.contains(where: { name.hasPrefix($0) }) {
            return (.notNeeded, "belongs to a filter that is not there")
        }
        return (.ignored, "docker-mailserver has no such variable")
    }

    /// Why a variable composes nothing in this site; nil when it does.
    private func whyNotNeeded(_ name: String) -> String? {
        switch name {
        case "SASLAUTHD_MECHANISMS", "SASLAUTHD_MECH_OPTIONS":
            if !usesSaslauthd { return "ENABLE_SASLAUTHD is not 1" }
            return name == "SASLAUTHD_MECH_OPTIONS" && environment.text("SASLAUTHD_MECHANISMS") != "rimap"
                ? "of rimap alone" : nil
        case "ENABLE_POP3", "ENABLE_IMAP", "DOVECOT_INET_PROTOCOLS", "DOVECOT_MAILBOX_FORMAT":
            return usesSMTPOnly ? "SMTP_ONLY=1: there is no Dovecot" : nil
        case "ENABLE_QUOTAS", "DMS_VMAIL_UID", "DMS_VMAIL_GID":
            return usesSMTPOnly || provisioner == .ldap ? "concerns accounts in files" : nil
        case "SSL_CERT_PATH", "SSL_KEY_PATH", "SSL_ALT_CERT_PATH", "SSL_ALT_KEY_PATH":
            return environment.text("SSL_TYPE") == "manual" ? nil : "SSL_TYPE is not manual"
        case "SSL_DOMAIN":
            return environment.text("SSL_TYPE") == "letsencrypt" ? nil : "SSL_TYPE is not letsencrypt"
        case "ENABLE_SRS", "ENABLE_MTA_STS": return environment.isOne(name) ? nil : "was off"
        case "SRS_DOMAINNAME", "SRS_SECRET", "SRS_EXCLUDE_DOMAINS", "SRS_SENDER_CLASSES":
            return environment.isOne("ENABLE_SRS") ? nil : "ENABLE_SRS is not 1"
        case "ONE_DIR":
            return environment.isOne("ENABLE_SRS") ? nil : "concerns the state of programs that do not run here"
        case "RELAY_PORT", "RELAY_USER", "RELAY_PASSWORD", "SASL_PASSWD":
            return environment.nonEmpty("RELAY_HOST") == nil ? "RELAY_HOST is not set" : nil
        default: return nil
        }
    }

    /// What a line that a variable composes would ask for in vain; nil when it is followed.
    private func missing(_ name: String) -> String? {
        guard whyNotNeeded(name) == nil else { return nil }
        return switch name {
        case "SSL_ALT_CERT_PATH", "SSL_ALT_KEY_PATH": "a second certificate is not offered"
        default: nil
        }
    }

    private func saslauthdFate(_ name: String) -> (ImportReport.Fate, String) {
        guard Self.saslauthdSuffixes.contains(String(name.dropFirst("SASLAUTHD_LDAP_".count))) else {
            return (.ignored, "docker-mailserver writes no line for it")
        }
        guard usesSaslauthd, provisioner == .ldap, environment.value("SASLAUTHD_MECHANISMS", or: "ldap").value == "ldap"
        else { return (.notNeeded, "no saslauthd asks a directory here") }
        return (.used, "a line of saslauthd.conf")
    }

    private func rewritingFate(_ name: String) -> (ImportReport.Fate, String) {
        guard provisioner == .ldap else { return (.notNeeded, "ACCOUNT_PROVISIONER is not LDAP") }
        if name.hasPrefix("DOVECOT_"), usesSMTPOnly { return (.notNeeded, "SMTP_ONLY=1: there is no Dovecot") }
        if name == "LDAP_QUERY_FILTER" { return (.ignored, "LDAP_QUERY_FILTER_USER and its siblings take its place") }
        if rewriting.contains(name) { return (.used, "rewrites a line that is there") }
        let isForSaslauthd =
            usesSaslauthd && ["LDAP_SERVER_HOST", "LDAP_SEARCH_BASE", "LDAP_BIND_DN", "LDAP_BIND_PW"].contains(name)
        if isForSaslauthd { return (.used, "a line of saslauthd.conf") }
        return (
            .ignored,
            "rewrites only a line that is there, and none is: add it to the table's file in the config volume"
        )
    }

    /// One line for everything that docker-mailserver does without being asked.
    private mutating func reportDefaults() {
        let names = MailserverVariables.onByDefault.filter { environment.nonEmpty($0) == nil }
        let filters = names.compactMap { MailserverVariables.filters[$0] }
        draft.report.add(
            "docker-mailserver defaults", at: .mailserverDefault, .missingFilter,
            "not there, though on without being asked: "
                + (filters + [
                    "the removal of headers that tell about the sender",
                    "the script that files spam into Junk",
                ]).joined(separator: "; "))
        if environment["SSL_TYPE"] == nil {
            draft.report.add(
                "SSL_TYPE", at: .mailserverDefault, .weak, "not set: no TLS, passwords travel in the clear, as they did"
            )
        }
    }

    /// Files of the config volume that compose nothing.
    private mutating func reportFiles() {
        let folder = ContainerSetup.configurationFolder
        guard draft.files.isPlaced(folder) else { return }
        for name in draft.files.names(in: folder) {
            let location = SourceLocation(file: draft.files.hostPath(folder + "/" + name))
            if name.hasSuffix(".dovecot.sieve") {
                draft.report.add(
                    name, at: location, .unsupported(.routing), "Sieve scripts are not run: mail stays in the inbox")
            } else if name == "dovecot-masters.cf", provisioner == .ldap {
                draft.report.add(
                    name, at: location, .ignored, "docker-mailserver reads it with ACCOUNT_PROVISIONER=FILE only")
            } else if ["fetchmail.cf", "getmail-"].contains(where: { name.hasPrefix($0) }) {
                draft.report.add(name, at: location, .notNeeded, "belongs to a program that is not there")
            } else if let filter = Self.filterFiles.first(where: { name.hasPrefix($0.key) })?.value {
                draft.report.add(name, at: location, .missingFilter, "\(filter): not there")
            }
        }
    }

    private static let filterFiles: [String: String] = [
        "amavis.cf": "Amavis", "fail2ban-": "Fail2Ban", "opendkim": "OpenDKIM, which signs mail",
        "rspamd": "Rspamd", "spamassassin-rules.cf": "SpamAssassin", "whitelist_": "Postgrey",
    ]

    private mutating func setPostmaster() {
        guard let address = environment.nonEmpty("POSTMASTER_ADDRESS") else { return }
        guard let parsed = EmailAddress(address.value) else {
            draft.warning(
                at: address.location, "POSTMASTER_ADDRESS is \"\(address.value.prefix(80))\", which is no address",
                remedy: "write user@domain")
            return
        }
        draft.model.postmaster = Located(parsed, at: address.location)
    }
}
