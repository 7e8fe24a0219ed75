import Accounts
import MailModel

/// Another program's password check as Postfix asks it: the service is `smtp`, and libsasl parts a login at its last `@`
/// into user and realm; a login without one gets the realm of smtpd_sasl_local_domain.
struct SubmissionService: PasswordService {
    let service: any PasswordService
    let splitsRealm: Bool
    let localRealm: [UInt8]

    var name: String { service.name }

    func check(_ question: PasswordQuestion) async -> PasswordServiceVerdict {
        var question = question
        question.service = "smtp"
        if splitsRealm {
            if let at = question.login.lastIndex(of: UInt8(ascii: "@")) {
                question.realm = Array(question.login[(at + 1)...])
                question.login = Array(question.login[..<at])
            } else {
                question.realm = localRealm
            }
        }
        return await service.check(question)
    }
}
