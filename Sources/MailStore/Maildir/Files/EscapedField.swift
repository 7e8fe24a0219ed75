/// Fields of lines as Dovecot writes them: 1 stands before what would end a field or a line.
enum EscapedField {
    static func escape(_ part: [UInt8]) -> [UInt8] {
        part.flatMap { byte -> [UInt8] in
            switch byte {
            case 0x00: [0x01, UInt8(ascii: "0")]
            case 0x01: [0x01, UInt8(ascii: "1")]
            case 0x09: [0x01, UInt8(ascii: "t")]
            case 0x0D: [0x01, UInt8(ascii: "r")]
            case 0x0A: [0x01, UInt8(ascii: "n")]
            default: [byte]
            }
        }
    }

    static func unescape(_ part: ArraySlice<UInt8>) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(part.count)
        var isEscaped = false
        for byte in part {
            if isEscaped {
                switch byte {
                case UInt8(ascii: "0"): output.append(0x00)
                case UInt8(ascii: "1"): output.append(0x01)
                case UInt8(ascii: "t"): output.append(0x09)
                case UInt8(ascii: "r"): output.append(0x0D)
                case UInt8(ascii: "n"): output.append(0x0A)
                default: output.append(byte)
                }
                isEscaped = false
            } else if byte == 0x01 {
                isEscaped = true
            } else {
                output.append(byte)
            }
        }
        return output
    }
}
