import Net

/// Which names a certificate may have: smtp_tls_secure_cert_match, smtp_tls_verify_cert_match and the attribute `match`.
package enum CertificateMatch: Hashable, Sendable {
    /// The domain that the mail goes to, or the host that the next hop names.
    case nexthop
    /// Every name below it.
    case dotNexthop
    /// The mail exchanger, as DNS names it.
    case hostname
    /// `mail.example.org`, or `.example.org` for every name below.
    case name(String)

    package static let secureDefault: [CertificateMatch] = [.nexthop, .dotNexthop]
    package static let verifyDefault: [CertificateMatch] = [.hostname]

    /// Reads a list separated by colons, commas or blanks.
    package static func parse(_ text: some StringProtocol) -> [CertificateMatch] {
        text.split(whereSeparator: { ":,".contains($0) || $0.isWhitespace }).prefix(CertificateNames.maximumCount).map {
            switch $0.lowercased() {
            case "nexthop": .nexthop
            case "dot-nexthop": .dotNexthop
            case "hostname": .hostname
            default: .name(String($0))
            }
        }
    }

    /// Nil where there is no such name.
    func pattern(nexthop: String?, hostname: String?) -> String? {
        switch self {
        case .nexthop: nexthop
        case .dotNexthop: nexthop.map { "." + $0 }
        case .hostname: hostname
        case .name(let name): name
        }
    }
}
