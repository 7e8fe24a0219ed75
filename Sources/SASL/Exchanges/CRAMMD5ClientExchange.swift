import Crypto

/// CRAM-MD5, RFC 2195 §2: the challenge, keyed with the password.
package struct CRAMMD5ClientExchange: ClientExchange {
    private var credentials: SASLPlainCredentials?

    package init(_ credentials: SASLPlainCredentials) {
        self.credentials = credentials
    }

    package var initialResponse: [UInt8]? { nil }

    package mutating func respond(to challenge: [UInt8]) -> [UInt8]? {
        guard let credentials else { return nil }
        self.credentials = nil
        let digest = HMAC<Insecure.MD5>.authenticationCode(
            for: challenge, using: SymmetricKey(data: credentials.password))
        return credentials.login + [UInt8(ascii: " ")] + Hexadecimal.lowercase(digest)
    }
}

extension CRAMMD5ClientExchange: CustomStringConvertible, CustomReflectable {
    package var description: String { "CRAM-MD5 exchange" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}

private enum Hexadecimal {
    static func lowercase(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    }
}
