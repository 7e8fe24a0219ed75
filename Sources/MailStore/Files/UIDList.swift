import MailModel

/// `dovecot-uidlist`: which file has which UID (version 3; version 1, which is also Courier's, is read).
///
/// Fields that we have no use for are kept as they are: the file belongs to Dovecot as much as to us.
struct UIDList: Sendable {
    struct Record: Hashable, Sendable {
        var uid: UInt32
        /// ` W123 S45 G…`, as written, with the space before each; empty when there are none.
        var fields: [UInt8]
        /// The base of the file's name.
        var base: [UInt8]
    }

    var uidValidity: UInt32
    /// The next UID, whatever the header said: above every record.
    var uidNext: UInt32
    /// Header fields but `V` and `N`, each with the space before it: ` G83720626…`.
    var headerFields: [UInt8]
    /// In ascending order of UID.
    var records: [Record]

    /// A list beyond this is damaged or not one.
    static let maximumSize = 256 << 20

    init(uidValidity: UInt32, uidNext: UInt32 = 1, headerFields: [UInt8] = [], records: [Record] = []) {
        self.uidValidity = uidValidity
        self.uidNext = uidNext
        self.headerFields = headerFields
        self.records = records
    }

    /// Nil when the list is damaged: a header that can't be read, UIDs that do not rise.
    init?(_ bytes: [UInt8]) {
        var lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false).makeIterator()
        guard let header = lines.next() else { return nil }
        let words = header.split(separator: 0x20)
        guard let version = words.first.flatMap({ Decimal.parse($0) }) else { return nil }
        var validity: UInt32?
        var next: UInt32 = 1
        var extra: [UInt8] = []
        switch version {
        case 3:
            for word in words.dropFirst() {
                let number = Decimal.parse(word.dropFirst()).flatMap { UInt32(exactly: $0) }
                switch word.first {
                case UInt8(ascii: "V"): validity = number
                case UInt8(ascii: "N"):
                    guard let number else { return nil }
                    next = number
                default: extra += [0x20] + word
                }
            }
        case 1:
            // `1 UIDVALIDITY NEXTUID`
            guard words.count >= 3 else { return nil }
            validity = Decimal.parse(words[1]).flatMap { UInt32(exactly: $0) }
            next = Decimal.parse(words[2]).flatMap { UInt32(exactly: $0) } ?? 1
        default: return nil
        }
        guard let validity, validity > 0 else { return nil }
        self.init(uidValidity: validity, uidNext: max(next, 1), headerFields: extra)

        var previous: UInt32 = 0
        while let line = lines.next() {
            guard !line.isEmpty else { continue }
            guard let record = Self.record(line, version: version) else {
                // A last line without its end is one that a crash cut off; anywhere else the list is damaged.
                if lines.next() == nil { break }
                return nil
            }
            guard record.uid > previous else { return nil }
            previous = record.uid
            records.append(record)
        }
        guard previous < .max else { return nil }
        uidNext = max(uidNext, previous + 1)
    }

    private static func record(_ line: ArraySlice<UInt8>, version: UInt64) -> Record? {
        guard let space = line.firstIndex(of: 0x20),
            let uid = Decimal.parse(line[..<space]).flatMap({ UInt32(exactly: $0) }), uid > 0
        else { return nil }
        let rest = line[(space + 1)...]
        guard version == 3 else { return Record(uid: uid, fields: [], base: base(rest)) }
        if rest.first == UInt8(ascii: ":") { return Record(uid: uid, fields: [], base: base(rest.dropFirst())) }
        var index = rest.startIndex
        while index + 1 < rest.endIndex {
            if rest[index] == 0x20, rest[index + 1] == UInt8(ascii: ":") {
                return Record(uid: uid, fields: [0x20] + rest[..<index], base: base(rest[(index + 2)...]))
            }
            index += 1
        }
        return nil
    }

    /// Old lists have the flags behind the name.
    private static func base(_ name: ArraySlice<UInt8>) -> [UInt8] {
        Array(name.prefix { $0 != UInt8(ascii: ":") })
    }

    /// The whole file.
    var bytes: [UInt8] {
        var result = Array("3 V\(uidValidity) N\(uidNext)".utf8) + headerFields + [0x0A]
        result.reserveCapacity(result.count + records.count * 64)
        for record in records { result += Self.line(record) }
        return result
    }

    /// One line, its end included.
    static func line(_ record: Record) -> [UInt8] {
        Array(String(record.uid).utf8) + record.fields + Array(" :".utf8) + record.base + [0x0A]
    }
}
