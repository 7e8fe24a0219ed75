import Dialects
import Directory
import Foundation
import Glibc
import PostroomTesting
import SiteConfiguration
import Testing

/// An administrator's files can't keep the start waiting: what multiplies ends in a fault that says where.
@Suite struct BoundedReadingTests {
    private func postfix(_ lines: String, _ files: [String: String] = [:]) -> SiteDraft {
        var site = PostfixSite.minimal.adding(lines)
        site.files.merge(files) { $1 }
        return site.read()
    }

    @Test func `given lists that each name the next ten times, when they are read, then that is a fault`() {
        var files: [String: String] = [:]
        for level in 0..<9 {
            files["/etc/postfix/list\(level)"] = String(repeating: "/etc/postfix/list\(level + 1)\n", count: 10)
        }
        files["/etc/postfix/list9"] = "192.0.2.0/24\n"
        let draft = postfix("mynetworks = /etc/postfix/list0", files)
        #expect(draft.errors.contains { $0.contains("a list of more than 20000 words") }, "\(draft.errors)")
    }

    @Test func `given a long file that a list names often, when it is read, then that is a fault`() {
        let comments = String(repeating: "# nothing but comments, line after line after line\n", count: 10_000)
        let draft = postfix(
            "mynetworks = " + String(repeating: "/etc/postfix/long ", count: 2000), ["/etc/postfix/long": comments])
        #expect(draft.errors.contains { $0.contains("or 4 MiB") }, "\(draft.errors.prefix(3))")
    }

    @Test func `given classes that each name the next twice, when they are read, then that is a fault`() {
        let names = (0...18).map { "class\($0)" }
        var lines = "smtpd_restriction_classes = \(names.joined(separator: ", "))\n"
        for index in 0..<18 { lines += "class\(index) = class\(index + 1), class\(index + 1)\n" }
        lines += "class18 = reject_unauth_destination\nsmtpd_recipient_restrictions = class0, reject\n"
        let draft = postfix(lines)
        #expect(draft.errors.contains { $0.contains("more than 1000 restrictions") }, "\(draft.errors.prefix(3))")
    }

    @Test func `given many misspelt parameters, when they are read, then the nearest name is told of each`() {
        let lines = (0..<2000).map { "unknown_parameter_number_\($0) = x" }.joined(separator: "\n")
        let draft = postfix(lines + "\nmydestinatoin = example.org\nsmtpd_helo_requird = yes\n")
        #expect(draft.warnings.contains { $0.contains("did you mean mydestination?") })
        #expect(draft.warnings.contains { $0.contains("did you mean smtpd_helo_required?") })
    }

    // MARK: Dovecot

    private func dovecot(_ text: String, _ files: [String: String] = [:]) -> SiteDraft {
        var files = files
        files["/etc/dovecot/dovecot.conf"] = text
        return ProgramFiles(files).dovecot()
    }

    @Test func `given files that each include the next ten times, when they are read, then that is a fault`() {
        var files: [String: String] = [:]
        for level in 0..<15 {
            files["/etc/dovecot/part\(level)"] = String(repeating: "!include part\(level + 1)\n", count: 10)
        }
        files["/etc/dovecot/part15"] = ""
        let draft = dovecot("!include part0\n", files)
        #expect(draft.errors.contains { $0.contains("over 200000 lines") }, "\(draft.errors.prefix(3))")
    }

    @Test func `given a value that doubles with each line, when it is read, then that is a fault`() {
        let doubling = String(repeating: "mail_home = $mail_home $mail_home\n", count: 60)
        let draft = dovecot("mail_home = /home/%u\n" + doubling)
        #expect(draft.errors.contains { $0.contains("grows beyond 65536 octets") }, "\(draft.errors.prefix(3))")
    }

    @Test func `given an include with many stars, when no file fits, then that is told`() {
        let pattern = String(repeating: "*a", count: 60) + "b"
        let draft = dovecot(
            "!include conf.d/\(pattern)\n", ["/etc/dovecot/conf.d/\(String(repeating: "a", count: 250))": ""])
        #expect(draft.errors.contains { $0.contains("no file fits") }, "\(draft.errors.prefix(3))")
    }

    @Test func `given random patterns, when they are expanded, then the files are those of glob(3)`() throws {
        let folder = try TemporaryFolder("glob")
        var random = SeededGenerator(seed: 12)
        func text(_ letters: String, _ length: ClosedRange<Int>) -> String {
            String(
                (0..<Int.random(in: length, using: &random)).compactMap { _ in letters.randomElement(using: &random) })
        }
        for _ in 0..<40 {
            let place = try folder.makeFolder(text("ab.", 1...3).replacing(".", with: "x"))
            try "".write(toFile: "\(place)/\(text("ab.c-", 1...5))x", atomically: true, encoding: .utf8)
        }
        let files = ConfigurationFiles(
            ConfigurationFiles.Host(
                read: { FileManager.default.contents(atPath: $0).map { Array($0) } },
                list: { try? FileManager.default.contentsOfDirectory(atPath: $0).sorted() }))
        var found = 0
        for _ in 0..<600 {
            let pattern = "\(folder.path)/\(text("ab*?[]x", 1...3))/\(text("ab*?[]!.cx-", 1...7))"
            var result = glob_t()
            defer { globfree(&result) }
            var expected: [String] = []
            if glob(pattern, 0, nil, &result) == 0 {
                for index in 0..<Int(result.gl_pathc) {
                    if let path = result.gl_pathv[index] { expected.append(String(cString: path)) }
                }
            }
            let ours = try DovecotGlob.paths(pattern, files)
            found += ours.count
            // The order of equal length names is the locale's there.
            let regular = expected.filter { FileManager.default.contents(atPath: $0) != nil }
            #expect(
                ours.filter { FileManager.default.contents(atPath: $0) != nil }.sorted() == regular.sorted(),
                "\(pattern)")
        }
        #expect(found > 50)
    }
}
