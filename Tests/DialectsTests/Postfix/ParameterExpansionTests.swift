import Dialects
import Directory
import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct ParameterExpansionTests {
    private func configuration(_ text: String) -> (MainConfiguration, [ConfigurationFault]) {
        var main = MainConfiguration(machineName: "mail.example.com")
        var faults: [ConfigurationFault] = []
        main.read(
            SourceText(path: "/etc/postfix/main.cf", contents: Array(text.utf8), hostPath: "/etc/postfix/main.cf"),
            faults: &faults)
        return (main, faults)
    }

    @Test(arguments: [
        ("myorigin = $mydomain", "example.com"),
        ("myorigin = x${relayhost?y}${relayhost:z}", "xz"),
        ("myorigin = ${ mail_name ? {a} : {b} }", "a"),
        ("myorigin = $(mail_name?x:y})", "x:y}"),
        ("myorigin = ${{3.6} <level {3.10} ? {yes} : {no}}", "yes"),
        ("myorigin = ${{10} < {9} ? {a} : {b}}${{b} > {a} ? {c}}", "bc"),
        ("myorigin = ${{x} == {y} ? z : w}", ""),
        ("myorigin = $$mydomain", "$mydomain"),
        ("a = $$x\nmyorigin = $a ${{$a} == {$$x} ? {z$a}}", "$x z$x"),
        ("compatibility_level = 3.6\nmyorigin = $append_dot_mydomain", "no"),
        ("myorigin = $append_dot_mydomain", "yes"),
    ])
    func `given an expression, when its value is asked for, then it is Postfix's`(_ text: String, _ value: String)
        throws
    {
        #expect(try configuration(text).0.value("myorigin") == value)
    }

    @Test(arguments: [
        "myorigin = x$", "myorigin = ${x", "myorigin = ${}", "myorigin = ${mail_name!}",
        "a = $b\nb = $a\nmyorigin = $a",
        "myorigin = ${{1} foo {2} ? {a}}", "myorigin = ${{3.x} <level {4}}", "myorigin = ${mail_name?{x}y}",
    ])
    func `given an expression that Postfix refuses, when its value is asked for, then it is a fault`(_ text: String) {
        #expect(throws: (any Error).self) { try configuration(text).0.value("myorigin") }
    }

    @Test func `given parameters that double each other, when they are expanded, then the size is bounded`() {
        let text = (1...60).map { "a\($0) = $a\($0 - 1)$a\($0 - 1)\n" }.joined() + "a0 = xxxxxxxx\nmyorigin = $a60\n"
        #expect(throws: (any Error).self) { try configuration(text).0.value("myorigin") }
    }

    @Test func `given braces nested a hundred thousand deep, when they are expanded, then it is a fault`() {
        let deep = String(repeating: "${a?{", count: 100_000) + String(repeating: "}}", count: 100_000)
        #expect(throws: (any Error).self) { try configuration("a = 1\nmyorigin = \(deep)").0.value("myorigin") }
        let compared = String(repeating: "${{", count: 50_000) + "a" + String(repeating: "} == {a}}", count: 50_000)
        #expect(throws: (any Error).self) { try configuration("myorigin = \(compared)").0.value("myorigin") }
    }

    @Test func `given lines that are no parameters, when main.cf is read, then each is a fault at its line`() {
        let (main, faults) = configuration(
            "  relayhost = a\nmyorigin\n= x\nmydomain = a\nmydomain = b\n# c\nmyhostname = m.\n x\n")
        #expect(
            faults.map { "\($0.location.line ?? 0) \($0.severity.rawValue)" } == [
                "1 warning", "2 error", "3 error", "5 warning",
            ])
        #expect(!main.isSet("relayhost"))
        #expect((try? main.value("mydomain")) == "b")
        #expect((try? main.value("myhostname")) == "m. x")
    }

    private static let names = [
        "myorigin", "relayhost", "default_transport", "content_filter", "home_mailbox", "always_bcc",
        "smtp_helo_name", "canonical_maps", "transport_maps", "relocated_maps", "smtpd_banner",
        "sender_bcc_maps", "recipient_bcc_maps", "smtp_generic_maps", "fallback_transport", "mailbox_transport",
        "sender_canonical_maps", "recipient_canonical_maps", "virtual_mailbox_base", "relay_recipient_maps",
        "smtp_header_checks", "body_checks", "header_checks", "smtpd_milters", "non_smtpd_milters", "virtual_gid_maps",
        "virtual_uid_maps", "smtp_sasl_password_maps", "smtp_tls_policy_maps", "masquerade_domains", "relay_transport",
    ]
    private static let beginning =
        "myhostname = mx.example.net\nu1 = one\nu2 =\nu3 = $u1 ${u2:two}\nu4 = 10\nu5 = $$u1\n"

    /// What `postconf -x` shows of parameters; nil when it refuses one of them.
    private static func postconf(
        _ text: String, _ names: [String], _ folder: TemporaryFolder, _ number: Int
    ) async throws -> [String]? {
        let path = folder.path("\(number)")
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try text.write(toFile: path + "/main.cf", atomically: true, encoding: .utf8)
        try "".write(toFile: path + "/master.cf", atomically: true, encoding: .utf8)
        let command = ["/usr/sbin/postconf", "-c", path, "-xh"] + names
        guard let output = try? await ChildProcess.run(command, in: folder) else { return nil }
        var lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines.filter { !$0.contains("postconf: ") }.map(Expressions.squeezed)
    }

    /// Hundreds of random expressions against `postconf -x`.
    @Test func `given random nested expressions, when they are expanded, then postconf says the same`() async throws {
        var random = SeededGenerator(seed: 31)
        let folder = try TemporaryFolder()
        var texts: [String] = []
        for _ in 0..<8 {
            var text = Self.beginning
            for name in Self.names { text += "\(name) = v\(Expressions.expression(&random, depth: 3))w\n" }
            texts.append(text)
        }
        try await withThrowingTaskGroup(of: (String, [String]?).self) { group in
            for (number, text) in texts.enumerated() {
                group.addTask { (text, try await Self.postconf(text, Self.names, folder, number)) }
            }
            for try await (text, lines) in group {
                let (main, faults) = configuration(text)
                #expect(faults == [])
                #expect(try Self.names.map { Expressions.squeezed(try main.value($0)) } == lines, "\(text)")
            }
        }
    }

    /// Expressions with a character lost or added: Postfix refuses what we refuse, and means the same by the rest.
    @Test func `given damaged expressions, when they are expanded, then postconf refuses the same ones`() async throws {
        var random = SeededGenerator(seed: 77)
        let folder = try TemporaryFolder()
        var texts: [String] = []
        for _ in 0..<60 {
            var bytes = Array(Expressions.expression(&random, depth: 2).utf8)
            if let index = bytes.indices.randomElement(using: &random) {
                if Bool.random(using: &random) {
                    bytes.remove(at: index)
                } else {
                    bytes.insert(Array("${}:?=<x ".utf8).randomElement(using: &random) ?? 0, at: index)
                }
            }
            texts.append(Self.beginning + "myorigin = v\(String(decoding: bytes, as: UTF8.self))w\n")
        }
        try await withThrowingTaskGroup(of: (String, [String]?).self) { group in
            for (number, text) in texts.enumerated() {
                group.addTask { (text, try await Self.postconf(text, ["myorigin"], folder, number)) }
            }
            for try await (text, lines) in group {
                let ours = (try? configuration(text).0.value("myorigin")).map { [Expressions.squeezed($0)] }
                #expect(ours == lines, "\(text)")
            }
        }
    }
}

