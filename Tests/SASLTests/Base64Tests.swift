import SASL
import Testing

struct Base64Tests {
    /// RFC 4648 §10.
    static let vectors: [(String, String)] = [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ]

    @Test(arguments: vectors)
    func `the vectors of RFC 4648 both ways`(bytes: String, text: String) {
        #expect(Base64.encode(Array(bytes.utf8)) == Array(text.utf8))
        #expect(Base64.decode(Array(text.utf8)) == Array(bytes.utf8))
    }

    @Test func `every octet survives at every alignment`() {
        for length in 0...260 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ length) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
        }
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Z===", "Zm8=Zm8=", "Zg==Zm9v", "Z=g=", "Zm9v\n", "Zm9v\r\n", " Zm9v",
        "Zm 9v",
        "Zm9-", "Zm9_", "Zm9v====", "Zm9vé",
        // Bits behind the last octet.
        "Zh==", "Zm9=",
    ])
    func `anything but canonical base 64 is refused`(text: String) {
        #expect(Base64.decode(Array(text.utf8)) == nil)
    }

    @Test func `the limit is on the octets of the result`() {
        #expect(Base64.decode(Array("Zm9vYg==".utf8), limit: 4) == Array("foob".utf8))
        #expect(Base64.decode(Array("Zm9vYmE=".utf8), limit: 4) == nil)
        #expect(Base64.decode(Array("Zm9vYmFy".utf8), limit: 4) == nil)
        #expect(Base64.decode([], limit: 0) == [])
    }
}
