import Dialects
import Directory
import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// Files in Dovecot's language, read by the running Dovecot 2.3 (`doveconf -x`) and by us.
@Suite struct DoveconfComparisonTests {
    /// What doveconf says of a setting at the root, or its complaint.
    private func doveconf(_ folder: TemporaryFolder, _ names: [String]) async throws -> [String: String]? {
        do {
            let output = try await ChildProcess.run(
                ["/usr/bin/doveconf", "-x", "-c", folder.path("dovecot.conf")] + names, in: folder)
            var values: [String: String] = [:]
            for line in output.split(separator: "\n") {
                guard let equals = line.firstRange(of: " =") else { continue }
                values[String(line[..<equals.lowerBound])] = String(line[equals.upperBound...].dropFirst())
            }
            return values
        } catch is ChildProcess.Failure {
            return nil
        }
    }

    private func ours(_ folder: TemporaryFolder) -> SiteDraft {
        let host = ConfigurationFiles.Host(
            read: { FileManager.default.contents(atPath: $0).map { Array($0) } },
            list: { try? FileManager.default.contentsOfDirectory(atPath: $0).sorted() })
        var draft = SiteDraft(
            files: ConfigurationFiles(host), environment: ProcessInfo.processInfo.environment, machineName: "mx")
        DovecotImport.read(folder.path("dovecot.conf"), into: &draft)
        return draft
    }

    private func reported(_ draft: SiteDraft, _ setting: String) -> String? {
        draft.report.entries.last { $0.setting == setting && !$0.note.hasPrefix("set again") }?.value
    }

    /// Lines that make sense or nearly: quotes, comments, continuations, variables, files, includes, filters.
    private static let pieces = [
        "mail_home = /srv/%d/%n", "mail_home=/a b", "mail_home = \"quoted # text\"  # comment", "mail_home = 'it\\'s'",
        "mail_home = $mail_location x", "mail_location = maildir:~/M # $mail_home", "mail_location = \"$mail_home\"",
        "mail_location = a \\\n  b   \\\n   c", "mail_home = $mail_home/x", "mail_plugins = $mail_plugins quota",
        "mail_plugins = acl", "protocol imap {\n  mail_plugins = $mail_plugins imap_quota\n}", "mail_home =",
        "mail_home = <value", "mail_home = < value ", "!include extra.conf", "!include conf.d/*.conf",
        "!include_try missing*.conf", "!include missing.conf", "mail_home = a#b", "mail_home = \"a\" \"b\"",
        "plugin {\n  quota_rule = *:storage=1G\n}", "mail_uid = $mail_home", "mail_uid = v\\", "# comment \\",
        "mail_gid = \"\"", "mail_uid = \"unclosed", "  mail_uid\t=\tvmail  ", "mail_uid vmail", "}",
        "namespace inbox {",
        "namespace inbox {\n  inbox = yes\n  separator = /\n}", "service auth { user = root }", "mail_uid = $nothing",
        "mail_gid = $ENV:HOME", "mail_location = %u \\\n# comment\nmail_gid = x", "first_valid_uid = 100",
        "mail_gid = a  b", "mail_gid = $mail_uid  $mail_uid",
    ]

    @Test func `settings are read as doveconf reads them, and what it refuses is a fault`() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createDirectory(atPath: folder.path("conf.d"), withIntermediateDirectories: true)
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: URL(filePath: folder.path(name)))
        }
        try write("value", "/from/a file")
        try write("extra.conf", "mail_gid = extra\n")
        try write("conf.d/20-b.conf", "mail_uid = second\n")
        try write("conf.d/10-a.conf", "mail_uid = first\nmail_gid = first\n")
        try write("conf.d/.hidden.conf", "mail_uid = hidden\n")
        let names = ["mail_home", "mail_location", "mail_uid", "mail_gid", "mail_plugins", "first_valid_uid"]
        var generator = SeededGenerator(seed: 24)
        var accepted = 0
        for _ in 0..<150 {
            let count = Int.random(in: 1...5, using: &generator)
            let text =
                (0..<count).compactMap { _ in Self.pieces.randomElement(using: &generator) }
                .joined(separator: "\n") + "\n"
            try write("dovecot.conf", text)
            let expected = try await doveconf(folder, names)
            let draft = ours(folder)
            // What only the meaning of a value brings is not doveconf's business.
            let syntax = draft.errors.filter { error in
                !["passdb", "namespace", "mail_home: bad", "no userdb"].contains { error.contains($0) }
            }
            guard let expected else {
                let errors = draft.errors.filter { !$0.contains("there is no passdb") && !$0.contains("holds INBOX") }
                #expect(!errors.isEmpty, "doveconf refuses, we do not:\n\(text)")
                continue
            }
            accepted += 1
            #expect(syntax == [], "doveconf accepts:\n\(text)")
            for name in names {
                guard let value = reported(draft, name) else { continue }
                let known = expected[name] ?? ""
                // A file's content is told as its path.
                if value.hasPrefix("<") { continue }
                #expect(value == known || "\"\(value)\"" == known, "\(name) in:\n\(text)")
            }
        }
        #expect(accepted > 40)
    }

    @Test func `every setting of the running Dovecot is known`() async throws {
        let folder = try TemporaryFolder()
        let output = try await ChildProcess.run(["/usr/bin/doveconf", "-d"], in: folder)
        var lines: [Substring] = []
        for line in output.split(separator: "\n") where line.first?.isLowercase == true && line.contains(" =") {
            // Sizes and the like are written as they are read; empty values too.
            lines.append(line)
        }
        #expect(lines.count > 250)
        try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: folder.path("dovecot.conf")))
        let draft = ours(folder)
        #expect(draft.errors.filter { $0.contains("no setting of Dovecot") || $0.contains("is neither") } == [])
        for line in lines {
            let key = String(line.prefix { $0 != " " })
            #expect(draft.entries(key).count == 1, "\(key)")
        }
    }
}
