import PostroomTesting
import Testing

@testable import MailStore

@Suite struct `Courier's shared-maildirs` {
    private func path(_ group: String, _ text: String) -> String? {
        SharedMaildirsFile.path(of: Array(group.utf8), in: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `has a line for each Maildir, its fields parted by tabs or blanks`() {
        let text = "TW\t/vmail/shared.maildirs/tw\nBoard_Room  /vmail/b r \t\r\nTW\t/vmail/other\nalone\n"
        #expect(path("TW", text) == "/vmail/shared.maildirs/tw")
        #expect(path("Board_Room", text) == "/vmail/b r")
        #expect(path("Board", text) == nil)
        #expect(path("alone", text) == nil)
        #expect(path("", text) == nil)
    }

    @Test func `gets a line as maildirmake writes it, after a last line without an end too`() {
        let (name, place) = (Array("B".utf8), Array("/b".utf8))
        #expect(SharedMaildirsFile.adding(name, place, to: []) == Array("B\t/b\n".utf8))
        #expect(SharedMaildirsFile.adding(name, place, to: Array("A\t/a".utf8)) == Array("A\t/a\nB\t/b\n".utf8))
        #expect(SharedMaildirsFile.adding(name, place, to: Array("A\t/a\n".utf8)) == Array("A\t/a\nB\t/b\n".utf8))
    }

    @Test func `whatever it holds, what is added is found, and what was there stays`() {
        var random = SeededGenerator(seed: 20)
        for _ in 0..<500 {
            let alphabet = Array("AB \t\n\r/\u{0}".utf8)
            let contents = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
            }
            let (name, place) = (Array("NAME".utf8), Array("/place".utf8))
            let changed = SharedMaildirsFile.adding(name, place, to: contents)
            #expect(changed.starts(with: contents))
            #expect(SharedMaildirsFile.path(of: name, in: changed) == place)
        }
    }
}
