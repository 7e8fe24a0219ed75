import Crypto

/// Makes fingerprints of secrets that are worth nothing outside this process: keyed with random octets that are never
/// written anywhere.
package struct FingerprintKey: Sendable, CustomStringConvertible {
    package struct Fingerprint: Hashable, Sendable {
        private let octets: [UInt8]

        fileprivate init(_ octets: [UInt8]) {
            self.octets = octets
        }
    }

    private let key = SymmetricKey(size: .bits256)

    package init() {}

    /// One fingerprint of all fields together; where one ends and the next begins is part of it.
    package func fingerprint(_ fields: [[UInt8]]) -> Fingerprint {
        var code = HMAC<SHA256>(key: key)
        for field in fields {
            withUnsafeBytes(of: UInt64(field.count).littleEndian) { Self.update(&code, $0) }
            field.withUnsafeBytes { Self.update(&code, $0) }
        }
        return Fingerprint(Array(code.finalize()))
    }

    package var description: String { "(fingerprint key)" }

    private static func update(_ code: inout HMAC<SHA256>, _ bytes: UnsafeRawBufferPointer) {
        code.update(data: bytes)
    }
}
