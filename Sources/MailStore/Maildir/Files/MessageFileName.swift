import MailModel

/// A message's file name: `unique,S=bytes,W=bytes:2,flags` (dovecot.org's Maildir; cr.yp.to/proto/maildir.html).
struct MessageFileName: Hashable, Sendable {
    /// What identifies the message: all before the `:`.
    var base: [UInt8]
    /// The letters after `:2,`; nil when the name has no such part, as in `new/`.
    var letters: [UInt8]?

    init(base: [UInt8], letters: [UInt8]? = nil) {
        self.base = base
        self.letters = letters
    }

    init(_ name: [UInt8]) {
        guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else {
            self.init(base: name)
            return
        }
        let info = name[(colon + 1)...]
        // `:1,` is experimental and says nothing of flags; such a message has none.
        let isKnown = info.starts(with: [UInt8(ascii: "2"), UInt8(ascii: ",")])
        self.init(base: Array(name[..<colon]), letters: isKnown ? Array(info.dropFirst(2)) : [])
    }

    var bytes: [UInt8] {
        guard let letters else { return base }
        return base + Array(":2,".utf8) + letters
    }

    /// `,S=` and `,W=`: bytes in the file, and with CRLF line ends.
    var size: UInt64? { Self.field(UInt8(ascii: "S"), of: base) }
    var virtualSize: UInt64? { Self.field(UInt8(ascii: "W"), of: base) }

    static func field(_ letter: UInt8, of base: [UInt8]) -> UInt64? {
        var index = base.startIndex
        while index + 3 < base.endIndex {
            defer { index += 1 }
            guard base[index] == UInt8(ascii: ","), base[index + 1] == letter, base[index + 2] == UInt8(ascii: "=")
            else {
                continue
            }
            return Digits.parse(base[(index + 3)...].prefix { $0 != UInt8(ascii: ",") })
        }
        return nil
    }

    /// Whether a directory entry may be a message at all (the Maildir rules say to skip names with a leading dot).
    static func isMessage(_ name: [UInt8]) -> Bool {
        name.first != UInt8(ascii: ".") && !name.contains(0x0A)
    }
}

enum Digits {
    /// 1*20DIGIT within 64 bits.
    static func parse(_ bytes: some Collection<UInt8>) -> UInt64? {
        guard !bytes.isEmpty, bytes.count <= 20 else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            let (product, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !overflow, !carry else { return nil }
            value = sum
        }
        return value
    }

    static func append(_ value: UInt64, to output: inout [UInt8]) {
        var divisor: UInt64 = 1
        while value / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            output.append(0x30 + UInt8(truncatingIfNeeded: value / divisor % 10))
            divisor /= 10
        }
    }

    static func parse32(_ bytes: some Collection<UInt8>) -> UInt32? {
        parse(bytes).flatMap(UInt32.init(exactly:))
    }
}
