import MailModel
import NIOCore
@_spi(_Unicode) import Swift

extension IMAPServerEngine {
    /// How mailbox names are written for this session: in UTF-8 once the client has asked for it (RFC 6855 §3).
    func naming(_ account: any IMAPAccount) -> MailboxNameCoding {
        var naming = account.naming
        naming.isUTF8 = enabled.usesUTF8Names
        return naming
    }

    /// The name in Normalization Form C where clients write UTF-8: what is made bears that name (RFC 9051 §5.1).
    func normalized(_ name: MailboxName) -> MailboxName {
        guard enabled.usesUTF8Names else { return name }
        let parts = name.parts.map { part in
            part.allSatisfy { $0 < 0x80 } ? part : Array(String(decoding: part, as: UTF8.self)._nfc.flatMap(\.utf8))
        }
        return MailboxName(parts: parts) ?? name
    }

    /// oldname-extended-item = "OLDNAME" SP "(" mailbox ")": a mailbox has another name than the client wrote or knew
    /// (RFC 9051 §6.3.9.7). Only for clients that have enabled IMAP4rev2.
    func writeOldName(
        _ old: MailboxName, of name: MailboxName, _ account: any IMAPAccount, _ output: inout ByteBuffer
    ) {
        guard enabled.contains(.imap4rev2) else { return }
        let naming = naming(account)
        MailboxTree.write(
            MailboxTree.Line(
                name: name, wire: naming.encode(name), attributes: [], isSelectable: true, oldName: naming.encode(old)),
            "LIST", separator: naming.separator, &output)
    }

    /// Nil for what names no mailbox, and before login.
    func name(_ wire: [UInt8]) -> MailboxName? {
        account.flatMap { naming($0).decode(wire) }
    }
}
