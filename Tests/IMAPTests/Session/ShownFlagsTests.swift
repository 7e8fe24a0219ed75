import MailModel
import NIOCore
import Testing

@testable import IMAP

@Suite struct ShownFlagsTests {
    /// A STORE tells the flags that it has set; before it is completed, another session expunges the message.
    @Test(arguments: [EnabledExtensions.condstore, [.qresync, .condstore], []])
    func `flags that a command has shown are not taken back when the message goes meanwhile`(
        _ enabled: EnabledExtensions
    ) async throws {
        let account = MemoryAccount()
        let mailbox = try await account.open(.inbox, readOnly: false) {}
        let before = MailboxView(
            uidValidity: 1, uidNext: 3, highestModSeq: 10, uids: [1, 2], flags: [.seen, []], modSeqs: [5, 10],
            firstRecentUID: 3, generation: 1)
        var selected = SelectedMailbox(mailbox, .inbox, before, firstRecentUID: 3, isReadOnly: false)
        selected.show([.seen, .deleted], of: 1, modSeq: 12)
        var after = before
        (after.uids, after.flags, after.modSeqs) = ([2], [[]], [10])
        after.highestModSeq = 13
        after.generation = 3
        var output = ByteBuffer()
        _ = selected.update(to: after, expunges: false, enabled, &output)
        #expect(!String(buffer: output).contains("FETCH"))
        #expect(selected.told.uids == [1, 2])
        #expect(selected.told.flags == [[.seen, .deleted], []])
        #expect(selected.told.modSeqs == [12, 10])

        // Nor later, when something else is new.
        after.flags = [[.flagged]]
        after.modSeqs = [14]
        after.highestModSeq = 14
        after.generation = 4
        output.clear()
        _ = selected.update(to: after, expunges: false, enabled, &output)
        #expect(!String(buffer: output).contains("* 1 FETCH"))
        #expect(String(buffer: output).contains("* 2 FETCH"))
        output.clear()
        _ = selected.update(to: after, expunges: true, enabled, &output)
        #expect(String(buffer: output) == (enabled.showsVanished ? "* VANISHED 1\r\n" : "* 1 EXPUNGE\r\n"))
        await mailbox.close()
    }
}
