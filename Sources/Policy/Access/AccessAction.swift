import MailModel

/// What an access table says of a client, a sender or a recipient (access(5)).
enum AccessAction: Hashable, Sendable {
    case ok
    case dunno
    case reject(String)
    case `defer`(String)
    case deferIfPermit(String)
    case deferIfReject(String)
    /// `450 4.7.1 text`, `550 text`.
    case reply(UInt16, EnhancedStatusCode?, String)
    /// `WARN`, `INFO`: for the log.
    case note(String)
    /// The names of restrictions, to be tried in this place.
    case restrictions([String])
    /// An action that this server doesn't have. Never passed over: what it was meant to stop would get through.
    case notServed(String)

    init(_ value: [UInt8]) {
        let text = String(decoding: value, as: UTF8.self)
        let word = text.prefix { $0 != " " && $0 != "\t" }
        let rest = String(text[word.endIndex...].drop { $0 == " " || $0 == "\t" })
        // Words of more than three digits are time stamps of programs that admit a client for a while.
        if word.utf8.count == 3, let code = UInt16(word), (400..<600).contains(code) {
            let (status, explanation) = Self.status(in: rest, of: code / 100)
            self = .reply(code, status, explanation)
            return
        }
        switch word.uppercased() {
        case "OK": self = .ok
        case "DUNNO": self = .dunno
        case "REJECT": self = .reject(rest)
        case "DEFER": self = .defer(rest)
        case "DEFER_IF_PERMIT": self = .deferIfPermit(rest)
        case "DEFER_IF_REJECT": self = .deferIfReject(rest)
        case "WARN", "INFO": self = .note(rest)
        case "DISCARD", "HOLD", "FILTER", "REDIRECT", "BCC", "PREPEND": self = .notServed(word.uppercased())
        case _ where !word.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }: self = .ok
        default:
            let names = text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
            self = names.contains { Restriction(named: $0) == nil } ? .notServed(String(word)) : .restrictions(names)
        }
    }

    /// The enhanced status code that may lead a text, when it is of the reply's class (RFC 2034 §4).
    static func status(in text: String, of statusClass: UInt16) -> (EnhancedStatusCode?, String) {
        let word = text.prefix { $0 != " " && $0 != "\t" }
        let parts = word.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let first = UInt8(parts[0]), first == statusClass, let subject = UInt16(parts[1]),
            let detail = UInt16(parts[2]), subject < 1000, detail < 1000
        else { return (nil, text) }
        let rest = text[word.endIndex...].drop { $0 == " " || $0 == "\t" }
        return (EnhancedStatusCode(first, subject, detail), String(rest))
    }
}
