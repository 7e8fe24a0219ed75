import Foundation
import PostroomTesting

/// Folders and messages that mail programs and servers stumble over.
enum NastyMail {
    /// As IMAP writes them (RFC 3501 §5.1.3): nested, named in other scripts, of special use.
    static let folders = [
        "Archive", "Archive.2024", "Archive.2024.Q1", "Sent", "Trash", "Drafts", "Entw&APw-rfe &- m&AOE-s", "&ZeVnLA-",
    ]

    static let messages: [[UInt8]] = [
        text("plain", "hello\n"),
        // ISO 8859-1 in header and body, undeclared.
        Array("From: J".utf8) + [0xF6] + Array("rg <j@x>\nMessage-ID: <latin@x>\nSubject: Gr".utf8) + [0xFC, 0xDF]
            + Array("e\n\n".utf8) + [0xE4, 0xF6, 0xFC, 0x0A],
        text("utf-8", "Grüße, 日本\n", more: "Content-Type: text/plain; charset=utf-8\n"),
        text("crlf", "line\nline\n").flatMap { $0 == 0x0A ? [0x0D, 0x0A] : [$0] },
        text("mixed", "bare and\nboth\r\n\n\n"),
        text("no end of line", "last"),
        text("empty body", ""),
        text(
            "From_ lines",
            "From here on\n>From there\n>>From\n\nFrom a@b Mon Jan  1 00:00:00 2024\nSubject: no\n\n.\n..\n"),
        text("long line", String(repeating: "0123456789", count: 9_000) + "\nend\n"),
        text("a NUL", "nul \0 here\n"),
        text("folded", "x\n", more: "X-Folded: one\n two\n\tthree\nReferences: <plain@x>\n <crlf@x>\n"),
        text("nested", nested, more: "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"outer\"\n"),
        text("open boundary", "--never\n\nopen\n", more: "Content-Type: multipart/mixed; boundary=\"never\"\n"),
        text("big", String(repeating: "a line of text\n", count: 20_000)),
    ]

    private static func text(_ subject: String, _ body: String, more: String = "") -> [UInt8] {
        let identifier = subject.filter(\.isLetter)
        return Array(
            "From: a@example.org\nTo: anna@example.org\nSubject: \(subject)\nMessage-ID: <\(identifier)@x>\n\(more)\n\(body)"
                .utf8)
    }

    private static let nested = """
        preamble
        --outer
        Content-Type: multipart/alternative; boundary="inner"

        --inner
        Content-Type: text/plain; charset=utf-8

        Grüße
        --inner
        Content-Type: text/html

        <p>x</p>
        --inner--
        --outer
        Content-Type: message/rfc822

        From: c@x
        Subject: =?utf-8?q?inside_=C3=BC?=
        Content-Type: multipart/mixed; boundary="third"

        --third

        From the inside
        --third--
        --outer
        Content-Type: application/octet-stream; name*=utf-8''%e6%97%a5
        Content-Transfer-Encoding: base64

        AAECAwQFBgcICQ==
        --outer--
        epilogue

        """

    /// Puts the messages into anna's INBOX, as other programs delivered and touched them, each a second younger than the last, and
    /// makes the folders over IMAP.
    static func write(_ site: TestSite) async throws {
        for part in ["", "/Maildir", "/Maildir/cur", "/Maildir/new", "/Maildir/tmp"] {
            mkdir(site.folder.path("mail/anna") + part, 0o700)
            chown(site.folder.path("mail/anna") + part, 20_001, 20_001)
        }
        let maildir = site.folder.path("mail/anna/Maildir")
        for (index, message) in messages.enumerated() {
            let time = 1_700_000_000 + index
            let name = "\(time).M\(index)P1.old,S=\(message.count)"
            let path =
                index % 4 == 0 ? "\(maildir)/new/\(name)" : "\(maildir)/cur/\(name):2,\(["", "S", "FRS"][index % 3])"
            try Data(message).write(to: URL(fileURLWithPath: path))
            chown(path, 20_001, 20_001)
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: Double(time))], ofItemAtPath: path)
        }
        let imap = try await IMAPDialogue(site, login: People.login)
        for folder in folders {
            for command in ["CREATE", "SUBSCRIBE"] {
                let answer = try await imap.ask("\(command) \"\(folder)\"")
                guard answer.last?.hasPrefix("t OK") == true else {
                    throw TestFailure(description: "\(command) \(folder): \(answer)")
                }
            }
        }
        _ = try await imap.ask("LOGOUT")
    }
}
