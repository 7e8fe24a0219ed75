import Foundation
import PostroomTesting

/// Messages that are awkward over POP3, in anna's Maildir.
enum MaildropCorpus {
    static let messages: [String] = [
        "Subject: plain\n\nhello\n",
        "Subject: CRLF in the file\r\n\r\nline\r\nline\r\n",
        "Subject: dots\n\n.\n..\n.x\nx.\n\n.\n",
        "Subject: no end of line\n\nlast",
        "Subject: header alone\n",
        "Subject: header alone, no end",
        "Subject: empty body\n\n",
        "\nbody without a header\n",
        "Subject: many lines\n\n" + (0..<50).map { "line \($0)\n" }.joined(),
        "Subject: long line\n\n" + String(repeating: "0123456789", count: 9000) + "\n.\nend\n",
        "Subject: 8 bit\nContent-Type: text/plain; charset=utf-8\n\nGrüße, ünïcode\n",
        "Subject: mixed\r\n\nbare and\r\nboth\n\n\n",
        "Subject: big\n\n" + String(repeating: "a line of text\n.dotted\n", count: 20_000),
        "X-UIDL: 7fe4b3a2c1\nSubject: has an id\n\nx\n",
    ]

    /// Writes them under names of several kinds: with sizes as Dovecot has them, with Courier's, with none.
    static func write(_ site: TestSite) throws -> String {
        let home = site.folder.path("mail/anna")
        for part in ["", "/Maildir", "/Maildir/cur", "/Maildir/new", "/Maildir/tmp"] {
            mkdir(home + part, 0o700)
            chown(home + part, 20_001, 20_001)
        }
        for (index, message) in messages.enumerated() {
            let bytes = Array(message.utf8)
            var name = "\(1_795_224_800 + index).M\(index)P24075.vm"
            if index % 3 != 0 { name += ",S=\(bytes.count)" }
            let path = index % 4 == 3 ? "\(home)/Maildir/new/\(name)" : "\(home)/Maildir/cur/\(name):2,"
            try Data(bytes).write(to: URL(fileURLWithPath: path))
            chown(path, 20_001, 20_001)
        }
        return home
    }

    static var commands: [String] {
        var commands = ["STAT", "LIST", "UIDL", "LIST 3", "UIDL 3", "LIST 99", "NOOP"]
        for number in 1...messages.count {
            commands.append("RETR \(number)")
            for lines in [0, 1, 3, 1000] { commands.append("TOP \(number) \(lines)") }
        }
        return commands + ["DELE 2", "DELE 2", "STAT", "LIST", "UIDL", "RSET", "STAT", "QUIT"]
    }
}
