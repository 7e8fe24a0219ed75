import MailModel

extension IMAPServerEngine {
    /// How mailbox names are written for this session: in UTF-8 once the client has asked for it (RFC 6855 §3).
    func naming(_ account: any IMAPAccount) -> MailboxNameCoding {
        var naming = account.naming
        naming.isUTF8 = enabled.contains(.utf8Accept)
        return naming
    }

    /// Nil for what names no mailbox, and before login.
    func name(_ wire: [UInt8]) -> MailboxName? {
        account.flatMap { naming($0).decode(wire) }
    }
}
