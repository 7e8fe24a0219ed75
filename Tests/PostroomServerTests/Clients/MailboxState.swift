import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

/// All that a client can see of anna's mailboxes, as text of a line per mailbox and per message, so that two of them are compared.
struct MailboxState {
    private let site: TestSite
    private let program: String
    private let dovecotConfiguration: String
    /// `mail` then tells of multiparts the header alone, and not whether the last line ends: for programs that write mail anew.
    private let isLenient: Bool

    init(_ site: TestSite, isLenient: Bool = false) throws {
        self.isLenient = isLenient
        self.site = site
        program = try site.folder.write(Self.script, to: "mailbox-state.py")
        dovecotConfiguration = try site.folder.write(
            """
            base_dir = \(try site.folder.makeFolder("dovecot"))
            log_path = /dev/null
            mail_location = maildir:~/Maildir
            first_valid_uid = 1
            ssl = no

            """, to: "dovecot-state.conf")
        chmod(site.folder.path("dovecot"), 0o777)
    }

    /// Subscriptions; of each mailbox UIDVALIDITY, UIDNEXT and HIGHESTMODSEQ; of each message UID, flags, keywords, size, internal
    /// date and a digest of its octets.
    func ofPostroom() async throws -> String { try await run("state", "postroom", "modseq") }

    /// The same without the modification sequences, which each server counts for itself.
    func ofPostroomAsDovecot() async throws -> String { try await run("state", "postroom", "") }

    /// Asked of Dovecot's IMAP server, on the same Maildir.
    func ofDovecot() async throws -> String { try await run("state", "dovecot", "") }

    /// Dovecot changes flags and subscriptions, moves, expunges, appends, makes a mailbox.
    func changeByDovecot() async throws { _ = try await run("change", "dovecot", "") }

    /// The same kind of changes over Postroom.
    func changeByPostroom() async throws { _ = try await run("change", "postroom", "") }

    /// Of each message the mailbox, a digest of its lines whatever their ends are, and its flags, in no order: what a copy of the
    /// mail has to have.
    func mail() async throws -> String { try await run("mail", "postroom", "") }

    /// The same of a tree of Maildirs, which the client made.
    func mail(inMaildirs root: String) async throws -> String { try await run("mail", "maildirs", root) }

    private func run(_ action: String, _ server: String, _ argument: String) async throws -> String {
        try await ChildProcess.run(
            [
                "/usr/bin/python3", program, action, server, argument, "\(site.port(.imaps))", dovecotConfiguration,
                site.folder.path("mail/anna"),
            ], in: site.folder, environment: ["TZ": "UTC", "LENIENT": isLenient ? "yes" : ""])
    }

    /// Dovecot, as the only server for a while, sees what Postroom showed, and the other way round when it has changed something.
    func dovecotTakesOver() async throws {
        let before = try await ofPostroomAsDovecot()
        expectEqual(before, try await ofDovecot(), "what Dovecot sees")
        try await changeByDovecot()
        let after = try await ofDovecot()
        #expect(after != before)
        expectEqual(after, try await ofPostroomAsDovecot(), "what Postroom sees of Dovecot's changes")
    }

    private static let script = #"""
        import base64, hashlib, imaplib, os, re, ssl, sys

        action, server, argument, port, configuration, home = sys.argv[1:]

        def connect():
            if server == 'dovecot':
                return imaplib.IMAP4_stream(
                    'env USER=anna HOME=' + home + ' setpriv --reuid 20001 --regid 20001 --clear-groups '
                    '/usr/lib/dovecot/imap -c ' + configuration + ' 2>/dev/null')
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            imap = imaplib.IMAP4_SSL('127.0.0.1', int(port), ssl_context=context, timeout=120)
            imap.login('anna', 'secret')
            return imap

        def ok(answer):
            if answer[0] != 'OK':
                raise SystemExit(repr(answer))
            return answer[1]

        def quoted(name):
            return '"' + name.replace('\\', '\\\\').replace('"', '\\"') + '"'

        def names(lines):
            pattern = rb'\(.*?\) (?:NIL|".") (.*)$'
            return sorted(re.match(pattern, line).group(1).strip(b'"').decode() for line in lines if line)

        def messages(imap, name):
            imap.untagged_responses.clear()
            count = ok(imap.select(quoted(name), readonly=True))
            status = dict(imap.untagged_responses)
            found = []
            if int(count[0]):
                for data in ok(imap.uid('FETCH', '1:*', '(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])')):
                    if isinstance(data, tuple):
                        item = lambda pattern: re.search(pattern, data[0]).group(1).decode()
                        flags = sorted(set(item(rb'FLAGS \(([^)]*)\)').split()) - {'\\Recent'})
                        found.append((int(item(rb'UID (\d+)')), flags, int(item(rb'SIZE (\d+)')),
                                      item(rb'INTERNALDATE "([^"]*)"'), data[1]))
                if len(found) != int(count[0]):
                    raise SystemExit('%s: %s messages, %d fetched' % (name, count, len(found)))
            return status, found

