import MailModel
import NIOCore

/// FLAGS in its several places.
enum FlagsResponse {
    private static let system: [(MessageFlags, String)] = [
        (.answered, "\\Answered"), (.flagged, "\\Flagged"), (.deleted, "\\Deleted"), (.seen, "\\Seen"),
        (.draft, "\\Draft"),
    ]
    private static let systemNames = system.map(\.1).joined(separator: " ")

    /// "FLAGS" SP "(" [flag-fetch *(SP flag-fetch)] ")"
    static func append(
        _ flags: MessageFlags, _ keywords: [String], isRecent: Bool, to output: inout ByteBuffer
    ) {
        output.writeStaticString("FLAGS (")
        var isFirst = true
        func write(_ name: String) {
            if !isFirst { output.writeStaticString(" ") }
            isFirst = false
            output.writeString(name)
        }
        for (flag, name) in system where flags.contains(flag) { write(name) }
        if isRecent { write("\\Recent") }
        if flags.rawValue >> 8 != 0 {
            for index in flags.keywordIndexes where index < keywords.count { write(keywords[index]) }
        }
        output.writeStaticString(")")
    }

    /// RFC 9051 §2.3.2: keywords that every mailbox takes, whether or not a message has them yet.
    private static let commonKeywords = ["$Forwarded", "$MDNSent", "$Junk", "$NotJunk", "$Phishing"]

    /// `* FLAGS (…)` and `* OK [PERMANENTFLAGS (…)]`.
    static func appendMailboxFlags(
        _ keywords: [String], permanent rights: MailboxRights, _ enabled: EnabledExtensions,
        to output: inout ByteBuffer
    ) {
        var keywords = keywords
        if enabled.contains(.imap4rev2) {
            keywords += commonKeywords.filter { name in
                !keywords.contains { ASCII.equalIgnoringCase($0.utf8, name.utf8) }
            }
        }
        let all = ([systemNames] + keywords).joined(separator: " ")
        output.writeString("* FLAGS (\(all))\r\n")
        guard !rights.contains([.write, .seen, .deleteMessages]) else {
            output.writeString("* OK [PERMANENTFLAGS (\(all) \\*)] Flags permitted.\r\n")
            return
        }
        // RFC 4314 §5.1.1
        var permitted = system.filter { rights.contains(.needed(toChange: $0.0)) }.map(\.1)
        if rights.contains(.write) { permitted += keywords + ["\\*"] }
        let text = permitted.isEmpty ? "Read-only mailbox." : "Flags permitted."
        output.writeString("* OK [PERMANENTFLAGS (\(permitted.joined(separator: " ")))] \(text)\r\n")
    }
}
