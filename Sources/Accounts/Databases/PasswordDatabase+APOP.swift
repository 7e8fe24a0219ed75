import Directory
import Passwords
import SASL

/// APOP (RFC 1939 §7): instead of a password there is a digest of it, which only a password that is stored as it is can be
/// held against.
extension PasswordDatabase {
    /// The answer of databases that never see a password: they are not asked.
    func refusedDigest(_ question: Question) -> (outcome: Check, steps: [TraceStep])? {
        guard question.apopTimestamp != nil, !question.isVerified else { return nil }
        switch method {
        case .compare, .passwdFile, .fixed: return nil
        case .bind, .searchThenBind, .service, .saslauthd:
            return (.rejected(.wrongPassword), [decision("APOP needs the stored password: not asked")])
        }
    }
}

extension PasswordChecker {
    /// Whether the password, or what was made of it, is right.
    func check(
        _ question: PasswordDatabase.Question, against stored: [UInt8], login: [UInt8]? = nil
    ) async -> PasswordCheck {
        guard let timestamp = question.apopTimestamp else {
            return await check(question.password, against: stored, login: login)
        }
        guard let plain = StoredPassword(stored, defaultScheme: defaultScheme).plainText, !plain.isEmpty else {
            return .differs
        }
        return APOPDigest.matches(question.password, timestamp: timestamp, password: plain) ? .matches : .differs
    }
}
