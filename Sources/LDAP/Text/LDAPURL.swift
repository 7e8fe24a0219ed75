/// An LDAP URL (RFC 4516): a server, and what to search there.
public struct LDAPURL: Hashable, Sendable {
    public enum Scheme: String, Hashable, Sendable {
        case ldap
        /// TLS from the first byte.
        case ldaps
        /// A Unix socket; its path is the URL's host, `ldapi://%2Frun%2Fslapd%2Fldapi`.
        case ldapi
    }

    public struct Extension: Hashable, Sendable {
        public var type: String
        public var value: String?
        public var isCritical: Bool

        public init(type: String, value: String? = nil, isCritical: Bool = false) {
            self.type = type
            self.value = value
            self.isCritical = isCritical
        }
    }

    public var scheme: Scheme
    /// A name, an IPv4 or IPv6 address (without brackets), or for `ldapi` the socket's path. Empty stands for the
    /// server on this machine.
    public var host: String
    public var port: Int?
    public var base: String
    public var attributes: [String]
    public var scope: SearchScope?
    public var filter: LDAPFilter?
    public var extensions: [Extension]

    public init(
        scheme: Scheme = .ldap, host: String, port: Int? = nil, base: String = "", attributes: [String] = [],
        scope: SearchScope? = nil, filter: LDAPFilter? = nil, extensions: [Extension] = []
    ) {
        self.scheme = scheme
        self.host = host
        self.port = port
        self.base = base
        self.attributes = attributes
        self.scope = scope
        self.filter = filter
        self.extensions = extensions
    }

    /// Where `ldapi:///` is, as Debian's OpenLDAP has it.
    public static let defaultSocketPath = "/var/run/slapd/ldapi"

    /// The port to connect to when it is not a Unix socket.
    public var effectivePort: Int { port ?? (scheme == .ldaps ? 636 : 389) }

    /// The host to connect to, or the path of the Unix socket.
    public var effectiveHost: String {
        guard host.isEmpty else { return host }
        return scheme == .ldapi ? Self.defaultSocketPath : "localhost"
    }

    /// Scheme, host and port alone, as logs and errors name a server: `ldap://ldap.example.org:389`.
    public var server: String {
        switch scheme {
        case .ldapi: "ldapi://" + PercentEncoding.encode(effectiveHost.utf8, allowed: "")
        case .ldap, .ldaps: "\(scheme.rawValue)://\(Self.bracketed(effectiveHost)):\(effectivePort)"
        }
    }

    static func bracketed(_ host: String) -> String {
        host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : PercentEncoding.encode(host.utf8, allowed: "!$&'()*+,;=")
    }
}

extension LDAPURL: CustomStringConvertible {
    public var description: String {
        var text = "\(scheme.rawValue)://"
        text += scheme == .ldapi ? PercentEncoding.encode(host.utf8, allowed: "") : Self.bracketed(host)
        if let port { text += ":\(port)" }
        let words = [SearchScope.base: "base", .one: "one", .sub: "sub"]
        let exts = extensions.map { item in
            (item.isCritical ? "!" : "") + PercentEncoding.encode(item.type.utf8, allowed: "")
                + (item.value.map { "=" + PercentEncoding.encode($0.utf8, allowed: Self.allowedInValue) } ?? "")
        }
        var parts = [
            PercentEncoding.encode(base.utf8, allowed: Self.allowed),
            attributes.map { PercentEncoding.encode($0.utf8, allowed: Self.allowedInValue) }.joined(separator: ","),
            scope.flatMap { words[$0] } ?? "",
            filter.map { PercentEncoding.encode($0.description.utf8, allowed: Self.allowed) } ?? "",
            exts.joined(separator: ","),
        ]
        while let last = parts.last, last.isEmpty { parts.removeLast() }
        if !parts.isEmpty { text += "/" + parts.joined(separator: "?") }
        return text
    }

    private static let allowed = "!$&'()*+,;=:@/"
    /// Where a comma separates.
    private static let allowedInValue = "!$&'()*+;=:@/"
}
