import Directory
import SiteConfiguration

/// main.cf, master.cf and the tables beside them.
extension Composition {
    private static let at = UInt8(ascii: "@")

    /// PERMIT_DOCKER. The addresses of a container and of its networks are not there to be asked for.
    mutating func composeNetworks() {
        let permit = environment.value("PERMIT_DOCKER", or: "none")
        switch permit.value {
        case "none":
            main.setParameter("mynetworks", "", at: permit.location)
        case "network":
            let networks = main.parameter("mynetworks")?.value ?? ""
            main.setParameter("mynetworks", "\(networks) 172.16.0.0/12", at: permit.location)
        case "host", "container", "connected-networks":
            notes["PERMIT_DOCKER"] = (
                .used,
                "this machine's own programs are trusted (127.0.0.0/8 and ::1); the container's networks are not known "
                    + "outside of it: put those that may relay into mynetworks of postfix-main.cf"
            )
            if let networks = main.parameter("mynetworks") {
                main.setParameter("mynetworks", networks.value, at: permit.location)
            }
        default:
            draft.warning(
                at: permit.location, "PERMIT_DOCKER is \"\(permit.value)\"; docker-mailserver takes that for none",
                remedy: "write none, container, host, network or connected-networks")
            main.setParameter("mynetworks", "", at: permit.location)
        }
    }

    mutating func composePostfixEarly() {
        main.setParameter("myhostname", hostname.value, at: hostname.location)
        main.setParameter("mydomain", domainname.value, at: domainname.location)
        put(SourceText(path: "/etc/mailname", lines: [SourceText.Line(domainname.value, at: domainname.location)]))
        if let protocols = environment.nonEmpty("POSTFIX_INET_PROTOCOLS"), protocols.value != "all" {
            main.setParameter("inet_protocols", protocols.value, at: protocols.location)
        }
        main.setParameter("smtputf8_enable", "no", at: .mailserverDefault)
        if !usesSaslauthd, usesSMTPOnly {
            let place = environment.location("SMTP_ONLY")
            main.rewriteLines(at: place) {
                $0.hasPrefix("smtpd_sasl_auth_enable =") ? "smtpd_sasl_auth_enable = no" : nil
            }
            master.rewriteLines(at: place) { line in
                line.hasPrefix("  -o smtpd_sasl_auth_enable=") ? "  -o smtpd_sasl_auth_enable=no" : nil
            }
        }
        composeAliases()
        composeHostedDomains()
        let size = environment.value("POSTFIX_MESSAGE_SIZE_LIMIT", or: "10240000")
        main.setParameter("message_size_limit", size.value, at: size.location)
        let mailbox = environment.value("POSTFIX_MAILBOX_SIZE_LIMIT", or: "0")
        main.setParameter("mailbox_size_limit", mailbox.value, at: mailbox.location)
        main.setParameter("virtual_mailbox_limit", mailbox.value, at: mailbox.location)
        if environment.isOne("POSTFIX_REJECT_UNKNOWN_CLIENT_HOSTNAME") {
            main.rewriteLines(at: environment.location("POSTFIX_REJECT_UNKNOWN_CLIENT_HOSTNAME")) { line in
                line.hasPrefix("dms_smtpd_sender_restrictions = ") ? line + ", reject_unknown_client_hostname" : nil
            }
        }
        if !usesSMTPOnly {
            if provisioner == .file {
                main.setParameter(
                    "virtual_mailbox_maps", "texthash:/etc/postfix/vmailbox",
                    at: environment.location("ACCOUNT_PROVISIONER"))
            }
            main.setParameter(
                "virtual_transport", "lmtp:unix:/var/run/dovecot/lmtp", at: environment.location("SMTP_ONLY"))
        }
        if let agent = environment.nonEmpty("POSTFIX_DAGENT") {
            main.setParameter("virtual_transport", agent.value, at: agent.location)
        }
    }

    private mutating func composeAliases() {
        var virtual = configurationFile(Paths.aliases)?.copied(to: Paths.virtual)
        // An old form of the file, with commas at line ends, is mended before it is copied.
        if let text = virtual, text.lines.contains(where: { $0.bytes.last == UInt8(ascii: ",") }) {
            var mended = text
            for index in mended.lines.indices {
                var line = mended.lines[index].text.replacing(", ", with: ",")
                if line.hasSuffix(",") { line.removeLast() }
                mended.lines[index] = SourceText.Line(line, at: mended.lines[index].location)
            }
            mended.hostPath = nil
            virtual = mended
        }
        put(virtual ?? SourceText(path: Paths.virtual, lines: []))
        if let regexp = configurationFile("postfix-regexp.cf") {
            put(regexp.copied(to: Paths.regexp))
            let table = "pcre:/etc/postfix/regexp"
            let current = main.parameter("virtual_alias_maps")?.value ?? ""
            if !" \(current) ".contains(" \(table) ") {
                main.setParameter(
                    "virtual_alias_maps", current.isEmpty ? table : "\(current) \(table)",
                    at: regexp.lines.first?.location ?? .mailserverDefault)
            }
        } else {
            put(SourceText(path: Paths.regexp, lines: []))
        }
        var aliases = SourceText(path: "/etc/aliases", lines: [])
        aliases.append("root: \(postmaster.value)", at: postmaster.location)
        aliases.lines += configurationFile("postfix-aliases.cf")?.lines ?? []
        put(aliases)
    }

