#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The character sets that text is searched in. Text of another one is searched as it stands.
package enum TextCharset: Hashable, Sendable {
    case utf8
    case latin1
    case windows1252
    case latin9
    /// One that iconv(3) converts, by its own name for it.
    case converted(StaticName)
    case unknown

    /// One of `convertible`: nothing that a message says reaches iconv.
    package struct StaticName: Hashable, Sendable {
        fileprivate let text: String
    }

    package init(_ name: [UInt8]) {
        switch String(decoding: ASCII.lowercased(name), as: UTF8.self) {
        case "utf-8", "utf8", "us-ascii", "ascii", "ansi_x3.4-1968", "": self = .utf8
        case "iso-8859-1", "latin1", "iso8859-1", "iso_8859-1": self = .latin1
        case "windows-1252", "cp1252": self = .windows1252
        case "iso-8859-15", "latin9", "iso8859-15": self = .latin9
        case let name: self = Self.convertible[name].map { .converted(StaticName(text: $0)) } ?? .unknown
        }
    }

    /// What mail is written in, by its names (IANA's, and those of programs), and the name that glibc has for it. Sets that
    /// switch between many others (ISO-2022-CN-EXT and its like) are left out: their converters have had grave faults.
    private static let convertible: [String: String] = {
        var names: [String: String] = [:]
        for part in [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16] {
            for prefix in ["iso-8859-", "iso8859-", "iso_8859-"] { names["\(prefix)\(part)"] = "ISO-8859-\(part)" }
        }
        names["iso-8859-8-i"] = "ISO-8859-8"
        for page in [1250, 1251, 1253, 1254, 1255, 1256, 1257, 1258] {
            names["windows-\(page)"] = "CP\(page)"
            names["cp\(page)"] = "CP\(page)"
        }
        for page in [437, 850, 852, 866, 874, 932, 936, 949, 950] { names["cp\(page)"] = "CP\(page)" }
        for name in ["koi8-r", "koi8-u", "gbk", "gb18030", "big5", "big5-hkscs", "euc-jp", "euc-kr", "tis-620"] {
            names[name] = name.uppercased()
        }
        names["gb2312"] = "GBK"
        for name in ["shift_jis", "shift-jis", "sjis", "windows-31j"] { names[name] = "CP932" }
        for name in ["iso-2022-jp", "iso-2022-kr", "utf-16", "utf-16be", "utf-16le", "utf-32"] {
            names[name] = name.uppercased()
        }
        names["ks_c_5601-1987"] = "CP949"
        names["utf-7"] = "UTF-7"
        return names
    }()

    /// Whether `utf8` changes nothing.
    var isSearchedAsItStands: Bool { self == .utf8 || self == .unknown }

    package func utf8(_ bytes: [UInt8]) -> [UInt8] {
        if isSearchedAsItStands { return bytes }
        if case .converted(let name) = self { return Self.convert(bytes, from: name.text) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count + bytes.count / 4)
        for byte in bytes {
            if byte < 0x80 {
                result.append(byte)
            } else {
                result.append(contentsOf: UTF8.encode(scalar(byte)) ?? UTF8.encodedReplacementCharacter)
            }
        }
        return result
    }

    /// With U+FFFD for what the set does not have; as it stands where the machine lacks the set.
    private static func convert(_ bytes: [UInt8], from name: String) -> [UInt8] {
        guard let descriptor = iconv_open("UTF-8", name), Int(bitPattern: descriptor) != -1 else { return bytes }
        defer { iconv_close(descriptor) }
        var input = bytes.map { CChar(bitPattern: $0) }
        var result: [UInt8] = []
        result.reserveCapacity(bytes.count * 2)
        var output = [CChar](repeating: 0, count: 4096)
        input.withUnsafeMutableBufferPointer { input in
            output.withUnsafeMutableBufferPointer { output in
                var source = input.baseAddress
                var left = input.count
                while left > 0 {
                    var target = output.baseAddress
                    var space = output.count
                    let before = left
                    let outcome = iconv(descriptor, &source, &left, &target, &space)
                    let problem = errno
                    result += output[..<(output.count - space)].map { UInt8(bitPattern: $0) }
                    // (size_t)-1
                    guard outcome == -1 else { break }
                    if problem == E2BIG, left < before || space < output.count { continue }
                    // A character that is none, or a broken one at the end.
                    result += [0xEF, 0xBF, 0xBD]
                    source = source?.advanced(by: 1)
                    left -= 1
                }
            }
        }
        return result
    }

    private func scalar(_ byte: UInt8) -> Unicode.Scalar {
        switch self {
        case .windows1252 where byte < 0xA0: Self.windows1252Scalars[Int(byte & 0x1F)]
        case .latin9: Self.latin9Scalars[byte] ?? Unicode.Scalar(byte)
        default: Unicode.Scalar(byte)
        }
    }

    private static let latin9Scalars: [UInt8: Unicode.Scalar] = [
        0xA4: "\u{20AC}", 0xA6: "\u{160}", 0xA8: "\u{161}", 0xB4: "\u{17D}", 0xB8: "\u{17E}", 0xBC: "\u{152}",
        0xBD: "\u{153}", 0xBE: "\u{178}",
    ]

    /// 0x80…0x9F; the five that are undefined stand for themselves.
    private static let windows1252Scalars: [Unicode.Scalar] = [
        "\u{20AC}", "\u{81}", "\u{201A}", "\u{192}", "\u{201E}", "\u{2026}", "\u{2020}", "\u{2021}", "\u{2C6}",
        "\u{2030}", "\u{160}", "\u{2039}", "\u{152}", "\u{8D}", "\u{17D}", "\u{8F}", "\u{90}", "\u{2018}", "\u{2019}",
        "\u{201C}", "\u{201D}", "\u{2022}", "\u{2013}", "\u{2014}", "\u{2DC}", "\u{2122}", "\u{161}", "\u{203A}",
        "\u{153}", "\u{9D}", "\u{17E}", "\u{178}",
    ]
}
