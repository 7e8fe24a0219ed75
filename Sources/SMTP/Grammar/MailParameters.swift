package import MailModel

/// Why the arguments of a command are refused: the reply to send.
package struct SMTPSyntaxError: Error, Hashable, Sendable {
    package let reply: SMTPReply

    init(_ code: UInt16, _ enhanced: EnhancedStatusCode, _ text: String) {
        reply = SMTPReply(code, enhanced, text)
    }
}

/// The parameters of one MAIL or RCPT command.
///
///     Mail-parameters = esmtp-param *(SP esmtp-param)
///     esmtp-param     = esmtp-keyword ["=" esmtp-value]
struct MailParameters {
    /// A client has no use for more; each costs a comparison.
    static let maximumCount = 32

    struct Parameter {
        var keyword: [UInt8]
        var value: ArraySlice<UInt8>?

        /// For a reply: the parameter as sent, cut short.
        var text: String {
            String(decoding: keyword.prefix(64), as: UTF8.self)
                + (value.map { "=" + String(decoding: $0.prefix(64), as: UTF8.self) } ?? "")
        }
    }

    let list: [Parameter]

    init(_ bytes: ArraySlice<UInt8>) throws(SMTPSyntaxError) {
        var list: [Parameter] = []
        for word in bytes.split(separator: UInt8(ascii: " "), maxSplits: Self.maximumCount) {
            let keyword = word.prefix { $0 != UInt8(ascii: "=") }
            let value = keyword.endIndex < word.endIndex ? word[word.index(after: keyword.endIndex)...] : nil
            let folded = keyword.map(ASCII.uppercased)
            guard !folded.isEmpty, value.map({ !$0.isEmpty }) ?? true else {
                throw SMTPSyntaxError(501, .init(5, 5, 4), "Syntax error in parameters")
            }
            if list.contains(where: { $0.keyword == folded }) {
                throw SMTPSyntaxError(
                    501, .init(5, 5, 4), "Duplicate parameter: \(String(decoding: folded.prefix(64), as: UTF8.self))")
            }
            list.append(Parameter(keyword: folded, value: value))
        }
        guard list.count <= Self.maximumCount else {
            throw SMTPSyntaxError(501, .init(5, 5, 4), "Too many parameters")
        }
        self.list = list
    }
}

extension SMTPSyntaxError {
    static func unsupported(_ parameter: MailParameters.Parameter) -> SMTPSyntaxError {
        SMTPSyntaxError(555, .init(5, 5, 4), "Unsupported option: \(parameter.text)")
    }
}
