import MailModel

/// The name of a message's file: `base[,S=size][,W=size][:2,FLAGS]` (maildir(5), Dovecot's size fields).
///
/// The base, size fields included, is what identifies the message; flags come and go by renaming.
struct MaildirFileName: Hashable, Sendable {
    /// The whole name, as it stands in the folder.
    let bytes: [UInt8]
    /// How many of them are the base.
    private let baseCount: Int

    /// Nil for what is no message: an empty name, one that begins with a dot, or one that holds a slash or a control.
    init?(_ bytes: [UInt8]) {
        guard let first = bytes.first, first != UInt8(ascii: "."), bytes.count <= 255 else { return nil }
        for byte in bytes where byte < 0x20 || byte == UInt8(ascii: "/") || byte == 0x7F { return nil }
        self.bytes = bytes
        baseCount = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.count
        guard baseCount > 0 else { return nil }
    }

    init(base: [UInt8], flags: [UInt8]) {
        bytes = base + Array(":2,".utf8) + flags
        baseCount = base.count
    }

    var base: ArraySlice<UInt8> { bytes[..<baseCount] }

    /// The letters behind `:2,`; empty where there are none, or another version of the suffix.
    var flagLetters: ArraySlice<UInt8> {
        let suffix = bytes[baseCount...]
        guard suffix.starts(with: ":2,".utf8) else { return [] }
        // A comma ends the letters; what some programs put behind it is theirs.
        return suffix.dropFirst(3).prefix { $0 != UInt8(ascii: ",") }
    }

    /// `,S=`: bytes of the file.
    var size: UInt64? { field(UInt8(ascii: "S")) }
    /// `,W=`: bytes with CRLF line ends, what IMAP calls RFC822.SIZE.
    var virtualSize: UInt64? { field(UInt8(ascii: "W")) }

    private func field(_ letter: UInt8) -> UInt64? {
        for part in base.split(separator: UInt8(ascii: ",")).dropFirst() where part.count > 2 {
            guard part[part.startIndex] == letter, part[part.startIndex + 1] == UInt8(ascii: "=") else { continue }
            return Decimal.parse(part.dropFirst(2))
        }
        return nil
    }

    /// Where the message stands among others that have no UID yet: seconds, then the microseconds behind `M`, if any.
    var arrival: (seconds: UInt64, microseconds: UInt64) {
        let parts = base.split(separator: UInt8(ascii: "."), maxSplits: 2)
        let seconds = parts.first.flatMap { Decimal.parse($0) } ?? 0
        let digits = parts.count > 1 ? parts[1].drop { $0 != UInt8(ascii: "M") }.dropFirst().prefix { $0.isDigit } : []
        return (seconds, Decimal.parse(digits) ?? 0)
    }
}

/// Decimal numbers in bytes, with no trap on what does not fit.
enum Decimal {
    static func parse(_ digits: some Collection<UInt8>) -> UInt64? {
        guard !digits.isEmpty, digits.count <= 20 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard digit.isDigit else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(digit - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }
}

extension UInt8 {
    var isDigit: Bool { self >= 0x30 && self <= 0x39 }
}
