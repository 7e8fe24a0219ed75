import Accounts
import Directory
import MailModel
import Testing

/// One answer of a running Dovecot 2.3.19, from `expected-lookups.tsv`.
struct RecordedAnswer: Sendable, CustomStringConvertible {
    enum Question: Sendable {
        /// `doveadm auth test`
        case password(login: String, password: String)
        /// `doveadm user`
        case user(String)
    }

    let configuration: DovecotConfiguration
    let question: Question
    let expected: String

    var description: String {
        switch question {
        case .password(let login, _): "\(configuration): auth of \(login)"
        case .user(let login): "\(configuration): user \(login)"
        }
    }

    private static func auth(
        _ configuration: DovecotConfiguration, _ login: String, _ password: String, _ expected: String
    ) -> Self {
        Self(configuration: configuration, question: .password(login: login, password: password), expected: expected)
    }

    private static func user(_ configuration: DovecotConfiguration, _ login: String, _ expected: String) -> Self {
        Self(configuration: configuration, question: .user(login), expected: expected)
    }

    static let all: [RecordedAnswer] = [
        auth(.ad, "anna", "", "FAIL"),
        auth(.ad, "anna", "Anna-pw-1", "OK user=anna"),
        auth(.ad, "ünal", "Unal-pw-12", "FAIL"),
        auth(.ad, "anna@ad.example.com", "Anna-pw-1", "OK user=anna"),
        auth(.ad, "anna", "nope", "FAIL"),
        user(.ad, "nosuch", "<NOTFOUND>"),
        user(.ad, "anna", "uid=10001 gid=5000 home=/var/mail/anna mail=maildir:~/Maildir"),
        auth(.basic, "alice", "alicepw1", "FAIL"),
        auth(.basic, "ceo@example.org", "alicepw1", "FAIL"),
        auth(.basic, "Alice@EXAMPLE.org", "alicepw1", "OK user=alice"),
        auth(.basic, "alice@example.org", "alicepw1", "OK user=alice"),
        auth(.defaults, "alice", "", "FAIL"),
        auth(.defaults, "ali)(uid=*", "x", "FAIL"),
        auth(.defaults, "alice", "wrong", "FAIL"),
        auth(.defaults, "paul", "p(a*u)l\\", "OK user=paul"),
        auth(.defaults, "nosuch", "x", "FAIL"),
        user(.basic, "alice@example.org", "uid=5001 gid=5000 home=/var/mail/alice mail=maildir:~/Maildir"),
        user(.basic, "ceo@example.org", "<NOTFOUND>"),
        user(.basic, "outside@gmail.example", "uid= gid= home=/var/mail/ mail=maildir:~/Maildir"),
        user(.defaults, "bob", "uid=5000 gid=5000 home=/var/mail/example.org/bob mail=maildir:~/Maildir"),
        auth(.pragyan, "Sahil", "sahilpw1", "OK user=sahil"),
        auth(.pragyan, "nomail", "nomailpw", "OK user=nomail"),
        auth(.pragyan, "sahil@pragyan.org", "sahilpw1", "OK user=sahil"),
        user(
            .pragyan, "Sahil",
            "user=sahil uid=700 gid=700 home=/var/spool/mail/virtual/PragyanMail/sahil mail=mbox:/var/spool/mail/virtual/PragyanMail/sahil:INBOX=/var/spool/mail/virtual/sahil"
        ),
        user(.pragyan, "coding", "<NOTFOUND>"),
        auth(.vennedey, "mail000", "", "FAIL"),
        auth(.vennedey, "mail000", "bad", "FAIL"),
        auth(.vennedey, "mail000,ou=Mail", "mail000pw", "FAIL"),
        user(.vennedey, "MAIL000", "user=mail000 uid=20000 gid=20000 home=/home/mail/mail000 mail=maildir:~/mailbox"),
        // Seen too, outside the table: what is typed is folded, and the domain is part of a bind's name.
        auth(.vennedey, "mail000", "mail000pw", "OK user=mail000"),
        auth(.vennedey, "MAIL000", "mail000pw", "OK user=mail000"),
        auth(.vennedey, "mail000@example.com", "mail000pw", "FAIL"),
        auth(.defaults, "alice@any.domain", "alicepw1", "OK user=alice"),
    ]

    func answer(_ accounts: DirectoryAccounts) async -> String {
        switch question {
        case .password(let login, let password):
            let (verdict, user, _) = await accounts.verdict(LoginRequest(login, password))
            switch verdict {
            case .accepted: return "OK user=\(String(decoding: user ?? [], as: UTF8.self))"
            case .rejected: return "FAIL"
            case .unavailable(let reason): return "TEMPFAIL \(reason)"
            }
        case .user(let login):
            let answer = await accounts.fields(for: Array(login.utf8), service: "doveadm")
            switch answer.outcome {
            case .absent: return "<NOTFOUND>"
            case .unavailable(let reason): return "TEMPFAIL \(reason)"
            case .found(let fields): return shown(login, fields)
            }
        }
    }

    /// As `doveadm user` prints: the name where it is not the one asked for, and the mail setting where no field stands
    /// in for it.
    private func shown(_ login: String, _ fields: Fields) -> String {
        func text(_ name: String) -> String? { fields[name].map { String(decoding: $0, as: UTF8.self) } }
        let user = text("user") ?? login.lowercased()
        let mail =
            text("mail") ?? configuration.mailLocation.replacing("%u", with: user)
        var parts = user == login ? [] : ["user=\(user)"]
        parts += ["uid", "gid", "home"].map { "\($0)=\(text($0) ?? "")" }
        return (parts + ["mail=\(mail)"]).joined(separator: " ")
    }
}
