/// A name and a password in the clear, as PLAIN and LOGIN give them. Never shown: its descriptions are redacted.
package struct SASLPlainCredentials: Hashable, Sendable {
    /// RFC 4616 authcid: whose password it is.
    package var login: [UInt8]
    /// RFC 4616 authzid: whom the client wants to act as; nil when it did not say.
    package var authorizationIdentity: [UInt8]?
    package var password: [UInt8]

    package init(login: [UInt8], authorizationIdentity: [UInt8]? = nil, password: [UInt8]) {
        self.login = login
        self.authorizationIdentity = authorizationIdentity
        self.password = password
    }
}

extension SASLPlainCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "(credentials)" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
