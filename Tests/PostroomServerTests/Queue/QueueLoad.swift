import Foundation
import PostroomTesting
import SiteConfiguration
import Testing

/// Mail for a running site from eight senders at once, a next hop that takes what leaves, and what both of them wrote down: the
/// ledger by which nothing that was taken may be missing.
struct QueueLoad: Sendable {
    /// A recipient that senders choose, and the copies that become of it.
    struct Place: Sendable {
        var address: String
        /// By the first letter of the recipient at the next hop, or `m` for the mailbox.
        var copies: [Character]
        /// Of whom the sender is told that asked for it; nil for the address itself.
        var reported: String?
    }

    /// What was found in the end.
    struct Ledger {
        /// `NAME COPY` of what was acknowledged.
        var acknowledged: [String] = []
        /// How often each copy is there.
        var copies: [String: Int] = [:]
        /// `NAME ADDRESS` of what the sender of something acknowledged has to be told.
        var owed: [String] = []
        /// How often it was told.
        var told: [String: Int] = [:]
        var messages = 0
        var isWhole = true

        var untold: [String] { owed.filter { told[$0] == nil } }
        /// Names of messages of which a copy, or the word of one, is there twice.
        var repeated: Set<String> {
            let twice = copies.filter { $0.value > 1 }.map(\.key) + told.filter { $0.value > 1 }.map(\.key)
            return Set(twice.map(Self.name))
        }

        private static func name(_ entry: String) -> String { String(entry.prefix { $0 != " " }) }

        var missing: [String] { acknowledged.filter { copies[$0] == nil } }
        var duplicates: Int { copies.values.reduce(0) { $0 + $1 - 1 } }
        /// At the next hop alone.
        var remoteDuplicates: Int { copies.filter { !$0.key.hasSuffix("m") }.values.reduce(0) { $0 + $1 - 1 } }
    }

    let folder: TemporaryFolder
    let sink: ChildProcess
    /// Of the next hop.
    let port: Int

    static func withNextHop<Value>(_ body: (QueueLoad) async throws -> Value) async throws -> Value {
        let folder = try TemporaryFolder("queue-load")
        chmod(folder.path, 0o755)
        let sink = try await ChildProcess.start(
            ["/usr/bin/python3", try folder.write(sinkProgram + "\n", to: "sink.py"), folder.path],
            outputFile: folder.path("sink.log"))
        defer { sink.signal(SIGKILL) }
        try await eventually("the next hop listens", { sink.output }) {
            FileManager.default.fileExists(atPath: folder.path("sink-port"))
        }
        let port = try #require(Int(try String(contentsOfFile: folder.path("sink-port"), encoding: .utf8)))
        try folder.write("", to: "accepted")
        try folder.write("", to: "refused")
        return try await body(QueueLoad(folder: folder, sink: sink, port: port))
    }

    /// A folder for the spool that outlives the site's.
    func makeSpool() throws -> String {
        let spool = try folder.makeFolder("spool")
        chown(spool, 65534, 65534)
        return spool
    }

    /// Where the senders find the site from now on.
    func aim(at site: some RunningSite) throws {
        try folder.write("\(site.port(.smtp))", to: "port.new")
        #expect(rename(folder.path("port.new"), folder.path("port")) == 0)
    }

    /// - Parameters:
    ///   - choices: the letters of `places` that a message goes to, one choice for each message.
    ///   - asksForReports: half of the messages ask to be told of success.
    func startSenders(
        _ places: [Character: Place], _ choices: [String], asksForReports: Bool = false
    ) async throws -> ChildProcess {
        let addresses = places.map { "'\($0.key)': '\($0.value.address)'" }.joined(separator: ", ")
        let words = choices.map { "'\($0)'" }.joined(separator: ", ")
        let program = Self.senders.replacing("%PLACES%", with: addresses).replacing("%CHOICES%", with: words)
            .replacing("%ASKS%", with: asksForReports ? "number % 2 == 0" : "False")
        return try await ChildProcess.start(
            ["/usr/bin/python3", try folder.write(program + "\n", to: "senders.py"), folder.path],
            outputFile: folder.path("senders.log"))
    }

    func stop(_ senders: ChildProcess) async throws {
        try folder.write("", to: "stop")
        #expect(await senders.waitForExit() == .code(0), "\(senders.output)")
    }

    /// Lines of `accepted`, `refused` and `received`, in words.
    func lines(_ name: String) throws -> [[Substring]] {
        guard FileManager.default.fileExists(atPath: folder.path(name)) else { return [] }
        return try String(contentsOfFile: folder.path(name), encoding: .utf8).split(separator: "\n").map {
            $0.split(separator: " ")
        }
    }

    func waitUntilEmpty(_ spool: String, _ situation: () -> String) async throws {
        try await eventually("nothing waits any more", situation) {
            try FileManager.default.subpathsOfDirectory(atPath: spool + "/messages").allSatisfy { !$0.contains("/") }
        }
    }

