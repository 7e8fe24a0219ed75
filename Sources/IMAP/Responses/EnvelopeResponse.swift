package import MailModel
package import NIOCore

/// envelope = "(" env-date SP env-subject SP env-from SP env-sender SP env-reply-to SP env-to SP env-cc SP env-bcc SP
///            env-in-reply-to SP env-message-id ")"
package enum EnvelopeResponse {
    package static func append(_ envelope: MessageEnvelope, to output: inout ByteBuffer) {
        output.writeStaticString("(")
        appendText(envelope.date, to: &output)
        output.writeStaticString(" ")
        appendOneLine(envelope.subject, to: &output)
        for addresses in [
            envelope.from, shown(envelope.sender, else: envelope.from), shown(envelope.replyTo, else: envelope.from),
            envelope.to, envelope.cc, envelope.bcc,
        ] {
            output.writeStaticString(" ")
            append(addresses, to: &output)
        }
        output.writeStaticString(" ")
        appendText(envelope.inReplyTo, to: &output)
        output.writeStaticString(" ")
        appendText(envelope.messageID, to: &output)
        output.writeStaticString(")")
    }

    private static func shown(_ addresses: [MessageAddress], else other: [MessageAddress]) -> [MessageAddress] {
        addresses.isEmpty ? other : addresses
    }

    private static func appendOneLine(_ value: [UInt8]?, to output: inout ByteBuffer) {
        if let value { ResponseText.appendOneLine(value, to: &output) } else { output.writeStaticString("NIL") }
    }

    private static func appendText(_ value: [UInt8]?, to output: inout ByteBuffer) {
        ResponseText.appendNString(value.map(withoutFolds), to: &output)
    }

    static func withoutFolds(_ value: [UInt8]) -> [UInt8] {
        value.contains(0x0A) ? value.filter { $0 != 0x0A } : value
    }

    private static func append(_ addresses: [MessageAddress], to output: inout ByteBuffer) {
        guard !addresses.isEmpty else {
            output.writeStaticString("NIL")
            return
        }
        output.writeStaticString("(")
        for address in addresses {
            output.writeStaticString("(")
            appendOneLine(address.name, to: &output)
            output.writeStaticString(" ")
            ResponseText.appendNString(address.route, to: &output)
            output.writeStaticString(" ")
            ResponseText.appendNString(address.mailbox, to: &output)
            output.writeStaticString(" ")
            ResponseText.appendNString(address.host, to: &output)
            output.writeStaticString(")")
        }
        output.writeStaticString(")")
    }
}