        def state(imap):
            print('subscribed', names(ok(imap.lsub())))
            for name in names(ok(imap.list())):
                status, found = messages(imap, name)
                print(name, *(status[key][-1].decode() for key in ['UIDVALIDITY', 'UIDNEXT']),
                      status['HIGHESTMODSEQ'][-1].decode() if argument == 'modseq' else '')
                for uid, flags, size, date, octets in found:
                    if size != len(octets):
                        raise SystemExit('%s %d: RFC822.SIZE %d of %d' % (name, uid, size, len(octets)))
                    print(' ', uid, flags, size, date, hashlib.sha256(octets).hexdigest())

        def change(imap):
            ok(imap.select('INBOX'))
            uids = ok(imap.uid('SEARCH', 'ALL'))[0].decode().split()
            ok(imap.uid('STORE', uids[0], '+FLAGS', '(\\Answered \\Flagged $' + server + ')'))
            ok(imap.uid('STORE', uids[1] + ',' + uids[-1], 'FLAGS', '(\\Draft)'))
            ok(imap.uid('MOVE', uids[2], quoted('Archive.2024.Q1')))
            ok(imap.uid('COPY', uids[3], quoted('&ZeVnLA-')))
            ok(imap.uid('STORE', uids[4], '+FLAGS.SILENT', '(\\Deleted)'))
            ok(imap.uid('EXPUNGE', uids[4]))
            for name in ['INBOX', 'Entw&APw-rfe &- m&AOE-s', 'Sent']:
                ok(imap.append(quoted(name), '(\\Seen \\Flagged)', '" 1-Feb-2020 10:11:12 +0100"',
                    b'From: d@x\r\nMessage-ID: <' + name[0].encode() + server.encode() + b'@y>\r\nSubject: by '
                    + server.encode() + b'\r\n\r\n' + b'\xfcber\r\n'))
            name = 'New %s %d' % (server, len(ok(imap.list())))
            ok(imap.create(quoted(name)))
            ok(imap.subscribe(quoted(name)))
            ok(imap.unsubscribe('Trash' if server == 'dovecot' else 'Drafts'))

        def digest(octets):
            octets = octets.replace(b'\r', b'')
            # What mbsync marks a message by, and what getmail adds.
            octets = re.sub(rb'^(X-TUID|Return-Path|X-getmail-retrieved-from-mailbox): .*\n', b'', octets, flags=re.M)
            if os.environ['LENIENT']:
                # IMAP shows a NUL as another octet, since its literals can't hold one; POP3 does not.
                octets = octets.replace(b'\0', b'\x80').rstrip(b'\n')
                if re.search(rb'^Content-Type: multipart/', octets, flags=re.M | re.I):
                    octets = octets.partition(b'\n\n')[0]
            return hashlib.sha256(octets).hexdigest()[:16]

        def decoded(name):
            part = lambda match: ('+' + match.group(1).replace(',', '/') + '-').encode().decode('utf-7') \
                if match.group(1) else '&'
            return re.sub('&([^-]*)-', part, name)

        def mail(imap):
            letters = {'\\Draft': 'D', '\\Flagged': 'F', '\\Answered': 'R', '\\Seen': 'S', '\\Deleted': 'T'}
            for name in names(ok(imap.list())):
                for uid, flags, size, date, octets in messages(imap, name)[1]:
                    yield (decoded(name), digest(octets), ''.join(sorted(letters.get(flag, '') for flag in flags)))

        def local(root):
            for folder, _, files in os.walk(root):
                head, part = os.path.split(folder)
                if part in ('cur', 'new'):
                    name = decoded(os.path.relpath(head, root).replace('/', '.'))
                    for file in files:
                        with open(os.path.join(folder, file), 'rb') as octets:
                            flags = ''.join(sorted(c for c in file.partition(':2,')[2] if c in 'DFRST'))
                            yield (name, digest(octets.read()), flags)

        if server == 'maildirs':
            lines = sorted(local(argument))
            print('\n'.join(map(repr, lines)))
        else:
            imap = connect()
            if action == 'mail':
                print('\n'.join(map(repr, sorted(mail(imap)))))
            else:
                {'state': state, 'change': change}[action](imap)
            imap.logout()

        """#
}

/// Says which lines differ, not all of both.
func expectEqual(_ one: String, _ other: String, _ what: String, sourceLocation: SourceLocation = #_sourceLocation) {
    guard one != other else { return }
    let lines = one.split(separator: "\n")
    let others = other.split(separator: "\n")
    let difference = others.difference(from: lines).map { change in
        switch change {
        case .insert(_, let line, _): "+ \(line)"
        case .remove(_, let line, _): "- \(line)"
        }
    }
    Issue.record("\(what):\n\(difference.joined(separator: "\n"))", sourceLocation: sourceLocation)
}

/// Names and octets of all files below a folder.
struct FileTree: Equatable {
    private(set) var files: [String: Data] = [:]

    init(_ root: String, except ignored: (String) -> Bool = { _ in false }) {
        for case let path as String in FileManager.default.enumerator(atPath: root) ?? .init() where !ignored(path) {
            files[path] = FileManager.default.contents(atPath: "\(root)/\(path)") ?? Data()
        }
    }

    static func difference(_ one: Self, _ other: Self) -> [String] {
        Set(one.files.keys).union(other.files.keys).filter { one.files[$0] != other.files[$0] }.sorted()
    }
}
