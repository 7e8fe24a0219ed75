/// The first word of a command.
enum SMTPVerb: Hashable, Sendable {
    case helo, ehlo, lhlo
    case mail, rcpt, data, bdat
    case rset, noop, quit, help
    case vrfy, expn, etrn
    case startTLS, auth
    /// What no mail client ever says: another protocol ended up here, perhaps on purpose (a browser sent to this port).
    case foreign
    case unknown

    init(_ word: UnsafeRawBufferPointer) {
        guard let first = word.first, word.count <= 8 else {
            self = .unknown
            return
        }
        guard (0x41...0x5A).contains(first & 0xDF) else {
            self = .foreign
            return
        }
        var packed: UInt64 = 0
        for byte in word { packed = packed << 8 | UInt64(byte >= 0x61 && byte <= 0x7A ? byte & 0xDF : byte) }
        self = Self.byName[packed] ?? .unknown
    }

    private static let byName: [UInt64: SMTPVerb] = {
        let names: [String: SMTPVerb] = [
            "HELO": .helo, "EHLO": .ehlo, "LHLO": .lhlo, "MAIL": .mail, "RCPT": .rcpt, "DATA": .data, "BDAT": .bdat,
            "RSET": .rset, "NOOP": .noop, "QUIT": .quit, "HELP": .help, "VRFY": .vrfy, "EXPN": .expn, "ETRN": .etrn,
            "STARTTLS": .startTLS, "AUTH": .auth, "GET": .foreign, "HEAD": .foreign, "POST": .foreign, "PUT": .foreign,
            "CONNECT": .foreign, "OPTIONS": .foreign,
        ]
        var byName: [UInt64: SMTPVerb] = [:]
        for (name, verb) in names { byName[name.utf8.reduce(0) { $0 << 8 | UInt64($1) }] = verb }
        return byName
    }()
}
