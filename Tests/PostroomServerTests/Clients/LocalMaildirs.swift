import Foundation
import Testing

/// A tree of Maildirs that a client keeps on its own side, and what its user does there.
struct LocalMaildirs {
    let root: String

    /// The file of the message with this subject.
    func file(_ folder: String, subject: String) throws -> String {
        for part in ["cur", "new"] {
            let path = "\(root)/\(folder)/\(part)"
            for name in try FileManager.default.contentsOfDirectory(atPath: path) {
                let content = FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data()
                if content.firstRange(of: Data("\nSubject: \(subject)".utf8)) != nil { return "\(path)/\(name)" }
            }
        }
        throw TestFailure(description: "no “\(subject)” in \(root)/\(folder)")
    }

    func setFlags(_ flags: String, _ folder: String, subject: String) throws {
        let file = try file(folder, subject: subject)
        let name = (file as NSString).lastPathComponent.split(separator: ":").first.map(String.init) ?? ""
        try FileManager.default.moveItem(atPath: file, toPath: "\(root)/\(folder)/cur/\(name):2,\(flags)")
    }

    func remove(_ folder: String, subject: String) throws {
        try FileManager.default.removeItem(atPath: file(folder, subject: subject))
    }

    /// As mail programs do it: under a new name, since the old one carries what the synchroniser knows of it.
    func move(_ folder: String, subject: String, to other: String) throws {
        let file = try file(folder, subject: subject)
        let flags = file.split(separator: ":").last.map(String.init) ?? "2,"
        try FileManager.default.moveItem(
            atPath: file,
            toPath: "\(root)/\(other)/cur/1700001000.moved\(UInt32.random(in: 0...UInt32.max)).pc:\(flags)")
    }

    func add(_ bytes: [UInt8], to folder: String, name: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: "\(root)/\(folder)/cur/1700002000.\(name).pc:2,S"))
    }

    func makeFolder(_ folder: String) throws {
        for part in ["cur", "new", "tmp"] {
            try FileManager.default.createDirectory(
                atPath: "\(root)/\(folder)/\(part)", withIntermediateDirectories: true)
        }
    }
}

/// A program that keeps a tree of Maildirs equal to anna's mailboxes.
protocol Synchroniser {
    var state: MailboxState { get }
    var local: LocalMaildirs { get }
    func synchronise() async throws
}

extension Synchroniser {
    /// Synchronises; the sides are equal then, and another run changes neither.
    func expectEqualAndAtRest(_ what: String) async throws {
        try await synchronise()
        expectEqual(try await state.mail(), try await state.mail(inMaildirs: local.root), what)
        let before = try await state.ofPostroom()
        let tree = FileTree(local.root)
        try await synchronise()
        expectEqual(before, try await state.ofPostroom(), "\(what): the server after another run")
        #expect(FileTree.difference(tree, FileTree(local.root)) == [], "\(what): the client after another run")
    }

    /// The whole story: a first copy, changes here and there and on both sides at once, Dovecot in Postroom's place.
    func liveThroughChanges(nested: String, unicode: String) async throws {
        try await expectEqualAndAtRest("the first copy")
        #expect(try await state.mail().split(separator: "\n").count == NastyMail.messages.count)

        try local.setFlags("FS", "INBOX", subject: "plain")
        try local.setFlags("", "INBOX", subject: "folded")
        try local.move("INBOX", subject: "nested", to: nested)
        try local.move("INBOX", subject: "long line", to: unicode)
        try local.add(Array("From: me@x\nSubject: draft\nMessage-ID: <draft@x>\n\nünd\n".utf8), to: "Drafts", name: "a")
        try local.makeFolder("Made here")
        try local.add(Array("From: me@x\nSubject: kept\nMessage-ID: <kept@x>\n\n\nx".utf8), to: "Made here", name: "b")
        try await expectEqualAndAtRest("changed by the client")
        #expect(try await state.ofPostroom().contains("\nMade here "))

        try await state.changeByPostroom()
        try await expectEqualAndAtRest("changed on the server")

        try await state.changeByPostroom()
        try local.setFlags("RS", "INBOX", subject: "big")
        try local.move("Drafts", subject: "draft", to: "INBOX")
        try await expectEqualAndAtRest("changed on both sides")

        try await state.dovecotTakesOver()
        try await expectEqualAndAtRest("after Dovecot")
        expectEqual(
            try await state.ofPostroomAsDovecot(), try await state.ofDovecot(), "what Dovecot sees at the end")
    }
}
