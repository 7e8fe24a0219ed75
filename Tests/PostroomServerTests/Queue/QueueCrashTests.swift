import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// `postroom serve` killed under load: what it acknowledged arrives, in mailboxes and at the next hop.
///
/// `POSTROOM_KILLS=200 swift test --filter QueueCrashTests` kills it more often, and prints what came of it.
@Suite struct QueueCrashTests {
    /// Senders whose messages go to a mailbox, to another host, or to both. Writes `ID KINDS` for each 250.
    private static let senders = """
        import os, random, smtplib, sys, threading

        folder = sys.argv[1]
        lock = threading.Lock()
        accepted = open(folder + '/accepted', 'a')
        places = {'m': 'anna@example.org', 'f': 'x@far.example', 'g': 'y@far.example'}

        def send(sender):
            number = 0
            chance = random.Random(sender)
            while not os.path.exists(folder + '/stop'):
                number += 1
                name = f'{sender}-{number}'
                kinds = chance.choice(['m', 'f', 'f', 'fg', 'mf'])
                count = chance.choice([1, 3, 200, 2000, 40000 if number % 10 == 0 else 1])
                try:
                    port = int(open(folder + '/port').read())
                    client = smtplib.SMTP('127.0.0.1', port, 'client.example', timeout=120)
                    text = f'Subject: {name}\\r\\nX-Lines: {count}\\r\\n\\r\\n' + f'{name}\\r\\n' * count
                    client.sendmail('a@elsewhere.example', [places[kind] for kind in kinds], text)
                    with lock:
                        accepted.write(f'{name} {kinds}\\n')
                        accepted.flush()
                    client.quit()
                except (OSError, ValueError, smtplib.SMTPException):
                    pass

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """

    /// A next hop that writes down `ID RECIPIENTS` of each message before it says 250. Now and then it puts off.
    private static let sink = """
        import random, re, socketserver, sys, threading

        folder = sys.argv[1]
        lock = threading.Lock()
        log = open(folder + '/received', 'a')
        chance = random.Random(1)

        class Session(socketserver.StreamRequestHandler):
            def say(self, text):
                self.wfile.write(text.encode() + b'\\r\\n')
            def handle(self):
                try: self.talk()
                except OSError: pass
            def talk(self):
                self.say('220 far.example')
                recipients = ''
                while True:
                    line = self.rfile.readline().decode('latin-1')
                    if not line: return
                    verb = line[:4].upper()
                    if verb == 'EHLO': self.say('250-far.example\\r\\n250-PIPELINING\\r\\n250 8BITMIME')
                    elif verb == 'MAIL':
                        recipients = ''
                        self.say('250 2.1.0 ok')
                    elif verb == 'RCPT':
                        if chance.random() < 0.02:
                            self.say('450 4.2.0 later')
                        else:
                            recipients += 'f' if '<x@' in line else 'g'
                            self.say('250 2.1.5 ok')
                    elif verb == 'DATA':
                        if not recipients:
                            self.say('554 5.5.1 nobody')
                            continue
                        self.say('354 go on')
                        lines = []
                        while True:
                            line = self.rfile.readline()
                            if not line: return
                            if line == b'.\\r\\n': break
                            lines.append(line.decode('latin-1').rstrip('\\r\\n'))
                        text = '\\n'.join(lines)
                        name = re.search(r'^Subject: (\\d+-\\d+)$', text, re.M)[1]
                        count = int(re.search(r'^X-Lines: (\\d+)$', text, re.M)[1])
                        whole = text.endswith('\\n\\n' + '\\n'.join([name] * count))
                        with lock:
                            log.write(f'{name} {recipients} {"whole" if whole else "BROKEN"}\\n')
                            log.flush()
                        self.say('250 2.0.0 ok')
                    elif verb == 'QUIT':
                        self.say('221 2.0.0 bye')
                        return
                    else: self.say('250 2.0.0 ok')

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            request_queue_size = 100

        server = Server(('127.0.0.1', 0), Session)
        open(folder + '/sink-port.new', 'w').write(str(server.server_address[1]))
        import os
        os.rename(folder + '/sink-port.new', folder + '/sink-port')
        server.serve_forever()
        """

