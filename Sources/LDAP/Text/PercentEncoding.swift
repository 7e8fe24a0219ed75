/// RFC 3986 §2.1.
enum PercentEncoding {
    /// nil when a `%` is not followed by two hexadecimal digits.
    static func decode(_ text: some Sequence<UInt8>) -> [UInt8]? {
        var scanner = TextScanner(Array(text))
        var bytes: [UInt8] = []
        while let byte = scanner.current {
            scanner.advance()
            if byte == UInt8(ascii: "%") {
                guard let octet = scanner.takeHexPair() else { return nil }
                bytes.append(octet)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }

    /// Everything but unreserved characters and those in `allowed` is written as `%` and two digits.
    static func encode(_ text: some Sequence<UInt8>, allowed: String) -> String {
        var encoded: [UInt8] = []
        for byte in text {
            if byte.isASCIILetter || byte.isASCIIDigit || "-._~".utf8.contains(byte) || allowed.utf8.contains(byte) {
                encoded.append(byte)
            } else {
                encoded.append(UInt8(ascii: "%"))
                byte.appendHex(to: &encoded)
            }
        }
        return String(decoding: encoded, as: UTF8.self)
    }
}
