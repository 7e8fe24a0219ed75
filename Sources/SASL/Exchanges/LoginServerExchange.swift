/// LOGIN (draft-murchison-sasl-login §2): user name and password in two responses. The prompts are the ones that the
/// clients of this mechanism wait for, colon included.
package struct LoginServerExchange: ServerExchange {
    private enum State {
        case waiting
        case askedForName
        case askedForPassword(login: [UInt8])
        case over
    }

    private var state = State.waiting

    package init() {}

    package mutating func step(_ response: [UInt8]?) -> SASLServerStep {
        switch (state, response) {
        case (.waiting, nil):
            state = .askedForName
            return .challenge(Array("Username:".utf8))
        case (.waiting, .some(let login)), (.askedForName, .some(let login)):
            return take(login: login)
        case (.askedForPassword(let login), .some(let password)):
            return take(login: login, password: password)
        case (.askedForName, nil), (.askedForPassword, nil), (.over, _):
            return fail("LOGIN takes two responses")
        }
    }

    private mutating func take(login: [UInt8]) -> SASLServerStep {
        guard !login.isEmpty else { return fail("empty user name") }
        guard login.count <= SASLLimits.login else { return fail("user name too long") }
        guard !login.contains(0) else { return fail("NUL in the user name") }
        state = .askedForPassword(login: login)
        return .challenge(Array("Password:".utf8))
    }

    private mutating func take(login: [UInt8], password: [UInt8]) -> SASLServerStep {
        guard password.count <= SASLLimits.password else { return fail("password too long") }
        guard !password.contains(0) else { return fail("NUL in the password") }
        state = .over
        return .credentials(SASLPlainCredentials(login: login, password: password))
    }

    private mutating func fail(_ reason: String) -> SASLServerStep {
        state = .over
        return .malformed(reason)
    }
}

extension LoginServerExchange: CustomStringConvertible, CustomReflectable {
    // The state holds a user name: no dump of an exchange shows it.
    package var description: String { "LOGIN exchange" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