    private static func configuration(sink: Int, spool: String) -> String {
        """
        hostname: mail.example.org
        postmaster: anna@example.org
        directory: {ldif: people.ldif, base: "dc=example,dc=org"}
        domains: {mailbox: [example.org], relay: [far.example]}
        transports: {relay: {smtp: "[127.0.0.1]:\(sink)"}}
        accounts:
          password: [{check: hash, filter: (uid=%u)}]
          user:
            - filter: (uid=%u)
              address_filter: (mail=%u)
              attributes: uid=user, homeDirectory=home, uidNumber=uid, gidNumber=gid
          mail_location: maildir:~/Maildir
        store: {roots: ["%ROOT%"]}
        outgoing: {queue_directory: \(spool), minimal_backoff: 1s, maximal_backoff: 2s, tls: none}

        """
    }

    @Test func `killed again and again under load, it has lost nothing that it took`() async throws {
        let kills = ProcessInfo.processInfo.environment["POSTROOM_KILLS"].flatMap { Int($0) } ?? 20
        let outside = try TemporaryFolder("queue-crash")
        let sink = try await ChildProcess.start(
            ["/usr/bin/python3", try outside.write(Self.sink + "\n", to: "sink.py"), outside.path],
            outputFile: outside.path("sink.log"))
        defer { sink.signal(SIGKILL) }
        try await eventually("the next hop listens", { sink.output }) {
            FileManager.default.fileExists(atPath: outside.path("sink-port"))
        }
        let sinkPort = try #require(Int(try String(contentsOfFile: outside.path("sink-port"), encoding: .utf8)))
        let spool = try outside.makeFolder("spool")
        chmod(outside.path, 0o755)
        chown(spool, 65534, 65534)
        let folder = try ServedSite.prepare(
            Self.configuration(sink: sinkPort, spool: spool), People.files)
        let program = try folder.write(Self.senders + "\n", to: "senders.py")
        try folder.write("", to: "accepted")
        func lines(_ path: String) throws -> [[Substring]] {
            try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").map { $0.split(separator: " ") }
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
        for _ in 0..<kills {
            let before = try lines(folder.path("accepted")).count
            try await eventually("messages are taken", { senders.output + site.log.suffix(2000) }) {
                try lines(folder.path("accepted")).count >= before + 5
            }
            // At any moment of whatever is under way.
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...60)))
            site.process.signal(SIGKILL)
            #expect(await site.process.waitForExit() == .signal(SIGKILL))
            site = try await start()
        }
        try folder.write("", to: "stop")
        #expect(await senders.waitForExit() == .code(0), "\(senders.output)")
        try await eventually("nothing waits any more", { site.log.suffix(4000) + sink.output }) {
            try FileManager.default.subpathsOfDirectory(atPath: spool + "/messages")
                .allSatisfy { !$0.contains("/") }
        }
        site.process.signal(SIGTERM)
        #expect(await site.process.waitForExit() == .code(0))

        let accepted = try lines(folder.path("accepted"))
        let received = try lines(outside.path("received"))
        #expect(received.allSatisfy { $0.last == "whole" })
        var copies: [String: Int] = [:]
        for line in received where line.count == 3 {
            for kind in line[1] { copies["\(line[0]) \(kind)", default: 0] += 1 }
        }
        for place in ["new", "cur"] {
            for name in try FileManager.default.contentsOfDirectory(atPath: folder.path("mail/anna/Maildir/\(place)")) {
                let path = folder.path("mail/anna/Maildir/\(place)/\(name)")
                let data = try #require(FileManager.default.contents(atPath: path))
                let id = try #require(String(decoding: data, as: UTF8.self).firstMatch(of: /\nSubject: (\d+-\d+)\n/)?.1)
                copies["\(id) m", default: 0] += 1
            }
        }
        let missing = accepted.flatMap { line in line[1].map { "\(line[0]) \($0)" } }.filter { copies[$0] == nil }
        #expect(missing.isEmpty, "\(missing)")
        // At the next hop alone: in a mailbox a copy can be of a message whose 250 the client did not get.
        let duplicates = copies.filter { !$0.key.hasSuffix("m") }.values.reduce(0) { $0 + $1 - 1 }
        #expect(duplicates <= kills * 20)
        print("\(kills) kills, \(accepted.count) messages taken, \(missing.count) copies lost, \(duplicates) twice")
    }
}
