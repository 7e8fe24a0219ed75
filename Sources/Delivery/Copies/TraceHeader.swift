import MailModel

/// The header fields that delivery itself puts before a message.
enum TraceHeader {
    /// RFC 5321 §4.4: the first line of a delivered message.
    static func returnPath(_ path: ReversePath) -> [UInt8] {
        field("Return-Path", "<\(path)>")
    }

    /// Postfix's: the recipient as the client gave it.
    static func originalRecipient(_ address: EmailAddress) -> [UInt8] {
        field("X-Original-To", address.description)
    }

    /// The address after all aliases.
    static func deliveredTo(_ address: EmailAddress) -> [UInt8] {
        field("Delivered-To", address.description)
    }

    private static func field(_ name: StaticString, _ text: String) -> [UInt8] {
        ComposedHeaderField(name, [HeaderValue(replacingControls: text)]).bytes
    }
}
