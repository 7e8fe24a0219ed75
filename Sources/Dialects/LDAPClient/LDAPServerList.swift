import LDAP

/// A list of LDAP servers as programs built on libldap write it: URLs, or hosts with ports.
struct LDAPServerList {
    /// What is wrong with one of them.
    struct Fault: Error {
        var server: String
        var reason: String
    }

    var urls: [String] = []
    /// Elements that were taken as hosts because they have no scheme, though the program wanted URLs.
    var withoutScheme: [String] = []

    /// `uris`, `URI`, `ldap_servers`: URLs parted by blanks or commas. A bare host is what its author meant; libldap
    /// refuses it.
    init(urls text: String) throws(Fault) {
        for part in Self.words(text) {
            if part.contains("://") {
                try append(part)
            } else {
                withoutScheme.append(part)
                try append("ldap://" + part)
            }
        }
    }

    /// `hosts`, `HOST`: names or addresses with or without a port, parted by blanks or commas.
    init(hosts text: String, port: Int? = nil, scheme: String = "ldap") throws(Fault) {
        for part in Self.words(text) {
            if part.contains("://") {
                try append(part)
                continue
            }
            let isBareIPv6 = part.filter { $0 == ":" }.count > 1 && !part.hasPrefix("[")
            let host = isBareIPv6 ? "[\(part)]" : part
            let hasPort = host.hasPrefix("[") ? host.contains("]:") : host.contains(":")
            try append("\(scheme)://\(host)" + (hasPort ? "" : port.map { ":\($0)" } ?? ""))
        }
    }

    private mutating func append(_ url: String) throws(Fault) {
        // Only `ldapi` needs the slash of its path encoded; a slash behind the host stands for the root.
        do {
            _ = try LDAPURL(parsing: url)
        } catch {
            throw Fault(server: url, reason: "\(error)")
        }
        urls.append(url)
    }

    private static func words(_ text: String) -> [String] {
        text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
    }

    /// A name for the directory with these servers: the first one's host.
    static func name(of urls: [String]) -> String {
        guard let first = urls.first, let url = try? LDAPURL(parsing: first), !url.host.isEmpty else {
            return "localhost"
        }
        return url.host
    }

    /// Whether all of them are on this machine, so that nobody can listen in.
    static func isLocal(_ urls: [String]) -> Bool {
        urls.allSatisfy { text in
            guard let url = try? LDAPURL(parsing: text) else { return false }
            return url.scheme == .ldapi || ["", "localhost", "::1"].contains(url.host) || url.host.hasPrefix("127.")
        }
    }

    static func isImplicitTLS(_ urls: [String]) -> Bool {
        !urls.isEmpty && urls.allSatisfy { $0.lowercased().hasPrefix("ldaps://") }
    }
}
