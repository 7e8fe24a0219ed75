/// What is known of the server at the other end of a TLS connection, in the words of Postfix's log.
package struct PeerVerification: Hashable, Sendable {
    package enum Status: String, Hashable, Sendable {
        /// It is who it should be.
        case verified = "Verified"
        /// A trusted authority signed its certificate; nobody asked for whom.
        case trusted = "Trusted"
        case untrusted = "Untrusted"
        /// It showed no certificate.
        case anonymous = "Anonymous"
    }

    package var status: Status
    /// Which rule it met or what is wrong: `DANE 3 1 1 2bb8…`, `expired`.
    package var explanation: String

    package init(_ status: Status, _ explanation: String) {
        self.status = status
        self.explanation = explanation
    }
}
