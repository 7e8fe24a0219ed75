import MailModel
import SASL

/// `AUTH`, without the number that the connection gives it.
struct DovecotAuthRequest: Sendable {
    /// AUTH_CLIENT_MAX_LINE_LENGTH: the service drops who sends more.
    private static let longestLine = 8192

    private let parameters: [UInt8]

    /// Nil for what can't be asked: too long, or with a NUL, which PLAIN has no room for (RFC 4616).
    init?(_ question: PasswordQuestion) {
        let login = question.wholeLogin
        guard !login.isEmpty, !login.contains(0), !question.password.bytes.contains(0) else { return nil }
        var text = Array("PLAIN\tservice=".utf8) + DovecotAuthLine.escaped(question.service.utf8)
        // Postfix asks in this way too: whoever logs in may not go on as another.
        text += Array("\tnologin".utf8)
        for (name, address) in [("lip", question.localAddress), ("rip", question.remoteAddress)] {
            if let address { text += Array("\t\(name)=".utf8) + DovecotAuthLine.escaped(address.utf8) }
        }
        if question.isSecured { text += Array("\tsecured".utf8) }
        // Behind it nothing may follow.
        text += Array("\tresp=".utf8)
        text += Base64.encode([0] + login + [0] + question.password.bytes)
        guard text.count <= Self.longestLine - 32 else { return nil }
        parameters = text
    }

    func line(number: UInt32) -> [UInt8] {
        Array("AUTH\t\(number)\t".utf8) + parameters + [0x0A]
    }
}
