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

    /// `* FLAGS (…)` and `* OK [PERMANENTFLAGS (…)]`.
    static func appendMailboxFlags(_ keywords: [String], permanent: Bool, to output: inout ByteBuffer) {
        let all = ([systemNames] + keywords).joined(separator: " ")
        output.writeString("* FLAGS (\(all))\r\n")
        if permanent {
            output.writeString("* OK [PERMANENTFLAGS (\(all) \\*)] Flags permitted.\r\n")
        } else {
            output.writeStaticString("* OK [PERMANENTFLAGS ()] Read-only mailbox.\r\n")
        }
    }
}
