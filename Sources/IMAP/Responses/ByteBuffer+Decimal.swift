package import NIOCore

extension ByteBuffer {
    /// A number as FETCH has several of for each message: without a string in between.
    package mutating func writeDecimal(_ value: some FixedWidthInteger & UnsignedInteger) {
        // 18446744073709551615
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
            var start = digits.count
            var rest = UInt64(value)
            repeat {
                start -= 1
                digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            writeBytes(UnsafeRawBufferPointer(rebasing: digits[start...]))
        }
    }
}
