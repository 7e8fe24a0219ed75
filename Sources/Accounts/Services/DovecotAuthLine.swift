/// A line of Dovecot's auth protocol: fields between tabs, in which what would end them is escaped with 0x01.
struct DovecotAuthLine {
    static let escape: UInt8 = 0x01

    let fields: [[UInt8]]

    init(_ line: [UInt8]) {
        fields = line.split(separator: 0x09, omittingEmptySubsequences: false).map { Self.unescaped($0) }
    }

    var command: [UInt8] { fields.first ?? [] }

    func isCommand(_ name: String) -> Bool { command.elementsEqual(name.utf8) }

    func number(_ index: Int) -> UInt32? {
        guard fields.indices.contains(index) else { return nil }
        return UInt32(String(decoding: fields[index], as: UTF8.self))
    }

    /// The value of the first parameter of this name behind command and number; empty for one without a value.
    func parameter(_ name: String) -> [UInt8]? {
        let prefix = Array(name.utf8) + [UInt8(ascii: "=")]
        for field in fields.dropFirst(2) {
            if field.starts(with: prefix) { return Array(field.dropFirst(prefix.count)) }
            if field.elementsEqual(name.utf8) { return [] }
        }
        return nil
    }

    static func escaped(_ value: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in value {
            switch byte {
            case 0x00: result += [escape, UInt8(ascii: "0")]
            case escape: result += [escape, UInt8(ascii: "1")]
            case 0x09: result += [escape, UInt8(ascii: "t")]
            case 0x0D: result += [escape, UInt8(ascii: "r")]
            case 0x0A: result += [escape, UInt8(ascii: "n")]
            default: result.append(byte)
            }
        }
        return result
    }

    static func unescaped(_ value: some Sequence<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        var isEscaped = false
        for byte in value {
            guard isEscaped else {
                if byte == escape { isEscaped = true } else { result.append(byte) }
                continue
            }
            isEscaped = false
            switch byte {
            case UInt8(ascii: "0"): result.append(0)
            case UInt8(ascii: "1"): result.append(escape)
            case UInt8(ascii: "t"): result.append(0x09)
            case UInt8(ascii: "r"): result.append(0x0D)
            case UInt8(ascii: "n"): result.append(0x0A)
            default: result.append(byte)
            }
        }
        return result
    }
}
