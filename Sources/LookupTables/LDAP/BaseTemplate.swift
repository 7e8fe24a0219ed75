/// A `search_base`: what a key holds enters it as octets of a value, escaped as RFC 4514 §2.4 has it.
struct BaseTemplate: Sendable {
    let template: TableTemplate

    init(_ text: [UInt8]) throws(TableFault) {
        template = try TableTemplate(text, parameter: "search_base")
    }

    /// Whether the base is the same for every key, so that its absence is the setting's fault and not an answer.
    var isFixed: Bool { template.fields.isEmpty }

    func filled(_ key: KeyParts) -> String {
        let bytes = template.expanded { field in Self.escaped(key.query(field)) }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func escaped(_ value: ArraySlice<UInt8>) -> [UInt8] {
        var result: [UInt8] = []
        for byte in value {
            if byte <= 0x20 || byte == 0x7F || specials.contains(byte) {
                result.append(UInt8(ascii: "\\"))
                result.append(digits[Int(byte >> 4)])
                result.append(digits[Int(byte & 15)])
            } else {
                result.append(byte)
            }
        }
        return result
    }

    private static let digits = Array("0123456789ABCDEF".utf8)
    private static let specials = Array("\"#+,;<>\\".utf8)
}
