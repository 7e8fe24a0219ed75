/// PLAIN, RFC 4616 §2: the client sends one message.
package struct PlainServerExchange: ServerExchange {
    private enum State {
        case waiting
        case challenged
        case over
    }

    private var state = State.waiting

    package init() {}

    package mutating func step(_ response: [UInt8]?) -> SASLServerStep {
        switch (state, response) {
        case (.waiting, nil):
            state = .challenged
            return .challenge([])
        case (.waiting, .some(let message)), (.challenged, .some(let message)):
            state = .over
            return Self.parse(message)
        case (.challenged, nil), (.over, _):
            state = .over
            return .malformed("PLAIN takes one response")
        }
    }

    // message = [authzid] UTF8NUL authcid UTF8NUL passwd
    private static func parse(_ message: [UInt8]) -> SASLServerStep {
        guard message.count <= SASLLimits.response else { return .malformed("PLAIN response too long") }
        let fields = message.split(separator: 0, omittingEmptySubsequences: false)
        guard fields.count == 3, let authorization = fields.first, let password = fields.last else {
            return .malformed("PLAIN needs three fields parted by NUL")
        }
        let login = fields[1]
        guard !login.isEmpty else { return .malformed("empty user name") }
        guard login.count <= SASLLimits.login, authorization.count <= SASLLimits.login else {
            return .malformed("user name too long")
        }
        guard password.count <= SASLLimits.password else { return .malformed("password too long") }
        return .credentials(
            SASLPlainCredentials(
                login: Array(login), authorizationIdentity: authorization.isEmpty ? nil : Array(authorization),
                password: Array(password)))
    }
}
