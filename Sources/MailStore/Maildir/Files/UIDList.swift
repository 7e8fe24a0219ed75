import MailModel

/// `dovecot-uidlist`, version 3: which file is which UID.
///
///     3 V1795224813 N3 G83720626edf4006b0b5e000083ecc375
///     1 :1795224813.M637916P24075.vm,S=30,W=34
///     2 W34 :1795224813.M684647P24080.vm
///
/// The header's `N` may be behind the records: lines are appended without touching it.
struct UIDList: Hashable, Sendable {
    struct Record: Hashable, Sendable {
        var uid: UInt32
        /// `W`, `S`, `G`, `P`, `O` and whatever else another program wrote, as it stands there.
        var fields: [[UInt8]]
        /// The file name without `:2,flags`.
        var base: [UInt8]

        var virtualSize: UInt64? {
            fields.first { $0.first == UInt8(ascii: "W") }.flatMap { Digits.parse($0.dropFirst()) }
        }
    }

    var uidValidity: UInt32
    var nextUID: UInt32
    /// 32 hexadecimal digits: the mailbox's own identity.
    var guid: [UInt8]
    /// Other fields of the header.
    var headerFields: [[UInt8]]
    /// Ascending by UID.
    var records: [Record]
    /// Whether a line may be appended to the file that this was read from.
    var isAppendable: Bool

    /// A new, empty list.
    init(uidValidity: UInt32, nextUID: UInt32 = 1) {
        self.uidValidity = uidValidity
        self.nextUID = nextUID
        self.guid = Self.newGUID()
        self.headerFields = []
        self.records = []
        self.isAppendable = false
    }

    private static func newGUID() -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return (0..<32).compactMap { _ in digits.randomElement() }
    }

    /// Nil for a file that can't be trusted: no header, UIDs that do not ascend, no UIDVALIDITY.
    init?(parsing file: [UInt8]) {
        guard let headerEnd = file.firstIndex(of: 0x0A), let header = Self.header(file[..<headerEnd]) else {
            return nil
        }
        self = header.list
        var start = headerEnd + 1
        var last: UInt32 = 0
        while start < file.count, let end = file[start...].firstIndex(of: 0x0A) {
            let line = file[start..<end]
            start = end + 1
            guard let record = header.version == 1 ? Self.oldRecord(line) : Self.record(line), record.uid > last else {
                return nil
            }
            last = record.uid
            records.append(record)
        }
        guard last < .max else { return nil }
        nextUID = max(nextUID, last + 1)
        isAppendable = header.version == 3
        if start < file.count {
            // The last line was cut off in writing; its UID may have been seen by somebody.
            isAppendable = false
            nextUID = nextUID.addingReportingOverflow(16).overflow ? nextUID : nextUID + 16
        }
    }

    private static func header(_ line: ArraySlice<UInt8>) -> (list: UIDList, version: Int)? {
        var words = line.split(separator: 0x20).map(Array.init)[...]
        switch words.popFirst() {
        case [UInt8(ascii: "3")]:
            var list = UIDList(uidValidity: 0)
            for word in words {
                switch word.first {
                case UInt8(ascii: "V"): list.uidValidity = Digits.parse32(word.dropFirst()) ?? 0
                case UInt8(ascii: "N"): list.nextUID = Digits.parse32(word.dropFirst()) ?? 0
                case UInt8(ascii: "G"): list.guid = Array(word.dropFirst())
                default: list.headerFields.append(word)
                }
            }
            return list.uidValidity > 0 && list.nextUID > 0 ? (list, 3) : nil
        case [UInt8(ascii: "1")]:
            // `1 uidvalidity nextuid`: Dovecot 1.0 and Courier.
            let numbers = words.compactMap { Digits.parse32($0) }
            guard numbers.count == 2, numbers[0] > 0, numbers[1] > 0 else { return nil }
            return (UIDList(uidValidity: numbers[0], nextUID: numbers[1]), 1)
        default:
            return nil
        }
    }

    private static func record(_ line: ArraySlice<UInt8>) -> Record? {
        // Fields have no colon before the one that begins the file name, except inside a value: it stands after a space.
        guard let space = line.firstIndex(of: 0x20), let uid = Digits.parse32(line[..<space]), uid > 0 else {
            return nil
        }
        var fields: [[UInt8]] = []
        var start = space + 1
        while start < line.endIndex {
            if line[start] == UInt8(ascii: ":") {
                let base = line[(start + 1)...].prefix { $0 != UInt8(ascii: ":") }
                return base.isEmpty ? nil : Record(uid: uid, fields: fields, base: Array(base))
            }
            let end = line[start...].firstIndex(of: 0x20) ?? line.endIndex
            if end > start { fields.append(Array(line[start..<end])) }
            start = end + 1
        }
        return nil
    }

    private static func oldRecord(_ line: ArraySlice<UInt8>) -> Record? {
        guard let space = line.firstIndex(of: 0x20), let uid = Digits.parse32(line[..<space]), uid > 0 else {
            return nil
        }
        let base = line[(space + 1)...].prefix { $0 != UInt8(ascii: ":") }
        return base.isEmpty ? nil : Record(uid: uid, fields: [], base: Array(base))
    }

    /// The whole file.
    var bytes: [UInt8] {
        var output = Array("3 V\(uidValidity) N\(nextUID) G".utf8) + guid
        for field in headerFields { output += [0x20] + field }
        output.append(0x0A)
        output.reserveCapacity(output.count + records.count * 72)
        for record in records { Self.append(record, to: &output) }
        return output
    }

    static func append(_ record: Record, to output: inout [UInt8]) {
        output += String(record.uid).utf8
        for field in record.fields {
            output.append(0x20)
            output += field
        }
        output.append(0x20)
        output.append(UInt8(ascii: ":"))
        output += record.base
        output.append(0x0A)
    }
}
