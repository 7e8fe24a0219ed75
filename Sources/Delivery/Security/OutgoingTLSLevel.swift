/// How much TLS a next hop needs: smtp_tls_security_level.
package enum OutgoingTLSLevel: String, Hashable, Sendable, CaseIterable {
    case none
    /// Where the server offers it, unchecked; else in clear.
    case may
    /// Required, unchecked.
    case encrypt
    /// Required and checked against TLSA records where there are usable ones; else `may`, or `encrypt` if none is usable.
    case dane
    /// As `dane`, but without usable TLSA records nothing is sent.
    case daneOnly = "dane-only"
    case fingerprint
    /// A trusted chain and the name of the mail exchanger, which DNS gave.
    case verify
    /// A trusted chain and the name of the next hop, which nobody in between can change.
    case secure

    /// As Postfix reads it: in any case.
    package init?(_ text: some StringProtocol) {
        self.init(rawValue: text.lowercased())
    }

    /// Whether a host that offers no TLS gets no mail. What `dane` comes to is found out per host.
    package var isMandatory: Bool {
        switch self {
        case .none, .may, .dane: false
        case .encrypt, .daneOnly, .fingerprint, .verify, .secure: true
        }
    }
}
