import MailModel

/// Joins the letters of file names to the bits of `MessageFlags`. Bits keep their meaning as long as the folder is open,
/// whatever happens to the letters: a session compares flags of an older view with those of a newer one.
struct KeywordTable: Sendable {
    private(set) var file = KeywordFile()
    /// What a view shows: a keyword's place is its bit.
    private(set) var names: [String] = []
    /// By letter: the bit's place.
    private var places = [Int?](repeating: nil, count: KeywordFile.maximumCount)

    /// Another one when letters mean something else than before.
    private(set) var version: UInt64 = 0

    mutating func update(_ file: KeywordFile) {
        if file != self.file { version += 1 }
        self.file = file
        for (letter, name) in file.names.enumerated() {
            places[letter] = name.flatMap { place(of: $0) }
        }
    }

    private mutating func place(of name: String) -> Int? {
        if let place = names.firstIndex(where: { ASCII.equalIgnoringCase($0.utf8, name.utf8) }) { return place }
        guard names.count < MessageFlags.maximumKeywords else { return nil }
        names.append(name)
        return names.count - 1
    }

    /// The flags that a file name's letters stand for.
    func flags(_ letters: [UInt8]) -> MessageFlags {
        var flags: MessageFlags = []
        for letter in letters {
            switch letter {
            case UInt8(ascii: "D"): flags.insert(.draft)
            case UInt8(ascii: "F"): flags.insert(.flagged)
            case UInt8(ascii: "P"): flags.insert(.passed)
            case UInt8(ascii: "R"): flags.insert(.answered)
            case UInt8(ascii: "S"): flags.insert(.seen)
            case UInt8(ascii: "T"): flags.insert(.deleted)
            case UInt8(ascii: "a")...UInt8(ascii: "z"):
                let place = places[Int(letter - UInt8(ascii: "a"))]
                if let flag = place.flatMap(MessageFlags.keyword) { flags.insert(flag) }
            default: break
            }
        }
        return flags
    }

    private static let system: [(MessageFlags, UInt8)] = [
        (.draft, UInt8(ascii: "D")), (.flagged, UInt8(ascii: "F")), (.passed, UInt8(ascii: "P")),
        (.answered, UInt8(ascii: "R")), (.seen, UInt8(ascii: "S")), (.deleted, UInt8(ascii: "T")),
    ]

    /// The letters for `flags`, sorted. Letters of `old` that mean nothing here are another program's and stay.
    func letters(_ flags: MessageFlags, keeping old: [UInt8] = []) -> [UInt8] {
        var letters = Self.system.filter { flags.contains($0.0) }.map(\.1)
        for index in flags.keywordIndexes where index < names.count {
            if let letter = file.letter(of: names[index]) { letters.append(letter) }
        }
        for letter in old where self.flags([letter]).isEmpty && !letters.contains(letter) { letters.append(letter) }
        return letters.sorted()
    }

    /// The flags of these keywords, which get a letter where they have none. True when the file must be written.
    mutating func add(_ keywords: [String]) throws(MailboxFailure) -> (flags: MessageFlags, isChanged: Bool) {
        var flags: MessageFlags = []
        var file = self.file
        var isChanged = false
        for keyword in keywords {
            guard !keyword.isEmpty, !keyword.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7F }) else {
                throw MailboxFailure(.notPermitted, "keyword \(keyword.debugDescription) can't be kept")
            }
            if file.letter(of: keyword) == nil {
                _ = try file.add(keyword)
                isChanged = true
            }
        }
        if isChanged { update(file) }
        for keyword in keywords {
            if let flag = place(of: keyword).flatMap(MessageFlags.keyword) { flags.insert(flag) }
        }
        return (flags, isChanged)
    }

    /// Flags whose bits stand for `names` as this table has them; nil when one of the keywords is not known.
    func translated(_ flags: MessageFlags, _ names: [String]) -> MessageFlags? {
        var result = flags.intersection(MessageFlags.system.union(.passed))
        for index in flags.keywordIndexes {
            guard index < names.count else { return nil }
            let flag = known([names[index]])
            guard !flag.isEmpty else { return nil }
            result.formUnion(flag)
        }
        return result
    }

    /// The flags of these keywords as far as the folder knows them.
    func known(_ keywords: [String]) -> MessageFlags {
        var flags: MessageFlags = []
        for keyword in keywords {
            let place = names.firstIndex { ASCII.equalIgnoringCase($0.utf8, keyword.utf8) }
            if let flag = place.flatMap(MessageFlags.keyword) { flags.insert(flag) }
        }
        return flags
    }
}
