/// The client's half of one authentication exchange.
package protocol ClientExchange: Sendable {
    /// What goes with the command where the protocol allows it (RFC 4954 §4, RFC 4959); nil when the mechanism lets the
    /// server speak first.
    var initialResponse: [UInt8]? { get }

    /// The answer to a server's challenge; nil when the mechanism has none left: cancel with `*`. A client that could not
    /// send its initial response passes the server's empty challenge first.
    mutating func respond(to challenge: [UInt8]) -> [UInt8]?

    /// Whether the server may say now that all is well: false as long as it owes a proof of who it is.
    var isComplete: Bool { get }
}

extension ClientExchange {
    package var isComplete: Bool { true }
}

/// PLAIN, RFC 4616 §2.
package struct PlainClientExchange: ClientExchange {
    private var message: [UInt8]?

    package init(_ credentials: SASLPlainCredentials) {
        message = (credentials.authorizationIdentity ?? []) + [0] + credentials.login + [0] + credentials.password
    }

    package var initialResponse: [UInt8]? { message }

    package mutating func respond(to challenge: [UInt8]) -> [UInt8]? {
        defer { message = nil }
        return message
    }
}

/// LOGIN: servers differ in the wording of their prompts, so the answers go by their order.
package struct LoginClientExchange: ClientExchange {
    private var responses: [[UInt8]]

    package init(_ credentials: SASLPlainCredentials) {
        responses = [credentials.password, credentials.login]
    }

    package var initialResponse: [UInt8]? { nil }

    package mutating func respond(to challenge: [UInt8]) -> [UInt8]? { responses.popLast() }
}

extension PlainClientExchange: CustomStringConvertible, CustomReflectable {
    package var description: String { "PLAIN exchange" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

extension LoginClientExchange: CustomStringConvertible, CustomReflectable {
    package var description: String { "LOGIN exchange" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
