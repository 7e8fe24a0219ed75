import Directory
import LDAP
import MailModel
import Passwords

/// Checks that ask no directory.
extension PasswordDatabase {
    func passwdFile(
        _ lookup: PasswdFileLookup, _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        switch await lookup.find(variables) {
        case .unavailable(let reason): return (.unavailable(reason), [decision(reason.text)])
        case .absent:
            _ = await lookup.checker.checkForNobody(question.password)
            return (.rejected(.unknownUser), [decision("\(lookup.path): not found")])
        case .found(let found):
            var mapped = variables
            let fields = found.entry.passwordFields(&mapped)
            return await compare(
                found.entry.password ?? [], fields, mapped.user, lookup.checker, question,
                origin: String(decoding: found.file, as: UTF8.self))
        }
    }

    func fixed(
        _ mapping: AttributeMapping, _ checker: PasswordChecker, _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        var mapped = variables
        let fields = mapping.evaluate(LDAPEntry(name: ""), &mapped)
        return await compare(
            fields["password"] ?? [], fields, mapped.user, checker, question, origin: "the same for every user")
    }

    private func compare(
        _ stored: [UInt8], _ fields: Fields, _ user: [UInt8], _ checker: PasswordChecker, _ question: Question,
        origin: String
    ) async -> (outcome: Check, steps: [TraceStep]) {
        if question.isVerified {
            return (.accepted(fields, user: user), [decision("\(origin): knows the user; no password is checked here")])
        }
        guard !Self.takesAnyPassword(fields, stored, question) else {
            return (.accepted(fields, user: user), [decision("\(origin): nopassword is set, any password is taken")])
        }
        guard !stored.isEmpty else {
            _ = await checker.checkForNobody(question.password)
            return (
                .rejected(.wrongPassword, user: user), [decision("\(origin): no password, and nopassword is not set")]
            )
        }
        switch await checker.check(question, against: stored) {
        case .matches: return (.accepted(fields, user: user), [decision("\(origin): the password matches")])
        case .differs:
            return (.rejected(.wrongPassword, user: user), [decision("\(origin): the password differs")])
        case .unsupported(let text):
            let reason = UnavailableReason(.misconfigured, "\(origin): \(text)")
            return (.unavailable(reason), [decision(reason.text)])
        }
    }

    func ask(
        _ service: any PasswordService, _ question: Question, _ variables: LoginVariables
    ) async -> (outcome: Check, steps: [TraceStep]) {
        let verdict = await service.check(
            PasswordQuestion(
                login: variables.user, password: Secret(question.password), service: variables.service,
                remoteAddress: variables.remoteAddress, localAddress: variables.localAddress,
                isSecured: variables.isSecured))
        switch verdict {
        case .accepted(let user):
            var fields = Fields()
            if let user { fields.set("user", to: user) }
            return (.accepted(fields, user: user ?? variables.user), [decision("\(service.name): accepted")])
        case .rejected: return (.rejected(.wrongPassword), [decision("\(service.name): rejected")])
        case .unavailable(let reason): return (.unavailable(reason), [decision(reason.text)])
        }
    }
}