    /// `/etc/postfix/vhost`: the domains of accounts and aliases, and with a directory the own one.
    private mutating func composeHostedDomains() {
        var domains: [[UInt8]: SourceLocation] = [:]
        func add(_ domain: [UInt8], _ location: SourceLocation) {
            if domains[domain] == nil { domains[domain] = location }
        }
        for line in configurationLines(Paths.accounts) ?? [] {
            add(Self.halves(Self.fields(line.bytes, count: 2)[0]).domain, line.location)
        }
        for line in configurationLines(Paths.aliases) ?? [] {
            guard let alias = line.bytes.split(whereSeparator: SourceText.Line.isBlank).first else { continue }
            let (user, domain) = Self.halves(Array(alias))
            if user != domain { add(domain, line.location) }
        }
        if provisioner == .ldap { add(Array(domainname.value.utf8), domainname.location) }
        let lines = domains.sorted { $0.key.lexicographicallyPrecedes($1.key) }
        put(
            SourceText(path: "/etc/postfix/vhost", lines: lines.map { SourceText.Line($0.key, at: $0.value) }))
    }

    mutating func composeSpoofProtection() {
        let place = environment.location("SPOOF_PROTECTION")
        let pattern = "/etc/postfix/maps/sender_login_maps.pcre"
        put(SourceText(path: pattern, shipped: "/^(.*)$/ ${1}\n"))
        guard environment.isOne("SPOOF_PROTECTION") else {
            main.setParameter("mua_sender_restrictions", "$dms_smtpd_sender_restrictions", at: place)
            return
        }
        switch provisioner {
        case .ldap where environment.nonEmpty("LDAP_QUERY_FILTER_SENDERS") != nil:
            main.setParameter("smtpd_sender_login_maps", "ldap:/etc/postfix/ldap-senders.cf", at: place)
        case .ldap:
            main.setParameter(
                "smtpd_sender_login_maps",
                "ldap:/etc/postfix/ldap-users.cf ldap:/etc/postfix/ldap-aliases.cf ldap:/etc/postfix/ldap-groups.cf",
                at: place)
        case .file:
            // The scripts ask for /etc/postfix/regexp, which they always make.
            main.setParameter(
                "smtpd_sender_login_maps",
                "unionmap:{ texthash:/etc/postfix/virtual, hash:/etc/aliases, pcre:\(pattern), pcre:/etc/postfix/regexp }",
                at: place)
        }
    }

    mutating func composePostfixLate() {
        prepend(
            "check_sender_access texthash:/tmp/docker-mailserver/postfix-send-access.cf",
            to: "dms_smtpd_sender_restrictions", for: "postfix-send-access.cf")
        prepend(
            "check_recipient_access texthash:/tmp/docker-mailserver/postfix-receive-access.cf",
            to: "smtpd_recipient_restrictions", for: "postfix-receive-access.cf")
        composeRelay()
        for line in configurationLines("postfix-master.cf") ?? [] {
            // Lines that begin otherwise are passed over (`^[0-9a-z]`).
            guard let first = line.bytes.first(where: { !SourceText.Line.isBlank($0) }),
                (0x30...0x39).contains(first) || (0x61...0x7a).contains(first)
            else { continue }
            setServiceParameter(line.text.withoutOuterBlanks, at: line.location)
        }
        if let own = configurationFile("postfix-main.cf") {
            main.lines += own.lines
            main.hostPath = nil
            main.normalizeParameters()
        }
    }

    private mutating func prepend(_ restriction: String, to parameter: String, for file: String) {
        guard let text = configurationFile(file) else { return }
        main.rewriteLines(at: text.lines.first?.location ?? .mailserverDefault) { line in
            guard line.hasPrefix("\(parameter) =") else { return nil }
            return "\(parameter) = \(restriction)," + line.dropFirst(parameter.utf8.count + 2)
        }
    }

