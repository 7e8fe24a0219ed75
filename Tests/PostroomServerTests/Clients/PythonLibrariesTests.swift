import Foundation
import PostroomServer
import PostroomTesting
import SiteConfiguration
import Testing

@Suite struct `Python's libraries` {
    @Test func `imaplib gives back what it was given, moves, deletes, and sees no change when there is none`()
        async throws
    {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let state = try MailboxState(site)
            let output = try await PythonIMAP.run(
                site, "anna", "secret",
                #"""
                def ok(answer):
                    assert answer[0] == 'OK', answer
                    return answer[1]

                count = int(ok(imap.select('INBOX'))[0])
                originals = [data[1] for data in ok(imap.fetch('1:*', '(BODY.PEEK[])')) if isinstance(data, tuple)]
                assert len(originals) == count
                for octets in originals:
                    ok(imap.append('Sent', '(\\Seen $Kept)', '"17-Jul-1996 02:44:25 -0700"', octets))
                ok(imap.select('Sent'))
                back = [data[1] for data in ok(imap.fetch('1:*', '(BODY.PEEK[])')) if isinstance(data, tuple)]
                assert back == originals
                dates = set(imaplib.Internaldate2tuple(data)[:6] for data in ok(imap.fetch('1:*', '(INTERNALDATE)')))
                assert len(dates) == 1, dates
                ok(imap.uid('MOVE', '1:3', 'Archive.2024'))
                ok(imap.uid('COPY', '4:5', '"Entw&APw-rfe &- m&AOE-s"'))
                ok(imap.store('1:2', '+FLAGS', '(\\Deleted)'))
                # MOVE's are among them.
                assert ok(imap.expunge())[-2:] == [b'1', b'1']
                assert ok(imap.uid('SEARCH', 'KEYWORD $Kept'))[0].split() == [b'%d' % n for n in range(6, count + 1)]
                ok(imap.rename('Archive', 'Old'))
                assert ok(imap.status('Old.2024', '(MESSAGES)')) == [b'Old.2024 (MESSAGES 3)']
                ok(imap.rename('Old', 'Archive'))
                ok(imap.close())
                print('done')
                """#)
            #expect(output.hasSuffix("done\n"), "\(output)")
            let before = try await state.ofPostroom()
            expectEqual(before, try await state.ofPostroom(), "another look")
            try await state.dovecotTakesOver()
        }
    }

    @Test func `poplib and imaplib see the same octets`() async throws {
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let output = try await PythonIMAP.run(
                site, "anna", "secret",
                #"""
                import poplib
                pop = poplib.POP3_SSL('127.0.0.1', \#(site.port(.pop3s)), context=context, timeout=120)
                poplib._MAXLINE = 1000000
                pop.user('anna')
                pop.pass_('secret')
                imap.select('INBOX', readonly=True)
                octets = [data[1] for data in imap.fetch('1:*', '(BODY.PEEK[])')[1] if isinstance(data, tuple)]
                for number, message in enumerate(octets, 1):
                    lines = pop.retr(number)[1]
                    got = b''.join(line + b'\r\n' for line in lines)
                    # IMAP shows a NUL as another octet, since its literals can't hold one.
                    if got.replace(b'\0', b'\x80') not in (message, message + b'\r\n'):
                        print(number, got[-80:], message[-80:])
                pop.dele(1)
                pop.quit()
                print(len(octets) - 1, imap.noop()[0], imap.search(None, 'ALL')[1][0].split()[-1])
                """#)
            let count = NastyMail.messages.count - 1
            #expect(output.hasSuffix("\n\(count) OK b'\(count)'\n"), "\(output)")
            let state = try MailboxState(site)
            try await state.dovecotTakesOver()
        }
    }

    @Test func `IMAPClient with CONDSTORE, IDLE, MOVE, THREAD and SORT`() async throws {
        let library = "/var/cache/postroom/imapclient-4.1.0"
        guard FileManager.default.fileExists(atPath: library) else {
            throw TestFailure(description: "IMAPClient is missing: Tools/install-packages test")
        }
        try await TestSite.serving(People.configuration(), files: People.files) { site in
            try await NastyMail.write(site)
            let program = try site.folder.write(
                #"""
                import ssl, sys
                sys.path.insert(0, '\#(library)')
                import imapclient
                context = ssl.create_default_context()
                context.check_hostname = False
                context.verify_mode = ssl.CERT_NONE

                def client():
                    made = imapclient.IMAPClient('127.0.0.1', \#(site.port(.imaps)), ssl=True, ssl_context=context, timeout=120)
                    made.login('anna', 'secret')
                    return made

                def same(one, other):
                    assert one == other, (one, other)

                mine, other = client(), client()
                same(mine.enable('CONDSTORE'), [b'CONDSTORE'])
                names = {name for flags, separator, name in mine.list_folders()}
                assert {'Entwürfe & más', '日本', 'Archive.2024.Q1'} < names, names
                same({name for flags, separator, name in mine.list_sub_folders()} | {'INBOX'}, names)
                same([mine.find_special_folder(flag) for flag in (rb'\Sent', rb'\Drafts', rb'\Trash')],
                     ['Sent', 'Drafts', 'Trash'])
                same(mine.namespace().personal, (('', '.'),))

                status = mine.select_folder('INBOX')
                uids = mine.search()
                same(len(uids), status[b'EXISTS'])
                before = status[b'HIGHESTMODSEQ']
                other.select_folder('INBOX')
                other.add_flags(uids[:2], ['$Todo', rb'\Flagged'])
                changed = mine.fetch(uids, ['FLAGS'], ['CHANGEDSINCE %d' % before])
                same(sorted(changed), uids[:2])
                assert all(found[b'MODSEQ'][0] > before and b'$Todo' in found[b'FLAGS'] for found in changed.values())
                same(mine.search(['MODSEQ', before + 1]), uids[:2])
                same(sorted(n for thread in mine.thread('REFERENCES') for n in str(thread).replace('(', ' ').replace(')', ' ')
                    .replace(',', ' ').split()), sorted(map(str, uids)))
                same(sorted(mine.sort('SIZE')), uids)
                same(mine.sort('ARRIVAL'), uids)
                same(mine.sort('REVERSE ARRIVAL'), uids[::-1])
                same(mine.search(['SUBJECT', 'Gr\u00fc\u00dfe'], 'UTF-8'), mine.search(['SUBJECT', 'gr\u00fc\u00dfe'], 'UTF-8'))
                same(mine.getacl('INBOX')[0][0], b'owner')
                envelopes = mine.fetch(uids, ['ENVELOPE', 'BODYSTRUCTURE', 'INTERNALDATE'])
                same(len(envelopes), len(uids))

                mine.idle()
                uid = other.append('INBOX', b'Subject: idle\r\n\r\nx\r\n')
                told = []
                while (1 + len(uids), b'EXISTS') not in told: told += mine.idle_check(60)
                other.move([uids[0]], '日本')
                while (1, b'EXPUNGE') not in told: told += mine.idle_check(60)
                mine.idle_done()
                same(mine.folder_status('日本', ['MESSAGES'])[b'MESSAGES'], 1)
                mine.multiappend('Sent', [b'Subject: 1\r\n\r\nx\r\n', {'msg': b'Subject: 2\r\n\r\n\xfc\r\n', 'flags': [rb'\Seen']}])
                same(mine.folder_status('Sent', ['MESSAGES', 'UNSEEN'])[b'UNSEEN'], 1)

                uids = mine.search()
                mine.set_flags(uids[1:3], [rb'\Deleted'])
                mine.uid_expunge(uids[1])
                same(mine.search(), uids[:1] + uids[2:])
                mine.remove_flags(uids[2], [rb'\Deleted'])
                mine.expunge()
                same(mine.search(), uids[:1] + uids[2:])
                mine.rename_folder('日本', 'Entwürfe & más.日本')
                mine.delete_folder('Entwürfe & más.日本')
                status = mine.select_folder('INBOX')
                same(mine.noop()[1], [])
                same(mine.select_folder('INBOX')[b'HIGHESTMODSEQ'], status[b'HIGHESTMODSEQ'])
                mine.create_folder('日本')
                mine.logout(); other.logout()
                print('done')

                """#, to: "imapclient.py")
            let output = try await ChildProcess.run(["/usr/bin/python3", program], in: site.folder)
            #expect(output == "done\n")
            try await MailboxState(site).dovecotTakesOver()
        }
    }
}
