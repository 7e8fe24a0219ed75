import Foundation
import Logging
import MailModel
import NIOCore
import NIOPosix
import Net
import Synchronization
import Testing

@testable import IMAP

/// Programs that people use, against a listening server.
@Suite struct ClientTests {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Starts a server on a free port of the loopback, in the clear with STARTTLS.
    private func withServer(
        _ account: MemoryAccount, _ body: @Sendable (Int) async throws -> Void
    ) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let certificate = try SelfSignedCertificate(hostname: "localhost")
        let tls = try ServerTLSContext(ServerTLSOptions(certificate: .selfSigned(certificate)))
        let socket = try #require(try BoundSocket.bind(.tcp(host: "127.0.0.1", port: 0)).first)
        let options = ListenerOptions(name: "imap", session: SessionOptions(tls: tls, logger: Logger(label: "imap")))
        let listener = try await Listener<IMAPSessionPerformer>(boundSocket: socket, options, group: group) {
            facts, notifier in
            let options = IMAPServerOptions(offersStartTLS: true, allowsPlaintextLogin: true)
            return (
                IMAPServerEngine(options, facts), IMAPSessionPerformer(account, notifier: notifier)
            )
        }
        do {
            try await body(try #require(listener.localPort))
        } catch {
            await listener.shutDown(grace: .seconds(1))
            try await group.shutdownGracefully()
            throw error
        }
        await listener.shutDown(grace: .seconds(1))
        try await group.shutdownGracefully()
    }

    private func run(_ program: String, _ arguments: [String]) async throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["timeout", "60", program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        return try await withCheckedThrowingContinuation { continuation in
            Thread {
                do {
                    try process.run()
                    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
                    process.waitUntilExit()
                    continuation.resume(
                        returning: (process.terminationStatus, String(decoding: data, as: UTF8.self)))
                } catch {
                    continuation.resume(throwing: error)
                }
            }.start()
        }
    }

    @Test func `Python's imaplib`() async throws {
        let account = MemoryAccount()
        let script = """
            import imaplib, ssl, sys, time
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
            m.starttls(context)
            m.login('user', 'secret')
            assert 'UIDPLUS' in m.capabilities or 'UIDPLUS' in m.capability()[1][0].decode()
            assert m.create('Sent')[0] == 'OK'
            assert m.subscribe('Sent')[0] == 'OK'
            body = b'From: a@b\\r\\nSubject: hi\\r\\n\\r\\n' + b'x' * 200000 + b'\\r\\n'
            assert m.append('INBOX', '(\\\\Seen)', imaplib.Time2Internaldate(time.time()), body)[0] == 'OK'
            assert m.append('INBOX', None, None, b'Subject: two\\r\\n\\r\\nb\\r\\n')[0] == 'OK'
            assert m.select('INBOX') == ('OK', [b'2']), m.select('INBOX')
            assert m.search(None, 'SUBJECT', 'hi')[1] == [b'1']
            assert m.search(None, 'UNSEEN')[1] == [b'2']
            kind, data = m.fetch('1', '(UID RFC822)')
            assert data[0][1] == body, len(data[0][1])
            assert b'ENVELOPE' in m.fetch('1:2', '(ENVELOPE BODYSTRUCTURE)')[1][0]
            assert m.copy('1:2', 'Sent')[0] == 'OK'
            assert m.store('1', '+FLAGS', '\\\\Deleted')[0] == 'OK'
            assert m.expunge()[1] == [b'1']
            assert m.uid('FETCH', '2', '(FLAGS)')[0] == 'OK'
            assert b'MESSAGES 2' in m.status('Sent', '(MESSAGES)')[1][0]
            assert len(m.list()[1]) == 2 and len(m.lsub()[1]) == 1
            assert m.append('Nowhere', None, None, b'x')[0] == 'NO'
            assert m.close()[0] == 'OK'
            m.logout()
            print('done')
            """
        try await withServer(account) { port in
            let result = try await run("python3", ["-c", script, "\(port)"])
            #expect(result.output == "done\n")
            #expect(result.status == 0)
        }
        #expect(account.state.withLock { $0.openMailboxes } == 0)
    }

