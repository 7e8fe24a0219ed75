import Accounts
import Directory
import PostroomTesting

/// Answers of Dovecot and of ours in the same words.
enum DovecotComparison {
    static func answer(_ accounts: DirectoryAccounts, _ login: String, _ password: String) async -> String {
        let (verdict, user, _) = await accounts.verdict(LoginRequest(login, password, from: "127.0.0.1"))
        return switch verdict {
        case .accepted: "found \(String(decoding: user ?? [], as: UTF8.self))"
        case .rejected: "refused"
        case .unavailable: "temporary failure"
        }
    }

    /// Without the fields, which are a login's in ours only when it has become an account.
    static func verdict(_ answer: DovecotAuth.Answer) -> String {
        if case .found(let user, _) = answer { return "found \(String(decoding: user, as: UTF8.self))" }
        return answer.description
    }

    /// What the user databases say, as `doveadm user`.
    static func user(_ accounts: DirectoryAccounts, _ login: String) async -> DovecotAuth.Answer {
        switch await accounts.fields(for: Array(login.utf8), service: "doveadm").outcome {
        case .absent: return .refused
        case .unavailable: return .temporaryFailure
        case .found(let fields):
            var values: [String: [UInt8]] = [:]
            for field in fields.all where field.name != "user" { values[field.name] = field.values.first }
            return .found(
                user: fields["user"] ?? login.utf8.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }, fields: values)
        }
    }
}
