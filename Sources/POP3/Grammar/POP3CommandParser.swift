import MailModel

/// Makes a command of a line (RFC 1939 §9, RFC 2449 §4).
package enum POP3CommandParser {
    //  command = keyword [SP parameters]; keywords in any case (RFC 1939 §3)
    package static func parse(_ line: [UInt8]) -> Result<POP3Command, POP3SyntaxError> {
        let keyword = line.prefix { $0 != 0x20 }
        let name = String(decoding: keyword.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }, as: UTF8.self)
        let rest = Array(line.dropFirst(keyword.count))
        do throws(POP3SyntaxError) {
            return .success(try command(name, rest))
        } catch {
            return .failure(error)
        }
    }

    /// - Parameter rest: what follows the keyword, its space included.
    private static func command(_ name: String, _ rest: [UInt8]) throws(POP3SyntaxError) -> POP3Command {
        // A password may begin and end with spaces: all behind the one that parts it belongs to it.
        if name == "PASS" {
            guard !rest.isEmpty else { throw .missingArgument }
            return .pass(Secret(rest.dropFirst()))
        }
        if name == "USER" {
            let login = trimmed(rest)
            guard !login.isEmpty else { throw .missingArgument }
            return .user(login)
        }
        let words = rest.split(separator: 0x20).map(Array.init)
        switch name {
        case "APOP":
            guard let digest = words.last, words.count >= 2 else { throw .missingArgument }
            let login = trimmed(Array(trimmed(rest).dropLast(digest.count)))
            return .apop(login: login, digest: digest)
        case "AUTH":
            guard words.count <= 2 else { throw .unexpectedArgument }
            return .auth(mechanism: words.first, initialResponse: words.dropFirst().first)
        case "LANG": return .lang(try optional(words))
        case "LIST": return .list(try optionalNumber(words))
        case "UIDL": return .uidl(try optionalNumber(words))
        case "DELE": return .dele(try number(words))
        case "RETR": return .retr(try number(words))
        case "TOP":
            guard words.count >= 2 else { throw .missingArgument }
            guard words.count == 2 else { throw .unexpectedArgument }
            return .top(try digits(words[0]), lines: try digits(words[1]))
        case "CAPA", "NOOP", "QUIT", "RSET", "STAT", "STLS", "UTF8":
            guard words.isEmpty else { throw .unexpectedArgument }
            return bare(name)
        default: throw .unknownCommand
        }
    }

    private static func bare(_ name: String) -> POP3Command {
        switch name {
        case "CAPA": .capa
        case "QUIT": .quit
        case "RSET": .rset
        case "STAT": .stat
        case "STLS": .stls
        case "UTF8": .utf8
        default: .noop
        }
    }

    private static func trimmed(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes.drop { $0 == 0x20 }
        while bytes.last == 0x20 { bytes.removeLast() }
        return Array(bytes)
    }

    private static func optional(_ words: [[UInt8]]) throws(POP3SyntaxError) -> [UInt8]? {
        guard words.count <= 1 else { throw .unexpectedArgument }
        return words.first
    }

    private static func optionalNumber(_ words: [[UInt8]]) throws(POP3SyntaxError) -> Int? {
        guard let word = try optional(words) else { return nil }
        return try digits(word)
    }

    private static func number(_ words: [[UInt8]]) throws(POP3SyntaxError) -> Int {
        guard let number = try optionalNumber(words) else { throw .missingArgument }
        return number
    }

    //  1*DIGIT. More than a mailbox can hold is as good as the most that can be written: there is no such message.
    private static func digits(_ word: [UInt8]) throws(POP3SyntaxError) -> Int {
        guard !word.isEmpty, word.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { throw .invalidNumber }
        var value = 0
        for digit in word { value = min(value * 10 + Int(digit - 0x30), maximumNumber) }
        return value
    }

    private static let maximumNumber = Int(UInt32.max)
}
