import MailModel
import NIOCore

/// What the client has said that it understands, by ENABLE (RFC 5161).
struct EnabledExtensions: OptionSet, Hashable, Sendable {
    let rawValue: UInt16

    init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// RFC 6855
    static let utf8Accept = EnabledExtensions(rawValue: 8)
    /// RFC 9051
    static let imap4rev2 = EnabledExtensions(rawValue: 16)

    /// The names that ENABLE knows, and what each means with all that it implies.
    static let names: [(name: String, extensions: EnabledExtensions)] = [("UTF8=ACCEPT", .utf8Accept)]
}

extension IMAPServerEngine {
    /// ENABLE: names that are not known are passed over (RFC 5161 §3.1).
    mutating func enable(_ names: [String], _ tag: [UInt8], _ output: inout ByteBuffer) -> Step {
        var shown = ""
        for (name, extensions) in EnabledExtensions.names where names.contains(name) {
            guard !enabled.isSuperset(of: extensions) else { continue }
            enabled.formUnion(extensions)
            shown += " \(name)"
        }
        output.writeString("* ENABLED\(shown)\r\n")
        return finish(Completion(tag: tag, text: "OK Enabled."), &output)
    }
}
