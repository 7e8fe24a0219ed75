/// objectid = 1*255(ALPHA / DIGIT / "_" / "-") (RFC 8474 §7): a letter for what it identifies, and the store's own identity.
enum ObjectID {
    /// For a store whose mailboxes have no identity.
    static let unknown = "F0"

    static func mailbox(_ identity: [UInt8]) -> String? { make("F", identity) }
    static func message(_ identity: [UInt8]) -> String? { make("M", identity) }
    static func thread(_ identity: [UInt8]) -> String? { make("T", identity) }

    private static func make(_ prefix: String, _ identity: [UInt8]) -> String? {
        guard !identity.isEmpty, identity.count <= 120 else { return nil }
        let isPlain = identity.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"), UInt8(ascii: "-"): true
            default: false
            }
        }
        if isPlain { return prefix + String(decoding: identity, as: UTF8.self) }
        return prefix + identity.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
