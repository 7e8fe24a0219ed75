/// What an LMTP listener has beside what all listeners for mail have.
package struct LMTPListenerModel: Sendable {
    package enum Recipients: String, CaseIterable, Sendable {
        /// As on any listener: aliases, groups, and what the site routes elsewhere.
        case routing
        /// Users alone, whatever their domain, as Dovecot's LMTP service: the mail server in front has expanded aliases.
        case accounts
    }

    /// Who may connect to a Unix socket: its permissions, and whose it is (names or numbers); 0666 and the server's user
    /// when nil.
    package var mode: Located<UInt32>?
    package var owner: Located<String>?
    package var group: Located<String>?
    package var recipients: Located<Recipients>?

    package init() {}
}
