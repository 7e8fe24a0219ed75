import Accounts
import Directory
import PostroomTesting
import Testing

/// What variables give: in a running Dovecot, and here.
struct DovecotTemplateTests {
    static let users = [
        "bob", "Bob.Smith@Example.ORG", "a@b@c", "12", "007", "ü@é.example", "q'\"\\s", "x y", "@", "a@", "@b", "-3",
        "abcdefghijklmnopqrstuvwxyz0123456789@sub.sub.example.org", "%u", "*", "b;b",
    ]

    static var variables: [String] {
        [
            "user", "username", "domain", "domain_first", "domain_last", "service", "orig_user", "orig_username",
            "orig_domain",
            "auth_user", "auth_username", "auth_domain", "login_user", "login_username", "login_domain", "master_user",
        ].map { "%{\($0)}" } + [
            "%%", "%%u", "%s", "a%ub%nc%dd", "%L{user}", "%3{user}", "%-2.1L{username}", "%U{domain}",
        ]
    }

    static var digests: [String] {
        let names = ["md5", "sha1", "sha256", "sha384", "sha512"]
        let options = [
            "", ";rounds=1", ";rounds=3", ";truncate=1", ";truncate=7", ";truncate=8", ";truncate=12", ";truncate=31",
            ";truncate=32", ";truncate=33", ";truncate=100", ";format=base64", ";format=hexuc", ";format=hex",
            ";salt=ab", ";salt=ab,rounds=4", ";rounds=2,truncate=20,format=base64,salt=x",
        ]
        return names.flatMap { name in options.map { "%{\(name)\($0):user}" } }
            + [
                "%{sha256:username}", "%{md5;rounds=2:domain}", "%L{sha1;format=base64:user}", "%4{md5:user}",
                "%2.3{md5:user}",
            ]
    }

    static var conditions: [String] {
        // Dovecot gives up the whole lookup when what these compare is no number.
        let numeric = ["==", "!=", "<", "<=", ">", ">="]
        let numbers = [("12", "7"), ("7", "12"), ("7", "7"), ("007", "7"), ("0", "9223372036854775807")]
        let words = ["eq", "ne", "lt", "le", "gt", "ge", "*", "!*"]
        let texts = [("%n", "bob"), ("%n", "12"), ("%u", "*b*"), ("%d", ""), ("%u", "%n"), ("7", "%n"), ("%n", "?o?")]
        return numeric.flatMap { word in numbers.map { "%{if;\($0.0);\(word);\($0.1);%u;no}" } }
            + words.flatMap { word in texts.map { "%{if;\($0.0);\(word);\($0.1);%u;no}" } }
            + [
                "%{if;%n;eq;b\\;b;y\\;s;n\\:o}", "%{if;%{username};eq;bob;%{domain};%Lu}",
                "%{if;%{if;%n;eq;bob;1;2};==;1;one;two}", "%{if;%n;eq;bob;;x}", "%2{if;%n;eq;bob;yes;nono}",
                "%U{if;%n;eq;bob;yes;no}",
            ]
    }

    /// Widths, offsets and modifiers thrown together.
    static func slices(using generator: inout SeededGenerator) -> [String] {
        var templates = [
            "%Lu", "%Uu", "%Eu", "%Xu", "%Ru", "%Tu", "%Mu", "%Du", "%Hu", "%Nu", "%Hn", "%Nd", "%2.256Nu", "%2.256Hu",
            "%4Hu", "%4Nu", "%03.8Hu", "%-2.3Hu", "%05u", "%2u", "%-2u", "%2.3u", "%-4.2u", "%1.2u", "%02u", "%0.2Mu",
            "%20u", "%020u", "%0.020u", "%LHu", "%HLu", "%MRu", "%RMu", "%DLd", "%1000Hu", "%8.4294967296Nn",
        ]
        templates.removeAll { $0.contains("4294967296") }
        let modifiers = Array("LUERTMDXHN").map { String($0) }
        for _ in 0..<120 {
            let offset = ["", "", "1.", "2.", "-3.", "0.", "30."].randomElement(using: &generator) ?? ""
            let width = ["1", "2", "3", "5", "02", "016", "256", "40"].randomElement(using: &generator) ?? ""
            let slice = Int.random(in: 0..<3, using: &generator) == 0 ? "" : offset + width
            let some = (0..<Int.random(in: 0...2, using: &generator)).map { _ in
                modifiers.randomElement(using: &generator) ?? ""
            }
            templates.append("%\(slice)\(some.joined())\(["u", "n", "d"].randomElement(using: &generator) ?? "u")")
        }
        return templates
    }

    @Test func `variables, modifiers, digests and conditions give what Dovecot's give`() async throws {
        var generator = SeededGenerator(seed: 13)
        let templates = Self.variables + Self.digests + Self.conditions + Self.slices(using: &generator)
        let fields = templates.enumerated().map { "x\($0.offset)=\($0.element)" }.joined(separator: " ")
        let mapping = try AttributeMapping(assignments: fields)
        let theirs = try await DovecotAuth.withServer { _ in
            """
            auth_username_chars =
            auth_username_format =
            passdb {
              driver = static
              args = password=pw
            }
            userdb {
              driver = static
              args = allow_all_users=yes uid=5000 gid=5000 home=/h \(fields)
            }
            """
        } _: { dovecot in
            try await dovecot.users(Self.users.map { Array($0.utf8) })
        }
        var differences: [String] = []
        for (user, answer) in zip(Self.users, theirs) {
            guard case .found(_, let values) = answer else {
                differences.append("\(user): \(answer)")
                continue
            }
            var variables = LoginVariables(user: Array(user.utf8), service: "doveadm")
            let ours = mapping.evaluate(.person("", []), &variables)
            for (index, template) in templates.enumerated() {
                let theirs = values["x\(index)"] ?? []
                let mine = ours["x\(index)"] ?? []
                if theirs != mine {
                    differences.append(
                        "\(template) of \(user): ours \(String(decoding: mine, as: UTF8.self)), Dovecot's \(String(decoding: theirs, as: UTF8.self))"
                    )
                }
            }
        }
        #expect(differences.isEmpty, "\(differences.count):\n\(differences.prefix(60).joined(separator: "\n"))")
    }
}
