package import Directory
package import MailModel

/// Another program that says whether a password is right.
package protocol PasswordService: Sendable {
    /// For traces: `saslauthd:/run/saslauthd/mux`. Never a credential.
    var name: String { get }

    /// Ends within the time limit of the service, or sooner when the task is cancelled. An empty password is rejected
    /// before anything is sent.
    func check(_ question: PasswordQuestion) async -> PasswordServiceVerdict
}

/// What another program is asked: everything that it may want to know of a login.
package struct PasswordQuestion: Sendable {
    /// As the client gave it, or as the site's rules changed it.
    package var login: [UInt8]
    /// What stood behind the `@` where the caller has split it off (libsasl does, for saslauthd); else empty.
    package var realm: [UInt8]
    package var password: Secret
    /// `smtp`, `imap` or `pop`.
    package var service: String
    /// The client's address, without a port.
    package var remoteAddress: String?
    /// The address of ours that the client connected to.
    package var localAddress: String?
    /// Whether the client's connection is under TLS, or never leaves this machine.
    package var isSecured: Bool

    package init(
        login: [UInt8], realm: [UInt8] = [], password: Secret, service: String, remoteAddress: String? = nil,
        localAddress: String? = nil, isSecured: Bool = false
    ) {
        self.login = login
        self.realm = realm
        self.password = password
        self.service = service
        self.remoteAddress = remoteAddress
        self.localAddress = localAddress
        self.isSecured = isSecured
    }
}

/// What the other program said.
package enum PasswordServiceVerdict: Sendable {
    /// With the login name that the program gives to the user, where its protocol tells one.
    case accepted(user: [UInt8]?)
    case rejected
    /// It could not be asked, or could not tell. Never to be taken for a no.
    case unavailable(UnavailableReason)
}
