/// One `--from`: which program's configuration, and where it lies.
package struct ConfigurationOrigin: Hashable, Sendable {
    package enum Dialect: String, CaseIterable, Sendable {
        case postfix
        case dovecot
        /// docker-mailserver: a folder, an env or compose file, or `env` for the process's own environment.
        case dockerMailserver = "dms"
        case courier
        case saslauthd
        /// `/etc/ldap/ldap.conf`; read by itself when it is there.
        case ldapConf = "ldap"
    }

    package var dialect: Dialect
    package var path: String

    package init(_ dialect: Dialect, path: String) {
        self.dialect = dialect
        self.path = path
    }

    /// `postfix:/etc/postfix`
    package init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":"), let dialect = Dialect(rawValue: String(text[..<colon])) else {
            return nil
        }
        let path = String(text[text.index(after: colon)...])
        guard !path.isEmpty else { return nil }
        self.init(dialect, path: path)
    }
}
