import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `A server that is killed` {
    /// Four senders, each a new message as soon as it has a reply; a message is `ID` on every line, so that every part of
    /// it can be told from every other. Writes the ids that were answered with 250 to a file.
    private static let senders = """
        import os, random, smtplib, sys, threading

        folder = sys.argv[1]
        lock = threading.Lock()
        accepted = open(folder + '/accepted', 'a')

        def send(sender):
            number = 0
            chance = random.Random(sender)
            while not os.path.exists(folder + '/stop'):
                number += 1
                name = f'{sender}-{number}'
                # Some in one piece in memory, some streamed.
                count = chance.choice([1, 3, 200, 2000, 40000])
                try:
                    port = int(open(folder + '/port').read())
                    client = smtplib.SMTP('127.0.0.1', port, 'client.example', timeout=120)
                    text = f'Subject: {name}\\r\\nX-Lines: {count}\\r\\n\\r\\n' + f'{name}\\r\\n' * count
                    client.sendmail('a@elsewhere.example', [chance.choice(['anna', 'ben']) + '@example.org'], text)
                    with lock:
                        accepted.write(name + '\\n')
                        accepted.flush()
                    client.quit()
                except (OSError, ValueError, smtplib.SMTPException):
                    pass

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """

    @Test func `ten times under load has lost nothing that it took, and shows no half message`() async throws {
        let folder = try ServedSite.prepare(People.configuration(), People.files)
        let program = try folder.write(Self.senders + "\n", to: "senders.py")
        try folder.write("", to: "accepted")
        func accepted() throws -> [String] {
            try String(contentsOfFile: folder.path("accepted"), encoding: .utf8).split(separator: "\n").map(String.init)
        }
        func start() async throws -> ServedSite {
            let site = try await ServedSite.start(in: folder)
            try folder.write("\(site.port(.smtp))", to: "port.new")
            #expect(rename(folder.path("port.new"), folder.path("port")) == 0)
            return site
        }
        var site = try await start()
        let senders = try await ChildProcess.start(
            ["/usr/bin/python3", program, folder.path], outputFile: folder.path("senders.log"))
        for round in 0..<10 {
            let before = try accepted().count
            // At another moment of a transaction each time.
            try await eventually("messages are taken", { senders.output + site.log }) {
                try accepted().count >= before + 5 + round
            }
            site.process.signal(SIGKILL)
            #expect(await site.process.waitForExit() == .signal(SIGKILL))
            site = try await start()
        }
        try folder.write("", to: "stop")
        #expect(await senders.waitForExit() == .code(0), "\(senders.output)")
        site.process.signal(SIGTERM)
        #expect(await site.process.waitForExit() == .code(0))

        var found: Set<String> = []
        for path in ["anna", "ben"].flatMap({ ["mail/\($0)/Maildir/new", "mail/\($0)/Maildir/cur"] }) {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path(path)) {
                let data = try #require(FileManager.default.contents(atPath: folder.path("\(path)/\(name)")))
                let text = String(decoding: data, as: UTF8.self)
                let id = try #require(text.firstMatch(of: /\nSubject: (\d+-\d+)\n/)?.1, "\(text.prefix(500))")
                let count = try #require(text.firstMatch(of: /\nX-Lines: (\d+)\n/).flatMap { Int($0.1) })
                let isWhole = text.hasSuffix("\nX-Lines: \(count)\n\n" + String(repeating: "\(id)\n", count: count))
                #expect(isWhole, "\(path)/\(name)")
                found.insert(String(id))
            }
        }
        let missing = Set(try accepted()).subtracting(found)
        #expect(missing.isEmpty, "\(missing)")
    }
}