    /// - Parameters:
    ///   - mailbox: the Maildir of the letter `m`.
    ///   - sender: that of the sender, for reports.
    func ledger(_ places: [Character: Place], mailbox: String, sender: String? = nil) throws -> Ledger {
        var ledger = Ledger()
        let accepted = try lines("accepted")
        ledger.messages = accepted.count
        for line in accepted where line.count >= 2 {
            let copies = Set(line[1].flatMap { places[$0]?.copies ?? [] })
            ledger.acknowledged += copies.map { "\(line[0]) \($0)" }
            guard line.count == 3 else { continue }
            ledger.owed += line[1].compactMap { places[$0].map { "\(line[0]) \($0.reported ?? $0.address)" } }
        }
        if let sender { try readReports(sender, into: &ledger) }
        for line in try lines("received") where line.count == 3 {
            ledger.isWhole = ledger.isWhole && line[2] == "whole"
            for copy in line[1] { ledger.copies["\(line[0]) \(copy)", default: 0] += 1 }
        }
        for place in ["new", "cur"] {
            let path = "\(mailbox)/\(place)"
            for name in (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] {
                let text = String(
                    decoding: FileManager.default.contents(atPath: "\(path)/\(name)") ?? Data(), as: UTF8.self)
                let id = try #require(text.firstMatch(of: /\nSubject: (\d+-\d+)\n/)?.1, "\(text.prefix(500))")
                let count = try #require(text.firstMatch(of: /\nX-Lines: (\d+)\n/).flatMap { Int($0.1) })
                ledger.isWhole =
                    ledger.isWhole && text.hasSuffix("\n\n" + String(repeating: "\(id)\n", count: count))
                ledger.copies["\(id) m", default: 0] += 1
            }
        }
        return ledger
    }

    /// What the reports in a mailbox tell of success.
    private func readReports(_ mailbox: String, into ledger: inout Ledger) throws {
        for place in ["new", "cur"] {
            for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(mailbox)/\(place)")) ?? [] {
                let text = try String(contentsOfFile: "\(mailbox)/\(place)/\(name)", encoding: .utf8)
                guard let id = text.firstMatch(of: /\nOriginal-Envelope-Id: (\d+-\d+)\n/)?.1 else { continue }
                for part in text.components(separatedBy: "\n\n") {
                    guard let address = part.firstMatch(of: /(?m)^Final-Recipient: rfc822; (\S+)$/)?.1,
                        part.contains(/(?m)^Action: (delivered|relayed|expanded)$/)
                    else { continue }
                    ledger.told["\(id) \(address)", default: 0] += 1
                }
            }
        }
    }

    // MARK: Programs

    /// A message is `ID` on every line, so that every part of it can be told from every other. Writes `ID PLACES` for each 250,
    /// and the code of each refusal; behind
    /// the 250 of a message that asked to be told of success stands a `+`.
    private static let senders = """
        import os, random, smtplib, sys, threading

        folder = sys.argv[1]
        lock = threading.Lock()
        accepted = open(folder + '/accepted', 'a')
        refused = open(folder + '/refused', 'a')
        places = {%PLACES%}

        def tell(file, line):
            with lock:
                file.write(line + '\\n')
                file.flush()

        def send(sender):
            number = 0
            chance = random.Random(sender)
            while not os.path.exists(folder + '/stop'):
                number += 1
                name = f'{sender}-{number}'
                kinds = chance.choice([%CHOICES%])
                count = chance.choice([1, 3, 200, 2000, 40000 if number % 10 == 0 else 1])
                try:
                    port = int(open(folder + '/port').read())
                    client = smtplib.SMTP('127.0.0.1', port, 'client.example', timeout=120)
                    text = f'Subject: {name}\\r\\nX-Lines: {count}\\r\\n\\r\\n' + f'{name}\\r\\n' * count
                    asks = %ASKS%
                    answer = client.sendmail(
                        'ben@example.org', [places[kind] for kind in kinds], text, mail_options=[f'ENVID={name}'],
                        rcpt_options=['NOTIFY=SUCCESS,FAILURE'] if asks else [])
                    kinds = ''.join(kind for kind in kinds if places[kind] not in answer)
                    tell(accepted, f'{name} {kinds}' + (' +' if asks else ''))
                    for code, _ in answer.values(): tell(refused, f'{code}')
                    client.quit()
                except smtplib.SMTPRecipientsRefused as error:
                    for code, _ in error.recipients.values(): tell(refused, f'{code}')
                except smtplib.SMTPResponseException as error:
                    tell(refused, f'{error.smtp_code}')
                except (OSError, ValueError, smtplib.SMTPException):
                    pass

        threads = [threading.Thread(target=send, args=(sender,)) for sender in range(8)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        """

    /// Writes down `ID RECIPIENTS whole` of each message before it says 250. Now and then it puts off.
    private static let sinkProgram = """
        import os, random, re, socketserver, sys, threading

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
                            recipients += line[line.index('<') + 1]
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
        os.rename(folder + '/sink-port.new', folder + '/sink-port')
        server.serve_forever()
        """
}
