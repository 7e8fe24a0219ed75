/// A password as a directory or a file keeps it, taken apart: `[ "{" scheme [ "." encoding ] "}" ] data`.
///
/// Its description names the scheme and never the data.
package struct StoredPassword: Sendable, CustomStringConvertible, CustomReflectable {
    package enum Encoding: Hashable, Sendable {
        /// The scheme's own way.
        case usual
        case base64
        case hexadecimal
    }

    /// Upper case, as the value or the default names it; it need not be a scheme that is known here.
    package let schemeName: String
    package let encoding: Encoding
    package let data: [UInt8]

    package var scheme: PasswordScheme? { PasswordScheme(name: schemeName) }

    /// `defaultScheme` is for values that don't begin with a name in braces.
    package init(_ value: [UInt8], defaultScheme: PasswordScheme) {
        // As Dovecot, MD5-crypt needs no name whatever the default is, and what follows its hash does not count.
        let fields = value.split(
            separator: UInt8(ascii: "$"), maxSplits: 4, omittingEmptySubsequences: false)
        if fields.count >= 4, fields[0].isEmpty, fields[1].elementsEqual("1".utf8) {
            self.schemeName = PasswordScheme.md5Crypt.rawValue
            self.encoding = .usual
            self.data = Array(value[..<fields[3].endIndex])
            return
        }
        guard value.first == UInt8(ascii: "{"), let end = value.firstIndex(of: UInt8(ascii: "}")), end > 1 else {
            self.schemeName = defaultScheme.rawValue
            self.encoding = .usual
            self.data = value
            return
        }
        let name = value[1..<end]
        self.data = Array(value[(end + 1)...])
        // A password that merely begins with a brace must not be taken for a name and then be shown.
        guard name.count <= 32, name.allSatisfy(Self.isNameByte) else {
            self.schemeName = "?"
            self.encoding = .usual
            return
        }
        let parts = String(decoding: name, as: UTF8.self).uppercased()
            .split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        switch parts.count == 2 ? parts[1] : nil {
        case nil:
            self.schemeName = String(parts[0])
            self.encoding = .usual
        case "B64", "BASE64":
            self.schemeName = String(parts[0])
            self.encoding = .base64
        case "HEX":
            self.schemeName = String(parts[0])
            self.encoding = .hexadecimal
        default:
            self.schemeName = parts.joined(separator: ".")
            self.encoding = .usual
        }
    }

    package var description: String { "{\(schemeName)}(hidden)" }
    package var customMirror: Mirror { Mirror(self, children: []) }

    /// The password itself, where it is stored as it is.
    package var plainText: [UInt8]? { scheme == .plain ? decoded : nil }

    /// The data behind a `.b64` or `.hex` suffix undone; nil when it is not in that encoding.
    var decoded: [UInt8]? {
        switch encoding {
        case .usual: data
        case .base64: DigestEncoding.decodeBase64(data)
        case .hexadecimal: DigestEncoding.decodeHexadecimal(data)
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"): true
        default: false
        }
    }
}
