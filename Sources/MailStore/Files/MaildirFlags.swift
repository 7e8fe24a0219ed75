import MailModel

/// Flags as letters of a file name: upper case for the system's, `a` to `z` for the first 26 keywords of the folder.
enum MaildirFlags {
    private static let letters: [(letter: UInt8, flag: MessageFlags)] = [
        (UInt8(ascii: "D"), .draft), (UInt8(ascii: "F"), .flagged), (UInt8(ascii: "P"), .passed),
        (UInt8(ascii: "R"), .answered), (UInt8(ascii: "S"), .seen), (UInt8(ascii: "T"), .deleted),
    ]

    /// How many keywords file names can hold.
    static let maximumKeywords = 26

    static func flags(of letters: some Sequence<UInt8>) -> MessageFlags {
        var result: MessageFlags = []
        for letter in letters {
            if let flag = Self.letters.first(where: { $0.letter == letter })?.flag {
                result.insert(flag)
            } else if letter >= UInt8(ascii: "a"), letter <= UInt8(ascii: "z"),
                let keyword = MessageFlags.keyword(Int(letter - UInt8(ascii: "a")))
            {
                result.insert(keyword)
            }
        }
        return result
    }

    /// Sorted as ASCII, as maildir(5) asks. Letters in `unknown` that mean nothing to us are kept.
    static func letters(of flags: MessageFlags, keeping unknown: some Sequence<UInt8> = []) -> [UInt8] {
        var result = letters.filter { flags.contains($0.flag) }.map(\.letter)
        for index in flags.keywordIndexes where index < maximumKeywords {
            result.append(UInt8(ascii: "a") + UInt8(index))
        }
        for letter in unknown where Self.flags(of: [letter]).isEmpty && !result.contains(letter) { result.append(letter) }
        return result.sorted()
    }
}
