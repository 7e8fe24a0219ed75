/// An address that is listened on, and what is spoken there.
package struct ListenerModel: Sendable {
    package enum Kind: String, CaseIterable, Sendable {
        /// Mail from other servers, port 25: nobody logs in.
        case smtp
        /// Mail from our users, port 587: STARTTLS, then a login.
        case submission
        /// The same with TLS from the first byte, port 465.
        case submissions
        /// Port 143 with STARTTLS.
        case imap
        /// Port 993, TLS from the first byte.
        case imaps

        package var defaultPort: Int {
            switch self {
            case .smtp: 25
            case .submission: 587
            case .submissions: 465
            case .imap: 143
            case .imaps: 993
            }
        }

        package var isImplicitTLS: Bool { self == .submissions || self == .imaps }
        package var isIMAP: Bool { self == .imap || self == .imaps }
    }

    package enum BareLineFeed: String, CaseIterable, Sendable {
        case reject
        case normalize
    }

    package var kind: Kind
    /// An IP address; `*` for all of them.
    package var host: Located<String>
    /// 0 takes a free one.
    package var port: Int
    /// What a bare CR or LF leads to.
    package var bareLineFeed: BareLineFeed
    /// Clients whose address lies here may relay without a login; natively none.
    package var trustedNetworks: [Located<String>]

    package init(
        kind: Kind, host: Located<String>, port: Int, bareLineFeed: BareLineFeed? = nil,
        trustedNetworks: [Located<String>] = []
    ) {
        self.kind = kind
        self.host = host
        self.port = port
        self.bareLineFeed = bareLineFeed ?? (kind == .smtp ? .reject : .normalize)
        self.trustedNetworks = trustedNetworks
    }

    /// For the log: `smtp 127.0.0.1:2525`.
    package var name: String { "\(kind.rawValue) \(host.value):\(port)" }
}
