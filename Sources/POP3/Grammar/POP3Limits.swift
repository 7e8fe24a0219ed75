/// The bounds on what a client sends.
package struct POP3Limits: Hashable, Sendable {
    /// Octets of a command line without its end. RFC 2449 §4 says 255; a long password is more.
    package var commandLine = 2048
    /// Octets of a line within AUTH (RFC 5034 §4).
    package var authenticationLine = 12_288

    package init() {}
}
