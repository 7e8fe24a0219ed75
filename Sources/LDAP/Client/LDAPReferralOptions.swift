/// Whether and where referrals are followed. Off, a referral as a result is an error and continuation references are
/// ignored.
public struct LDAPReferralOptions: Hashable, Sendable {
    /// A server that may be asked, and shown the client's name and password.
    public struct Host: Hashable, Sendable {
        /// A name or an address, without brackets; compared without regard to case.
        public var name: String
        /// Nil for the scheme's own port, 389 or 636.
        public var port: Int?

        public init(name: String, port: Int? = nil) {
            self.name = name
            self.port = port
        }

        func allows(_ url: LDAPURL) -> Bool {
            guard !url.host.isEmpty, url.host.lowercased() == name.lowercased() else { return false }
            return url.effectivePort == port ?? (url.scheme == .ldaps ? 636 : 389)
        }
    }

    /// Empty: referrals are not followed.
    public var hosts: [Host]
    /// From 1 to 3 referrals behind one another.
    public var maximumDepth: Int

    public init(hosts: [Host] = [], maximumDepth: Int = 3) {
        self.hosts = hosts
        self.maximumDepth = min(max(1, maximumDepth), 3)
    }

    public static let off = Self()

    public var isOn: Bool { !hosts.isEmpty }

    /// A Unix socket is never gone to: it is this machine's, not the one that named it.
    func allows(_ url: LDAPURL) -> Bool {
        url.scheme != .ldapi && hosts.contains { $0.allows(url) }
    }
}
