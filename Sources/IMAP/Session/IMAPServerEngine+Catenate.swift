package import MailModel
import Net

/// A message of this account, or a piece of one, that goes into another.
package struct MessagePiece: Hashable, Sendable {
    package var mailbox: MailboxName
    package var uidValidity: UInt32?
    package var uid: UInt32
    package var section: FetchSection
}

extension IMAPServerEngine {
    /// What a URL names for this user on this server; nil for anybody else's (RFC 4469 §3).
    func messagePiece(_ text: [UInt8], _ account: any IMAPAccount) -> MessagePiece? {
        guard let url = IMAPURL(text) else { return nil }
        if let authority = url.authority {
            // Which names the server goes by is known from what clients call it.
            let names = [connection.tls?.serverName, connection.localAddress].compactMap(\.self)
            guard names.contains(where: { ASCII.equalIgnoringCase($0.utf8, authority.host) }),
                authority.user.map({ $0 == Array(account.login.utf8) }) ?? true
            else { return nil }
        }
        guard let name = url.mailbox.map({ account.naming.decode(utf8: $0) }) ?? selected?.name else { return nil }
        return MessagePiece(mailbox: name, uidValidity: url.uidValidity, uid: url.uid, section: url.section)
    }

    /// badurl-response-code = "BADURL" SP url-resp-text ; anything but "]"
    static func badURL(_ text: [UInt8]) -> String {
        var shown = ""
        for byte in text.prefix(1024) {
            let isPlain = byte > 0x20 && byte < 0x7F && byte != UInt8(ascii: "]")
            let digits = String(byte, radix: 16, uppercase: true)
            shown += isPlain ? String(UnicodeScalar(byte)) : "%" + (digits.count < 2 ? "0" : "") + digits
        }
        return "NO [BADURL \(shown)] The URL names nothing here."
    }
}