    @Test func `mbsync in both directions`() async throws {
        let account = MemoryAccount()
        _ = try account.deliver("From: a@b\r\nMessage-ID: <1@x>\r\nSubject: remote\r\n\r\nhello\r\n")
        let root = FileManager.default.temporaryDirectory.appendingPathComponent("postroom-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: root) }
        for folder in ["Sent/cur", "Sent/new", "Sent/tmp", "INBOX/cur", "INBOX/new", "INBOX/tmp"] {
            try FileManager.default.createDirectory(
                at: root.appendingPathComponent("mail/\(folder)"), withIntermediateDirectories: true)
        }
        let local = "From: me@x\nMessage-ID: <2@x>\nSubject: local\n\nsent\n"
        try Data(local.utf8).write(to: root.appendingPathComponent("mail/Sent/cur/1.a.b:2,S"))
        try await withServer(account) { port in
            let configuration = """
                IMAPAccount test
                Host 127.0.0.1
                Port \(port)
                User user
                Pass secret
                SSLType None
                AuthMechs LOGIN

                IMAPStore far
                Account test

                MaildirStore near
                Path \(root.path)/mail/
                Inbox \(root.path)/mail/INBOX
                SubFolders Verbatim

                Channel all
                Far :far:
                Near :near:
                Patterns *
                Create Both
                Expunge Both
                SyncState *
                """
            let file = root.appendingPathComponent("mbsyncrc")
            try Data(configuration.utf8).write(to: file)
            for _ in 0..<2 {
                let result = try await run("mbsync", ["-c", file.path, "-a"])
                #expect(result.status == 0, "\(result.output)")
            }
        }
        let arrived =
            try FileManager.default.contentsOfDirectory(atPath: root.path + "/mail/INBOX/new")
            + FileManager.default.contentsOfDirectory(atPath: root.path + "/mail/INBOX/cur")
        #expect(arrived.count == 1)
        let sent = account.state.withLock { state in
            state.mailboxes.filter { !$0.key.isInbox }.flatMap { $0.value.messages }
        }
        #expect(sent.count == 1)
        #expect(sent.first?.flags.contains(.seen) == true)
    }

    @Test func `curl lists, searches and fetches`() async throws {
        let account = MemoryAccount()
        _ = try account.deliver("Subject: curl\r\n\r\nbody\r\n")
        try await withServer(account) { port in
            let url = "imap://127.0.0.1:\(port)"
            let tls = ["--silent", "--show-error", "--ssl-reqd", "--insecure", "--user", "user:secret"]
            let list = try await run("curl", tls + ["\(url)/"])
            #expect(list.output == "* LIST (\\HasNoChildren) \".\" INBOX\r\n")
            let mail = try await run("curl", tls + ["\(url)/INBOX;UID=1"])
            #expect(mail.output == "Subject: curl\r\n\r\nbody\r\n")
            let found = try await run("curl", tls + ["\(url)/INBOX?SUBJECT%20CURL"])
            #expect(found.output == "* SEARCH 1\r\n")
        }
    }

    @Test func `Python's imaplib over a compressed connection`() async throws {
        let account = MemoryAccount(quota: 16 << 20)
        let script = """
            import imaplib, ssl, sys, zlib

            class Compressed:
                def __init__(self, sock):
                    self.sock, self.buffer = sock, b''
                    self.inflate, self.deflate = zlib.decompressobj(-15), zlib.compressobj(9, zlib.DEFLATED, -15)
                def sendall(self, data):
                    self.sock.sendall(self.deflate.compress(data) + self.deflate.flush(zlib.Z_SYNC_FLUSH))
                def fill(self):
                    data = self.sock.recv(65536)
                    if not data: raise EOFError
                    self.buffer += self.inflate.decompress(data)
                def read(self, size):
                    while len(self.buffer) < size: self.fill()
                    data, self.buffer = self.buffer[:size], self.buffer[size:]
                    return data
                def readline(self):
                    while b'\\n' not in self.buffer: self.fill()
                    return self.read(self.buffer.index(b'\\n') + 1)

            imaplib.Commands['COMPRESS'] = ('AUTH', 'SELECTED')
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
            if sys.argv[2] == 'tls': m.starttls(context)
            m.login('user', 'secret')
            assert b'COMPRESS=DEFLATE' in m.capability()[1][0]
            assert m._simple_command('COMPRESS', 'DEFLATE')[0] == 'OK'
            wire = Compressed(m.sock)
            m.send, m.read, m.readline = wire.sendall, wire.read, wire.readline
            assert b'COMPRESS=DEFLATE' not in m.capability()[1][0]
            assert m._simple_command('COMPRESS', 'DEFLATE')[0] == 'NO'
            body = b'Subject: big\\r\\n\\r\\n' + b'x' * 9000000 + b'\\r\\n'
            assert m.append('INBOX', None, None, body)[0] == 'OK'
            assert m.append('INBOX', None, None, b'Subject: small\\r\\n\\r\\n')[0] == 'OK'
            assert m.select('INBOX') == ('OK', [b'2'])
            for _ in range(3):
                assert m.fetch('1', '(RFC822)')[1][0][1] == body
                assert m.fetch('2', '(ENVELOPE)')[0] == 'OK'
            m.logout()
            print('done')
            """
        try await withServer(account) { port in
            for kind in ["plain", "tls"] {
                let result = try await run("python3", ["-c", script, "\(port)", kind])
                #expect(result.output == "done\n")
                account.state.withLock { $0.mailboxes[.inbox] = MemoryAccount.Mailbox(uidValidity: 99) }
            }
        }
    }

    @Test func `a compressed bomb of commands ends the connection`() async throws {
        let script = """
            import imaplib, sys, zlib, socket
            m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
            m.login('user', 'secret')
            m.send(b'x COMPRESS DEFLATE\\r\\n')
            assert m.readline().startswith(b'x OK')
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            bomb = b''.join(deflate.compress(b'a NOOP\\r\\n' * 100000) for _ in range(100))
            bomb += deflate.flush(zlib.Z_SYNC_FLUSH)
            m.sock.settimeout(50)
            received = 0
            try:
                m.sock.sendall(bomb)
                while True:
                    data = m.sock.recv(65536)
                    if not data: break
                    received += len(data)
            except ConnectionError: pass
            assert received < 1 << 20, received
            print('done')
            """
        try await withServer(MemoryAccount()) { port in
            let result = try await run("python3", ["-c", script, "\(port)"])
            #expect(result.output == "done\n")
        }
    }

    @Test func `IDLE tells of a delivery over the wire`() async throws {
        let account = MemoryAccount()
        let script = """
            import imaplib, sys
            m = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
            m.login('user', 'secret')
            m.select('INBOX')
            other = imaplib.IMAP4('127.0.0.1', int(sys.argv[1]))
            other.login('user', 'secret')
            m.send(b'x IDLE\\r\\n')
            assert m.readline() == b'+ idling\\r\\n'
            other.append('INBOX', None, None, b'Subject: new\\r\\n\\r\\nb\\r\\n')
            assert m.readline() == b'* 1 EXISTS\\r\\n'
            assert m.readline() == b'* 1 RECENT\\r\\n'
            m.send(b'DONE\\r\\n')
            assert m.readline().startswith(b'x OK')
            print('done')
            """
        try await withServer(account) { port in
            let result = try await run("python3", ["-c", script, "\(port)"])
            #expect(result.output == "done\n")
        }
    }
}
