import MailModel

/// The header fields in which mail programs keep what is no part of a message: as Dovecot 2.3 and UW-IMAP read and write
/// them. Clients never see them.
struct MboxFields: Hashable, Sendable {
    /// `X-IMAPbase: UIDVALIDITY LASTUID keyword…` in the first message.
    struct Base: Hashable, Sendable {
        var uidValidity: UInt32
        var lastUID: UInt32
        var keywords: [[UInt8]]
    }

    var uid: UInt32?
    var base: Base?
    /// `X-IMAP` instead of `X-IMAPbase`: the message is UW-IMAP's "FOLDER INTERNAL DATA", and no mail.
    var isInternalData = false
    var flags: MessageFlags = []
    /// `O` in `Status`: some session has been shown the message.
    var isOld = false
    var keywords: [[UInt8]] = []
    var contentLength: UInt64?
    /// Letters of other programs, which stay.
    private var strangeStatus: [UInt8] = []
    private var strangeXStatus: [UInt8] = []

    init() {}

    enum Name: CaseIterable {
        case status, xStatus, uid, keywords, imap, imapBase, contentLength

        var text: String {
            switch self {
            case .status: "Status"
            case .xStatus: "X-Status"
            case .uid: "X-UID"
            case .keywords: "X-Keywords"
            case .imap: "X-IMAP"
            case .imapBase: "X-IMAPbase"
            case .contentLength: "Content-Length"
            }
        }

        /// The field that a header line begins; nil for a message's own.
        init?(_ line: some Collection<UInt8>) {
            guard let first = line.first, "SsXxCc".utf8.contains(first) else { return nil }
            var name = line.prefix(20).prefix { $0 != UInt8(ascii: ":") }[...]
            guard name.count < line.prefix(20).count else { return nil }
            while let last = name.suffix(1).first, last == 0x20 || last == 0x09 { name = name.dropLast() }
            guard let found = Self.allCases.first(where: { ASCII.equalIgnoringCase($0.text.utf8, name) }) else {
                return nil
            }
            self = found
        }
    }

    // MARK: Reading

    /// Mail from outside that lies first in an mbox may claim any last UID: one that leaves none is not believed.
    private static let highestBelievedUID: UInt32 = 0xF000_0000

    /// - Parameter value: what stands behind the colon, with its continuation lines.
    mutating func read(_ name: Name, _ value: ArraySlice<UInt8>) {
        let words = value.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
        switch name {
        case .status: strangeStatus += readLetters(words, Self.statusLetters)
        case .xStatus: strangeXStatus += readLetters(words, Self.xStatusLetters)
        case .uid:
            if uid == nil, words.count == 1, let value = Digits.parse32(words[0]), value > 0 { uid = value }
        case .keywords:
            for word in words where keywords.count < 4096 { keywords.append(Array(word)) }
        case .imap, .imapBase:
            guard base == nil, words.count >= 2, let validity = Digits.parse32(words[0]), validity > 0,
                let last = Digits.parse32(words[1]), last < Self.highestBelievedUID
            else { return }
            base = Base(uidValidity: validity, lastUID: last, keywords: words.dropFirst(2).prefix(4096).map(Array.init))
            isInternalData = name == .imap
        case .contentLength:
            if contentLength == nil, words.count == 1 { contentLength = Digits.parse(words[0]) }
        }
    }

    private static let statusLetters: [(UInt8, MessageFlags?)] = [(UInt8(ascii: "R"), .seen), (UInt8(ascii: "O"), nil)]
    private static let xStatusLetters: [(UInt8, MessageFlags?)] = [
        (UInt8(ascii: "A"), .answered), (UInt8(ascii: "F"), .flagged), (UInt8(ascii: "T"), .draft),
        (UInt8(ascii: "D"), .deleted),
    ]

    /// Returns the letters that mean nothing here.
    private mutating func readLetters(
        _ words: [ArraySlice<UInt8>], _ letters: [(UInt8, MessageFlags?)]
    ) -> [UInt8] {
        var strange: [UInt8] = []
        for letter in words.joined() {
            guard let known = letters.first(where: { $0.0 == letter }) else {
                if strange.count < 16, letter > 0x20, letter < 0x7F { strange.append(letter) }
                continue
            }
            if let flag = known.1 { flags.insert(flag) } else { isOld = true }
        }
        return strange
    }

    // MARK: Writing

    /// Room left for changes of flags and keywords to come, so that they need not move the rest of the file.
    static let padding = 64

