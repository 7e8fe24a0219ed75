/// An MX record (RFC 1035 §3.3.9).
package struct MailExchanger: Hashable, Sendable {
    /// The lower, the better.
    package var preference: UInt16
    /// Nil for `.`: with it the domain says that it takes no mail (RFC 7505).
    package var host: DNSName?

    package init(preference: UInt16, host: DNSName?) {
        self.preference = preference
        self.host = host
    }
}
