/// The TXT record at `_mta-sts` that says that a domain has a policy (RFC 8461 §3.1).
package struct STSRecord: Hashable, Sendable {
    /// Changes whenever the policy does: 1 to 32 letters and digits.
    package let id: String

    /// Of all TXT records at the name: exactly one must begin as one of MTA-STS does, else there is no policy.
    package init?(among texts: [[UInt8]]) {
        let candidates = texts.filter { Self.isCandidate($0) }
        guard candidates.count == 1, let text = candidates.first else { return nil }
        self.init(text)
    }

    /// `v=STSv1; id=20160831085700Z;`
    package init?(_ text: [UInt8]) {
        guard text.count <= 4096, Self.isCandidate(text) else { return nil }
        var id: String?
        for field in text.split(separator: UInt8(ascii: ";")).dropFirst() {
            let field = field.trimmingBlanks
            guard field.starts(with: "id=".utf8) else { continue }
            let value = field.dropFirst(3)
            guard id == nil, (1...32).contains(value.count), value.allSatisfy(Self.isAlphanumeric) else { return nil }
            id = String(decoding: value, as: UTF8.self)
        }
        guard let id else { return nil }
        self.id = id
    }

    private static func isCandidate(_ text: [UInt8]) -> Bool {
        guard text.starts(with: "v=STSv1".utf8) else { return false }
        return text.dropFirst(7).trimmingBlanks.first == UInt8(ascii: ";")
    }

    static func isAlphanumeric(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"):
            true
        default: false
        }
    }
}

extension Collection<UInt8> where SubSequence == ArraySlice<UInt8> {
    /// Without spaces and tabs at either end.
    var trimmingBlanks: ArraySlice<UInt8> {
        let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
        var rest = drop(while: isBlank)
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }
}
