import Directory
import LookupTables
import PostroomTesting
import Testing

@Suite struct PatternConformanceTests {
    private static let letters = Array("abzAB.@+")

    private static func word(_ generator: inout SeededGenerator, _ lengths: ClosedRange<Int>) -> String {
        String(
            (0..<Int.random(in: lengths, using: &generator)).map { _ in
                letters.randomElement(using: &generator) ?? "a"
            })
    }

    private static let patterns = [
        "^a", "b$", "(a)(b)?", "^([^@]+)@(.*)$", "a.b", "(a|b)+@", "[[:alpha:]]{2,3}", "[]a]", "", "(", "a**", "x y",
        "\\/", "(a(b(z)?)?)", "^$", "[^.@]+$", "z{2}",
    ]
    private static let results = [
        "plain text", "$1", "${1}-x", "$(2)$1", "a$$b", "$", "$x", "${1", "$9", "", "[$2]", "$0", "${ 1 }", "$1x",
        "$$1",
    ]

    /// A table of random rules, many of them malformed, with random nesting.
    private static func table(_ generator: inout SeededGenerator, flags: [String]) -> String {
        (0..<Int.random(in: 1...12, using: &generator)).map { _ in
            let negation = ["", "", "", "!", "!!", "! "].randomElement(using: &generator) ?? ""
            let delimiter = ["/", "/", "/", "~", ","].randomElement(using: &generator) ?? "/"
            let pattern = patterns.randomElement(using: &generator) ?? ""
            let flag = flags.randomElement(using: &generator) ?? ""
            let rule = "\(negation)\(delimiter)\(pattern)\(delimiter)\(flag)"
            switch Int.random(in: 0..<10, using: &generator) {
            case 0, 1: return "if \(rule)\n"
            case 2, 3: return "ENDIF\n"
            case 4: return "# comment\n\(rule)\n  continued $1\n"
            case 5: return "garbage \(rule)\n"
            default: return "\(rule) \(results.randomElement(using: &generator) ?? "")\n"
            }
        }.joined()
    }

    @Test(arguments: 0..<40)
    func `given random regexp rules, every key has postmap's answer`(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let folder = try TemporaryFolder()
        let text = Self.table(&generator, flags: ["", "", "i", "x", "m", "ix", "q", "!/b/"])
        let file = try folder.write(text, to: "table")
        let keys = (0..<40).map { _ in Self.word(&generator, 1...8) }
        let table = try RegexpTable(contents: bytes(text), file: file)
        try await Postmap.compare(table, with: "regexp:\(file)", keys: keys, in: folder)
    }

    @Test(arguments: 0..<40)
    func `given random pcre rules, every key has postmap's answer`(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(1000 + seed))
        let folder = try TemporaryFolder()
        let text = Self.table(&generator, flags: ["", "", "i", "x", "m", "s", "A", "E", "U", "X", "iU", "q"])
        let file = try folder.write(text, to: "table")
        let keys = (0..<40).map { _ in Self.word(&generator, 1...8) } + ["é", "日本"]
        let table = try PCRETable(contents: bytes(text), file: file)
        try await Postmap.compare(table, with: "pcre:\(file)", keys: keys, in: folder)
    }

    @Test(arguments: 0..<40)
    func `given random networks, every address has postmap's answer`(seed: Int) async throws {
        var generator = SeededGenerator(seed: UInt64(2000 + seed))
        let folder = try TemporaryFolder()
        let networks = [
            "10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "0.0.0.0/0", "::/0", "2001:db8::/32", "[2001:db8::1]",
            "[10.0.0.0]/7",
            "[10.0.0.0/9]", "10.0.0.1/8", "10.0.0.0/33", "fe80::/10", "fe80::1", "10.0.0", "::ffff:10.1.2.3",
            "10.0.0.0/",
            "[10.0.0.0", "[10.0.0.0]x", "10.0.0.0/+8", "2001:db8::/129", "10.0.0.0/08",
        ]
        let text = (0..<Int.random(in: 1...12, using: &generator)).map { number -> String in
            let negation = ["", "", "", "!", "!!", "! "].randomElement(using: &generator) ?? ""
            let network = negation + (networks.randomElement(using: &generator) ?? "")
            switch Int.random(in: 0..<8, using: &generator) {
            case 0, 1: return "if \(network)\n"
            case 2: return "endif\n"
            case 3: return "\(network)\n"
            default: return "\(network) value \(number)\n"
            }
        }.joined()
        let file = try folder.write(text, to: "table")
        let keys = [
            "10.1.2.3", "10.2.0.1", "11.0.0.1", "192.0.2.1", "::1", "2001:db8::1", "2001:DB8::2", "fe80::1", "febf::2",
            "::ffff:10.1.2.3", "10.1", "name", "010.1.2.3", "10.1.2.3 ", "1", "example.org",
        ]
        let table = CIDRTable(contents: bytes(text), file: file)
        try await Postmap.compare(table, with: "cidr:\(file)", keys: keys, in: folder)
    }

    @Test(arguments: [
        "{ {/^(A)/ $1-x}, {if /b/}, {/c/ two words}, {endif} }", "{{/a/ b}}",
    ])
    func `given rules in the parameter itself, they are read as postmap reads them`(name: String) async throws {
        let folder = try TemporaryFolder()
        let keys = ["Ax", "ax", "bc", "c", "b"]
        let regexp = try #require(try RegexpTable(inline: name.utf8))
        try await Postmap.compare(regexp, with: "regexp:\(name)", keys: keys, in: folder)
        let pcre = try #require(try PCRETable(inline: name.utf8))
        try await Postmap.compare(pcre, with: "pcre:\(name)", keys: keys, in: folder)
    }
}
