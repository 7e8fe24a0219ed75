import Directory
import SiteConfiguration

/// How the start-up scripts bring variables into files: a variable with the prefix rewrites each line that already sets the
/// rest of its name, lower-cased. It never adds a line.
extension Composition {
    /// - Parameter extra: variables that the script sets for this file alone.
    mutating func rewrite(_ path: String, prefix: String, extra: [(String, Located<String>)] = []) {
        var variables = extra
        for name in environment.names where name.hasPrefix(prefix) && !extra.contains(where: { $0.0 == name }) {
            if let value = environment[name] { variables.append((name, value)) }
        }
        guard var text = text(path) else { return }
        for (name, value) in variables {
            let key = name.dropFirst(prefix.count).lowercased()
            guard text.lines.contains(where: { Self.sets(key, $0.text) }) else { continue }
            rewriting.insert(name)
            guard let written = Self.written(value.value) else {
                draft.warning(
                    at: value.location,
                    "\(name) holds a #, at which docker-mailserver's own script fails: the line keeps its former value",
                    remedy: "set it in a file of the config volume instead")
                continue
            }
            if written.isCut {
                draft.warning(
                    at: value.location, "docker-mailserver's own script cuts \(name) at the #",
                    remedy: "set it in a file of the config volume instead")
            }
            text.rewriteLines(at: value.location) { line in
                guard Self.sets(key, line) else { return nil }
                return written.value.isEmpty ? "\(key) =" : "\(key) = \(written.value)"
            }
        }
        put(text)
    }

    /// `^key[[:space:]]*=`
    private static func sets(_ key: String, _ line: String) -> Bool {
        line.hasPrefix(key) && line.dropFirst(key.count).drop(while: \.isWhitespace).first == "="
    }

    /// What arrives in the file; nil when the script's `sed` refuses the value.
    ///
    /// The value is split off with `IFS== read`, which takes away one `=` at its end if it is the only one; then it stands
    /// in `s#…#value#g`, where a further `#` ends the value and what follows are flags.
    static func written(_ value: String) -> (value: String, isCut: Bool)? {
        var value = value
        if value.last == "=", value.count(where: { $0 == "=" }) == 1 { value.removeLast() }
        guard let mark = value.firstIndex(of: "#") else { return (value, false) }
        let flags = value[value.index(after: mark)...].prefix { $0 != "#" && $0 != ";" }
        guard flags.isEmpty || flags == "g" else { return nil }
        guard !value[mark...].contains(";") else { return nil }
        return (String(value[..<mark]), true)
    }

    // MARK: LDAP

    mutating func composeDirectoryTables() {
        for table in ShippedPostfix.tables {
            let path = "/etc/postfix/ldap-\(table.name).cf"
            let shipped = ShippedPostfix.table(filter: table.filter, attributes: table.attributes)
            if table.name != "senders", let own = configurationFile("ldap-\(table.name).cf") {
                put(own.copied(to: path))
            } else {
                putShipped(path, shipped)
            }
            // Exported even when nothing is set: an unset filter empties the line.
            let filter = environment[table.variable] ?? Located("", at: .mailserverDefault)
            if environment[table.variable] != nil { rewriting.insert(table.variable) }
            rewrite(path, prefix: "LDAP_", extra: [("LDAP_QUERY_FILTER", filter)])
        }
        let place = environment.location("ACCOUNT_PROVISIONER")
        main.setParameter("virtual_mailbox_maps", "ldap:/etc/postfix/ldap-users.cf", at: place)
        main.setParameter("virtual_mailbox_domains", "/etc/postfix/vhost, ldap:/etc/postfix/ldap-domains.cf", at: place)
        main.setParameter(
            "virtual_alias_maps", "ldap:/etc/postfix/ldap-aliases.cf, ldap:/etc/postfix/ldap-groups.cf", at: place)
        main.rewriteLines(at: place) { line in
            guard let range = line.firstRange(of: "mydestination = $myhostname, ") else { return nil }
            return line.replacingCharacters(in: range, with: "mydestination = ")
        }
        if !usesSMTPOnly { composeDovecotDirectory() }
        checkServerNames()
    }

    private mutating func composeDovecotDirectory() {
        let path = "/etc/dovecot/dovecot-ldap.conf.ext"
        putShipped(path, ShippedDovecot.ldap)
        let sources = [
            ("DOVECOT_BASE", "LDAP_SEARCH_BASE"), ("DOVECOT_DN", "LDAP_BIND_DN"), ("DOVECOT_DNPASS", "LDAP_BIND_PW"),
            ("DOVECOT_URIS", "LDAP_SERVER_HOST"), ("DOVECOT_PASS_FILTER", "DOVECOT_USER_FILTER"),
        ]
        let extra = sources.map { name, other in
            var value = environment.nonEmpty(name) ?? environment.nonEmpty(other) ?? Located("", at: .mailserverDefault)
            if name == "DOVECOT_URIS" { value = value.map(Self.withScheme) }
            return (name, value)
        }
        rewrite(path, prefix: "DOVECOT_", extra: extra)
        let place = environment.location("ACCOUNT_PROVISIONER")
        edit("/etc/dovecot/conf.d/10-auth.conf") { text in
            text.rewriteLines(at: place) { line in
                switch line {
                case "#!include auth-ldap.conf.ext": "!include auth-ldap.conf.ext"
                case "!include auth-passwdfile.inc": "#!include auth-passwdfile.inc"
                default: nil
                }
            }
        }
    }

    /// A server without a scheme is what Dovecot and saslauthd can't take, and plainly means `ldap://`.
    static func withScheme(_ servers: String) -> String {
        servers.split(separator: " ").map { $0.contains("://") ? String($0) : "ldap://\($0)" }.joined(separator: " ")
    }

    private mutating func checkServerNames() {
        for name in ["LDAP_SERVER_HOST", "DOVECOT_URIS", "SASLAUTHD_LDAP_SERVER"] {
            guard let value = environment.nonEmpty(name), !value.value.contains("://") else { continue }
            draft.warning(
                at: value.location, "\(name) has no scheme: Dovecot and saslauthd would not take it; ldap:// is meant",
                remedy: "write ldap://\(value.value)")
        }
    }

    /// A table whose filter stayed empty fails for every key.
    mutating func reportEmptyFilters() {
        guard provisioner == .ldap else { return }
        for table in ShippedPostfix.tables {
            let path = "/etc/postfix/ldap-\(table.name).cf"
            guard let filter = text(path)?.parameter("query_filter"), filter.value.isEmpty else { continue }
            let isReferred = text(Paths.main)?.lines.contains { line in
                !line.isBlankOrComment && line.text.contains(path)
            }
            guard isReferred ?? false else { continue }
            draft.warning(
                at: filter.location,
                "\(table.variable) is not set, which leaves query_filter of \(path) empty: every lookup in it fails",
                remedy: "set \(table.variable); (|) matches nothing")
        }
    }
}

extension String {
    func replacingCharacters(in range: Range<String.Index>, with other: String) -> String {
        String(self[..<range.lowerBound]) + other + self[range.upperBound...]
    }
}