private enum Expressions {
    static func expression(_ random: inout SeededGenerator, depth: Int) -> String {
        (0...Int.random(in: 0...2, using: &random)).map { _ in part(&random, depth: depth) }.joined()
    }

    private static func part(_ random: inout SeededGenerator, depth: Int) -> String {
        let name =
            ["u1", "u2", "u3", "u4", "u5", "none", "mail_name", "mydomain", "recipient_delimiter"]
            .randomElement(using: &random) ?? "u1"
        let literal = ["a", "b c", "10", "9", "x:y", "", "1.2"].randomElement(using: &random) ?? "a"
        guard depth > 0 else { return literal }
        func inner() -> String { expression(&random, depth: depth - 1) }
        switch Int.random(in: 0..<11, using: &random) {
        case 0: return literal
        case 1: return "${\(name)}"
        case 2: return "$(\(name))"
        case 3: return "$\(name)-"
        case 4: return "$$"
        case 5: return "${\(name)?{\(inner())}}"
        case 6: return "${\(name):{\(inner())}}"
        case 7: return "${ \(name) ? {\(inner())} : {\(inner())} }"
        case 8: return "${\(name)?\(literal)}"
        case 9:
            let sign = ["==", "!=", "<", "<=", ">=", ">"].randomElement(using: &random) ?? "=="
            return "${{\(inner())} \(sign) {\(inner())} ? {\(inner())} : {\(inner())}}"
        default:
            let sign =
                ["==level", "!=level", "<level", "<=level", ">=level", ">level"].randomElement(using: &random) ?? "=="
            let levels = ["1", "3.6", "3.10", "2.0.0", "0"]
            let left = levels.randomElement(using: &random) ?? "1"
            let right = levels.randomElement(using: &random) ?? "1"
            return "${{\(left)} \(sign) {\(right)} ? {\(inner())}}"
        }
    }

    /// postconf shows runs of white space as one blank.
    static func squeezed(_ text: some StringProtocol) -> String {
        text.split(whereSeparator: { $0 == " " || $0 == "\t" }).joined(separator: " ")
    }
}
