import PostroomServer
import PostroomTesting
import Testing

/// Tables as main.cf names them, nested, in braces, with blanks: what Postroom makes of the words is what Postfix makes.
@Suite struct SpecificationDifferentialTests {
    private static let files = [
        "plain": """
        # text of the compiled tables too
        alice@example.org   bob@example.org
        Carol@Example.ORG   carol@example.net, dave@example.net
        bob@example.org
            one,
            two
        "quoted key"@example.org   quoted
        @example.net   everybody@example.org
        key%one   100%
        jürgen@example.org   Jürgen

        """,
        "patterns": """
        # first match counts
        /^(alice|bob)@(.*)$/   $1 at ${2}
        if /example\\.net$/
        !/^dave/   not-dave
        /^dave/    dave
        endif
        /^CASE@/i  flagged
        /\\(/       parenthesis

        """,
        "networks": """
        127.0.0.0/8   loopback
        if 192.0.2.0/24
        !192.0.2.128/25   lower
        192.0.2.128/25    upper
        endif
        2001:db8::/32     documentation
        ::1               six

        """,
    ]

    private static let specifications = [
        "texthash:%FOLDER%/plain", "hash:%FOLDER%/plain", "btree:%FOLDER%/tree", "cdb:%FOLDER%/plain",
        "regexp:%FOLDER%/patterns", "pcre:%FOLDER%/patterns", "cidr:%FOLDER%/networks", "static:plain",
        "static:{two words}", "static:{ blanks at both ends }", "inline:{alice@example.org=bob@example.org}",

        "inline:{{alice@example.org = two words}, bob@example.org=z}",
        "inline:{ {ALICE@example.org = Upper Case}, { Carol@Example.org=c } }", "inline:{{a=b=c}, {@=at}, {*=star}}",
        "unionmap:{texthash:%FOLDER%/plain, inline:{alice@example.org=x, bob@example.org=y}}",
        "unionmap:{static:one, unionmap:{inline:{alice@example.org=1}, static:{b c}}, static:two}",
        "pipemap:{texthash:%FOLDER%/plain, inline:{bob@example.org=carol@example.org, x=y}}",
        "pipemap:{inline:{alice@example.org=bob@example.org}, unionmap:{inline:{bob@example.org=c}, static:x}}",
        "pipemap:{static:nobody, inline:{nobody=somebody}}", "pipemap:{pipemap:{static:a, static:b}, inline:{b=c}}",
        "regexp:{{/^alice@(.*)/ at $1}, {!/example/ elsewhere}}", "pcre:{{/(?<=a)lice@/ behind}, {/^bob\\@/x bob}}",
        "cidr:{{127.0.0.0/8 OK}, {2001:db8::/32 six words}}", "randmap:{only}", "fail:always",
        "unionmap:{static:a, fail:b}", "pipemap:{fail:b, static:a}", "unionmap:{regexp:%FOLDER%/patterns, static:{s}}",
    ]

    @Test func `given tables in main.cf's own notation, when both are asked, then the answers are the same`()
        async throws
    {
        let compiled = Self.specifications.filter { word in ["hash:", "btree:", "cdb:"].contains { word.hasPrefix($0) }
        }
        let site = try await ComparedSite.open(
            tables: Self.specifications, settings: "alias_database =",
            files: Self.files.merging(["tree": Self.files["plain"] ?? ""]) { $1 }, compiled: compiled)
        let vocabulary = try DirectoryVocabulary(.dmsLDAP)
        let own = [
            "alice@example.org", "ALICE@EXAMPLE.ORG", "bob@example.org", "carol@example.org", "dave@example.net",
            "erik@example.net", "\"quoted key\"@example.org", "@example.net", "key%one", "case@x", "CASE@x", "a", "b",
            "*",
            "nobody", "127.0.0.1", "127.1", "192.0.2.1", "192.0.2.200", "192.0.2.0/24", "2001:db8::1", "2001:DB8::1",
            "::1",
            "[::1]", "jürgen@example.org", "JÜRGEN@example.org", "JÜRGEN@EXAMPLE.ORG",
        ]
        for (number, word) in Self.specifications.enumerated() {
            var nasty = NastyKeys(vocabulary, seed: UInt64(7000 + number))
            var seen: Set<[UInt8]> = []
            let keys = (own.map { Array($0.utf8) } + nasty.keys(200)).filter { seen.insert($0).inserted }
            let name = word.replacing("%FOLDER%", with: site.postfix.folder.path)
            // A POSIX pattern that could take long is not tried on a long key; no SMTP address is longer than these.
            // Neither these nor randmap keep a key that is no UTF-8 from being looked up, as Postfix does for every type.
            let isBounded = word.contains("regexp:") || word.contains("randmap:")
            let compared = try await site.compare(
                name,
                keys: isBounded ? keys.filter { $0.count <= 320 && String(validating: $0, as: UTF8.self) != nil } : keys
            )
            #expect(compared > 0)
        }
        await site.site.close()
    }
}
