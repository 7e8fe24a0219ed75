import NIOCore

/// Writes BER elements with the shortest definite lengths. A length is reserved as one byte and its content moved when it
/// needs more, which most elements of LDAP don't.
struct BERWriter {
    private(set) var buffer: ByteBuffer

    init(_ buffer: ByteBuffer) {
        self.buffer = buffer
    }

    mutating func element(_ tag: UInt8, _ content: (inout BERWriter) -> Void) {
        buffer.writeInteger(tag)
        let position = buffer.writerIndex
        buffer.writeInteger(UInt8(0))
        content(&self)
        let length = buffer.writerIndex - position - 1
        guard length >= 0x80 else {
            buffer.setInteger(UInt8(length), at: position)
            return
        }
        let extra = Self.lengthOctets(length)
        buffer.writeRepeatingByte(0, count: extra)
        buffer.withVeryUnsafeMutableBytes { bytes in
            guard let base = bytes.baseAddress, position + 1 + extra + length <= bytes.count else { return }
            let content = base + position + 1
            (content + extra).copyMemory(from: content, byteCount: length)
        }
        setLength(length, octets: extra, at: position)
    }

    private mutating func setLength(_ length: Int, octets: Int, at position: Int) {
        buffer.setInteger(0x80 | UInt8(octets), at: position)
        for octet in 0..<octets {
            buffer.setInteger(
                UInt8(truncatingIfNeeded: length >> (8 * (octets - 1 - octet))), at: position + 1 + octet)
        }
    }

    private static func lengthOctets(_ length: Int) -> Int {
        (Int.bitWidth - length.leadingZeroBitCount + 7) / 8
    }

    private mutating func header(_ tag: UInt8, length: Int) {
        buffer.writeInteger(tag)
        guard length >= 0x80 else {
            buffer.writeInteger(UInt8(length))
            return
        }
        let octets = Self.lengthOctets(length)
        let position = buffer.writerIndex
        buffer.writeRepeatingByte(0, count: 1 + octets)
        setLength(length, octets: octets, at: position)
    }

    mutating func octets(_ value: [UInt8], tag: UInt8 = BERTag.octetString) {
        header(tag, length: value.count)
        buffer.writeBytes(value)
    }

    mutating func text(_ value: String, tag: UInt8 = BERTag.octetString) {
        header(tag, length: value.utf8.count)
        buffer.writeString(value)
    }

    mutating func boolean(_ value: Bool, tag: UInt8 = BERTag.boolean) {
        header(tag, length: 1)
        buffer.writeInteger(value ? UInt8(0xFF) : 0)
    }

    mutating func integer(_ value: Int, tag: UInt8 = BERTag.integer) {
        var count = 1
        while count < 8, value >> (8 * count - 1) != 0, value >> (8 * count - 1) != -1 { count += 1 }
        header(tag, length: count)
        for octet in (0..<count).reversed() {
            buffer.writeInteger(UInt8(truncatingIfNeeded: value >> (8 * octet)))
        }
    }

    mutating func null(tag: UInt8) {
        header(tag, length: 0)
    }
}
