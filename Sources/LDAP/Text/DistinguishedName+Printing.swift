extension DistinguishedName: CustomStringConvertible {
    /// The string form of RFC 4514. Parsing it gives an equal name.
    public var description: String {
        rdns.map(\.description).joined(separator: ",")
    }
}

extension RelativeDistinguishedName: CustomStringConvertible {
    public var description: String {
        assertions.map(\.description).joined(separator: "+")
    }
}

extension RelativeDistinguishedName.AttributeTypeAndValue: CustomStringConvertible {
    public var description: String {
        var text = Array(type.spelling.utf8)
        text.append(UInt8(ascii: "="))
        let isUTF8 = String(validating: value, as: UTF8.self) != nil
        for (index, byte) in value.enumerated() {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "+"), UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "<"),
                UInt8(ascii: ">"), UInt8(ascii: "\\"),
                UInt8(ascii: "#") where index == 0,
                UInt8(ascii: " ") where index == 0 || index == value.count - 1:
                text.append(UInt8(ascii: "\\"))
                text.append(byte)
            case 0..<0x20, 0x7F,
                0x80... where !isUTF8:
                text.append(UInt8(ascii: "\\"))
                byte.appendHex(to: &text)
            default:
                text.append(byte)
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
