import PostroomTesting

/// Keys of every kind that a client could send or a table hand on: what quoting, folding, splitting and expansion could
/// get wrong. Without line ends and NUL, which no line of postmap's input can hold.
struct NastyKeys {
    private let vocabulary: DirectoryVocabulary
    private var random: PostroomTesting.SeededGenerator

    init(_ vocabulary: DirectoryVocabulary, seed: UInt64) {
        self.vocabulary = vocabulary
        random = PostroomTesting.SeededGenerator(seed: seed)
    }

    /// Each once.
    mutating func keys(_ count: Int) -> [[UInt8]] {
        var result: [[UInt8]] = Self.fixed.map { Array($0.utf8) }
        var seen = Set(result)
        var attempts = 0
        while result.count < count, attempts < count * 4 {
            attempts += 1
            let key = one()
            guard !key.contains(0), !key.contains(UInt8(ascii: "\n")), seen.insert(key).inserted else { continue }
            result.append(key)
        }
        return result
    }

    private static let fixed = [
        "", " ", "@", "@@", "a@", "@a", "*", "*@*", "%s", "%u@%d", "a,b", "\"\"@a.b", ".", "@.", "a@.", "a@b.", "a@.b",
        "a@b..c", "[127.0.0.1]", "a@[127.0.0.1]", "a@[IPv6:::1]", "postmaster", "MAILER-DAEMON@", "\\", "(", ")", "()",
        "\u{FEFF}a@b", "a\tb", "\r", "a@b\r", "\u{7F}", "ſtrange@ſ.example", "İstanbul@İ.example", "ΣΊΣΥΦΟΣ@σς.example",
    ]

    private static let insertions = [
        "*", "(", ")", "\\", "\"", "'", "+", "+ext", "@", "%", "%s", "%%", ",", ";", "=", "<", ">", "#", "/", "..", " ",
        "  ", "\t", "\r", "\u{1}", "\u{1B}", "\u{7F}", "\u{A0}", "ä", "Ä", "ß", "ẞ", "é", "e\u{301}", "ı", "İ", "ς",
        "\u{212A}",
        "\u{200B}", "日本", "\u{1F600}", "*)(uid=*", ")(|(uid=*", "\\2a", "\\", "\\00", "${x}", "`id`", "|", "&", "!",
        "~", "^",
    ]

    private mutating func one() -> [UInt8] {
        let address = pick(vocabulary.addresses)
        let (user, domain) = Self.split(address)
        switch Int.random(in: 0..<16, using: &random) {
        case 0: return Array(pick(vocabulary.values).utf8)
        case 1: return Array(pick(vocabulary.addresses).uppercased().utf8)
        case 2:
            return Array(
                address.map { Bool.random(using: &random) ? $0.uppercased() : $0.lowercased() }.joined().utf8)
        case 3: return Array("\(user)@\(pick(vocabulary.domains))".utf8)
        case 4: return Array("@\(domain)".utf8)
        case 5: return Array("\(user)@".utf8)
        case 6: return Array("\(user)+\(pick(Self.insertions))@\(domain)".utf8)
        case 7: return Array("\"\(user)\"@\(domain)".utf8)
        case 8: return Array((Bool.random(using: &random) ? " \(address)" : "\(address) ").utf8)
        case 9: return Array("\(user)@\(user)@\(domain)".utf8)
        case 10: return Array("\(user)@sub.\(domain)".utf8)
        case 11: return Array("\(user)@\(domain.replacing(".", with: ".."))".utf8)
        case 12: return random.mutate(Array(address.utf8))
        case 13:
            let letter = pick(["a", "Ä", "%", "*", "@", ".", " "])
            return Array((String(repeating: letter, count: Int.random(in: 200...3000, using: &random)) + address).utf8)
        case 14: return Array(pick(vocabulary.names).utf8)
        default:
            var bytes = Array((Bool.random(using: &random) ? address : pick(vocabulary.values)).utf8)
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                bytes.insert(
                    contentsOf: pick(Self.insertions).utf8, at: Int.random(in: 0...bytes.count, using: &random))
            }
            return bytes
        }
    }

    private static func split(_ address: String) -> (user: String, domain: String) {
        guard let at = address.lastIndex(of: "@") else { return (address, "") }
        return (String(address[..<at]), String(address[address.index(after: at)...]))
    }

    private mutating func pick(_ choices: [String]) -> String {
        choices.randomElement(using: &random) ?? ""
    }
}
