import MailModel

/// What an access table says of a client, a sender or a recipient (access(5)).
enum AccessAction: Sendable {
    case ok
    case dunno
    case reject(String)
    case `defer`(String)
    case deferIfPermit(String)
    case deferIfReject(String)
    /// `450 4.7.1 text`, `550 text`.
    case reply(UInt16, EnhancedStatusCode?, String)
    /// `WARN`, `INFO`: for the log.
    case note(String, String)
    case discard(String)
    case redirect(EmailAddress)
    case blindCopy(EmailAddress)
    case prepend(ComposedHeaderField)
    case hold(String)
    /// `FILTER transport:nexthop`.
    case filter(transport: String, nextHop: String)
    /// Restrictions, to be tried in this place.
    case restrictions([Restriction])
    /// An action that this server doesn't have. Never passed over: what it was meant to stop would get through.
    case notServed(String)

    init(_ value: [UInt8], classes: [String: RestrictionList] = [:]) {
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
        case "WARN", "INFO": self = .note(word.uppercased(), rest)
        case "DISCARD": self = .discard(rest)
        case "REDIRECT":
            // smtpd(8) passes over what is none, with a warning.
            self = EmailAddress(rest).map { .redirect($0) } ?? .note("REDIRECT", "not an address: \(rest)")
        case "BCC": self = EmailAddress(rest).map { .blindCopy($0) } ?? .note("BCC", "not an address: \(rest)")
        case "PREPEND":
            self = Self.headerField(rest).map { .prepend($0) } ?? .note("PREPEND", "not a header field: \(rest)")
        case "HOLD": self = .hold(rest)
        case "FILTER":
            // smtpd(8) passes over a value without a colon, with a warning.
            let parts = rest.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            self =
                parts.count == 2
                ? .filter(transport: String(parts[0]), nextHop: String(parts[1]))
                : .note("FILTER", "not transport:destination: \(rest)")
        case _ where !word.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }: self = .ok
        default:
            let names = text.split { $0 == " " || $0 == "," || $0 == "\t" }.map(String.init)
            self = Self.restrictions(names[...], classes).map { .restrictions($0) } ?? .notServed(String(word))
        }
    }

    /// Names of restrictions and of classes, `warn_if_reject` before one; nil when one of them is neither.
    private static func restrictions(
        _ names: ArraySlice<String>, _ classes: [String: RestrictionList]
    ) -> [Restriction]? {
        var result: [Restriction] = []
        var isWarning = false
        var rest = names
        while var name = rest.popFirst() {
            if name.lowercased() == "warn_if_reject" {
                isWarning = true
                continue
            }
            if Restriction.takesDNSList(name), let list = rest.popFirst() { name += " " + list }
            guard let found = classes[name]?.restrictions ?? Restriction(named: name).map({ [$0] }) else { return nil }
            result += isWarning ? found.map { .warnIfReject($0) } : found
            isWarning = false
        }
        return isWarning || result.isEmpty ? nil : result
    }

    /// `X-Spam: yes`
    private static func headerField(_ text: String) -> ComposedHeaderField? {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let value = text[text.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
        return ComposedHeaderField(named: String(text[..<colon]), [HeaderValue(replacingControls: String(value))])
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