    /// `postconf -P "service/type/name=value"`
    mutating func setServiceParameter(_ text: String, at location: SourceLocation) {
        guard let equals = text.firstIndex(of: "=") else {
            draft.error(
                at: location, "\"\(text.prefix(60))\" sets nothing", remedy: "write service/type/parameter=value")
            return
        }
        let parts = text[..<equals].split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).withoutOuterBlanks
        }
        let value = String(text[text.index(after: equals)...]).withoutOuterBlanks
        guard parts.count >= 3, let name = parts.last, let type = parts.dropLast().last else {
            draft.error(
                at: location, "\"\(text.prefix(60))\" names no service", remedy: "write service/type/parameter=value")
            return
        }
        let service = parts.dropLast(2).joined(separator: "/")
        if master.setServiceParameter(service, type, name, value, at: location) { return }
        draft.warning(
            at: location, "there is no service \(service)/\(type), so \(name) is set for none",
            remedy: "name a service of master.cf: submission/inet, submissions/inet, smtp/inet")
    }

    // MARK: Relay

    private mutating func composeRelay() {
        if let relay = environment.nonEmpty("DEFAULT_RELAY_HOST") {
            main.setParameter("relayhost", relay.value, at: relay.location)
        }
        guard let relay = environment.nonEmpty("RELAY_HOST") else { return }
        let nextHop = relay.map { "[\($0)]:\(environment.value("RELAY_PORT", or: "25").value)" }
        composeRelayPasswords(nextHop)
        composeRelayMap(nextHop)
        main.setParameter("smtp_sasl_auth_enable", "yes", at: relay.location)
        main.setParameter("smtp_sasl_security_options", "noanonymous", at: relay.location)
        main.setParameter("smtp_tls_security_level", "encrypt", at: relay.location)
    }

    private mutating func composeRelayPasswords(_ nextHop: Located<String>) {
        let own = configurationLines("postfix-sasl-password.cf")
        let user = environment.nonEmpty("RELAY_USER")
        let password = environment.nonEmpty("RELAY_PASSWORD")
        let legacy = environment.nonEmpty("SASL_PASSWD")
        guard own != nil || legacy != nil || (user != nil && password != nil) else { return }
        var text = SourceText(path: "/etc/postfix/sasl_passwd", lines: [])
        if let legacy { text.append(legacy.value, at: legacy.location) }
        if let own {
            text.lines += own
            main.setParameter(
                "smtp_sender_dependent_authentication", "yes", at: own.first?.location ?? .mailserverDefault)
        }
        if let user, let password {
            text.append("\(nextHop.value)    \(user.value):\(password.value)", at: password.location)
        }
        put(text)
        main.setParameter("smtp_sasl_password_maps", "texthash:/etc/postfix/sasl_passwd", at: nextHop.location)
    }

    private mutating func composeRelayMap(_ nextHop: Located<String>) {
        let own = configurationLines("postfix-relaymap.cf") ?? []
        var text = SourceText(path: "/etc/postfix/relayhost_map", lines: [])
        var exempt: Set<[UInt8]> = []
        for line in own {
            let words = line.bytes.split(whereSeparator: SourceText.Line.isBlank)
            if words.count >= 2 { text.lines.append(line) }
            if words.count == 1, words[0].first == Self.at { exempt.insert(Array(words[0].dropFirst())) }
        }
        var domains: [[UInt8]: SourceLocation] = [:]
        for line in configurationLines(Paths.accounts) ?? [] {
            let login = Self.fields(line.bytes, count: 2)[0]
            guard let sign = login.firstIndex(of: Self.at), sign + 1 < login.count else { continue }
            domains[Array(login[(sign + 1)...])] = line.location
        }
        for line in configurationLines(Paths.aliases) ?? [] {
            guard let alias = line.bytes.split(whereSeparator: SourceText.Line.isBlank).first,
                let sign = alias.firstIndex(of: Self.at), sign + 1 < alias.endIndex
            else { continue }
            domains[Array(alias[(sign + 1)...])] = line.location
        }
        for (domain, location) in domains.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            let key = [Self.at] + domain
            guard !exempt.contains(domain), !text.lines.contains(where: { Self.isKey(key, of: $0.bytes) }) else {
                continue
            }
            text.lines.append(SourceText.Line(key + Array("    \(nextHop.value)".utf8), at: location))
        }
        put(text)
        main.setParameter(
            "sender_dependent_relayhost_maps", "texthash:/etc/postfix/relayhost_map", at: nextHop.location)
    }

    /// `^@domain\b`
    private static func isKey(_ key: [UInt8], of line: [UInt8]) -> Bool {
        guard line.starts(with: key) else { return false }
        guard let next = line.dropFirst(key.count).first else { return true }
        let isLetter = (next | 0x20 >= 0x61 && next | 0x20 <= 0x7a) || (0x30...0x39).contains(next) || next == 0x5f
        return !isLetter
    }
}