    /// `header` (with its empty line, if it has one) with these fields in the place of those that it had.
    ///
    /// - Parameters:
    ///   - length: of the old header; a new one that fits is filled up to it with blanks, which Dovecot too takes for room. A
    ///     longer one gets new room.
    ///   - isCut: the header goes on behind `header`: its fields are written before the others.
    func rewriting(_ header: ArraySlice<UInt8>, length: Int? = nil, isCut: Bool = false) -> [UInt8] {
        var lines: [UInt8] = []
        var end: [UInt8] = []
        Self.forEachLine(header) { line, name in
            if line.first == 0x0A || line.starts(with: [0x0D, 0x0A]) {
                end = Array(line)
            } else if name == nil {
                lines += line
            }
        }
        if let last = lines.last, last != 0x0A { lines.append(0x0A) }
        let fixed = fieldsBeforeKeywords
        let keywordText = keywords.reduce(into: [UInt8]()) { $0 += [0x20] + $1 }
        let rest = end.isEmpty ? [] : contentLength.map { Array("Content-Length: \($0)\n".utf8) } ?? []
        let least = lines.count + fixed.count + rest.count + end.count
        let keywordLine = Array("X-Keywords:".utf8) + keywordText
        let needsLine = !keywords.isEmpty
        func joined(_ uidBlanks: Int, _ keywordBlanks: Int?) -> [UInt8] {
            var output = isCut ? fixed : lines + fixed
            if uidBlanks > 0, output.last == 0x0A {
                output.removeLast()
                output += [UInt8](repeating: 0x20, count: uidBlanks) + [0x0A]
            }
            if let keywordBlanks {
                output += keywordLine + [UInt8](repeating: 0x20, count: keywordBlanks) + [0x0A]
            }
            return output + rest + (isCut ? lines : end)
        }
        if let length {
            let withLine = least + keywordLine.count + 1
            if withLine <= length { return joined(0, length - withLine) }
            if !needsLine, least <= length { return joined(length - least, nil) }
        }
        return joined(0, Self.padding)
    }

    /// `X-UID` last: the blanks of a short filling stand behind it.
    private var fieldsBeforeKeywords: [UInt8] {
        var output: [UInt8] = []
        if let base {
            let digits = String(base.lastUID)
            let padded = String(repeating: "0", count: 10 - digits.count) + digits
            output += Array("\(isInternalData ? "X-IMAP" : "X-IMAPbase"): \(base.uidValidity) \(padded)".utf8)
            for keyword in base.keywords { output += [0x20] + keyword }
            output.append(0x0A)
        }
        let status =
            (flags.contains(.seen) ? [UInt8(ascii: "R")] : []) + (isOld ? [UInt8(ascii: "O")] : []) + strangeStatus
        if !status.isEmpty { output += Array("Status: ".utf8) + status + [0x0A] }
        let xStatus =
            Self.xStatusLetters.filter { $0.1.map { flags.contains($0) } ?? false }.map(\.0) + strangeXStatus
        if !xStatus.isEmpty { output += Array("X-Status: ".utf8) + xStatus + [0x0A] }
        if let uid { output += Array("X-UID: \(uid)\n".utf8) }
        return output
    }

    /// Header lines with their line ends; a continuation line belongs to the field before it.
    static func forEachLine(_ header: ArraySlice<UInt8>, _ body: (ArraySlice<UInt8>, Name?) -> Void) {
        var start = header.startIndex
        var name: Name?
        while start < header.endIndex {
            let end = header[start...].firstIndex(of: 0x0A).map { $0 + 1 } ?? header.endIndex
            let line = header[start..<end]
            let isContinuation = start > header.startIndex && (line.first == 0x20 || line.first == 0x09)
            if !isContinuation { name = Name(line) }
            body(line, name)
            start = end
        }
    }

    /// Whether a header ends with its empty line.
    static func hasEnd(_ header: [UInt8]) -> Bool {
        header == [0x0A] || header == [0x0D, 0x0A] || header.suffix(2) == [0x0A, 0x0A]
            || header.suffix(3) == [0x0A, 0x0D, 0x0A]
    }

    /// A header as clients and other mailboxes get it.
    static func removing(from header: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(header.count)
        forEachLine(header) { line, name in
            if name == nil { output += line }
        }
        return output
    }

    /// The fields of a header.
    init(_ header: ArraySlice<UInt8>) {
        var current: (name: Name, value: [UInt8])?
        var fields: [(Name, [UInt8])] = []
        Self.forEachLine(header) { line, name in
            if let name, line.first != 0x20, line.first != 0x09 {
                if let current { fields.append(current) }
                current = (name, Array(line.drop { $0 != UInt8(ascii: ":") }.dropFirst()))
            } else if name != nil, let length = current?.value.count, length < 1 << 16 {
                current?.value += line
            } else {
                if let current { fields.append(current) }
                current = nil
            }
        }
        if let current { fields.append(current) }
        for (name, value) in fields { read(name, value[...]) }
    }
}
