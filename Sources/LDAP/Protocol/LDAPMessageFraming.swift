public import NIOCore

extension LDAPMessage {
    /// 16 MiB.
    public static let defaultMaximumLength = 16 * 1024 * 1024

    /// How many bytes the message at the front of `bytes` has; nil if too few have come to tell. Known from the first two
    /// to six bytes, so that a message that is too long is refused before it is gathered.
    public static func length(
        atFrontOf bytes: UnsafeRawBufferPointer, maximum: Int = defaultMaximumLength
    ) throws(LDAPDecodingError) -> Int? {
        guard let tag = bytes.first else { return nil }
        guard tag == BERTag.sequence else { throw LDAPDecodingError(.notAMessage(tag: tag)) }
        guard bytes.count >= 2 else { return nil }
        let first = bytes[1]
        guard first >= 0x80 else { return try check(2 + Int(first), maximum) }
        guard first > 0x80 else { throw LDAPDecodingError(.indefiniteLength) }
        let octets = Int(first & 0x7F)
        var length: UInt64 = 0
        for index in 0..<octets {
            guard 2 + index < bytes.count else { return nil }
            guard length <= UInt64(Int32.max) >> 8 else { throw LDAPDecodingError(.lengthTooLarge) }
            length = length << 8 | UInt64(bytes[2 + index])
            _ = try check(Int(length), maximum)
        }
        return try check(2 + octets + Int(length), maximum)
    }

    private static func check(_ length: Int, _ maximum: Int) throws(LDAPDecodingError) -> Int {
        guard length <= maximum else { throw LDAPDecodingError(.messageTooLarge(maximum: maximum)) }
        return length
    }

    /// Takes one message off the front of `buffer`; nil if it has not come whole.
    public init?(
        from buffer: inout ByteBuffer, maximumLength: Int = defaultMaximumLength
    ) throws(LDAPDecodingError) {
        let result = buffer.withUnsafeReadableBytes { bytes -> Result<(LDAPMessage, Int)?, LDAPDecodingError> in
            do throws(LDAPDecodingError) {
                guard let length = try Self.length(atFrontOf: bytes, maximum: maximumLength), length <= bytes.count
                else { return .success(nil) }
                let message = try LDAPMessage(decoding: UnsafeRawBufferPointer(rebasing: bytes[..<length]))
                return .success((message, length))
            } catch {
                return .failure(error)
            }
        }
        guard let (message, length) = try result.get() else { return nil }
        buffer.moveReaderIndex(forwardBy: length)
        self = message
    }
}
