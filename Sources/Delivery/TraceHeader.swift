import MailModel

/// The header lines that delivery itself puts before a message. Addresses hold no line end (`EmailAddress`), so no value
/// can begin a line of its own.
enum TraceHeader {
    /// RFC 5321 §4.4: the first line of a delivered message.
    static func returnPath(_ path: ReversePath) -> [UInt8] {
        Array("Return-Path: <".utf8) + (path.address?.quoted ?? []) + Array(">\r\n".utf8)
    }

    /// Postfix's: the recipient as the client gave it.
    static func originalRecipient(_ address: EmailAddress) -> [UInt8] { line("X-Original-To", address) }

    /// The address after all aliases.
    static func deliveredTo(_ address: EmailAddress) -> [UInt8] { line("Delivered-To", address) }

    private static func line(_ name: String, _ address: EmailAddress) -> [UInt8] {
        Array("\(name): ".utf8) + address.unquoted + Array("\r\n".utf8)
    }
}
