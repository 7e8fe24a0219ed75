import Testing

@testable import IMAP

/// RFC 9208
@Suite struct `IMAP QUOTA` {
    private func session(quota: Int = 4096) async -> TestSession {
        let session = TestSession(MemoryAccount(quota: quota))
        _ = await session.ask("a LOGIN user secret")
        return session
    }

    @Test func `is offered and tells of the one root`() async {
        let session = await session()
        #expect(await session.ask("b CAPABILITY").contains(" QUOTA QUOTA=RES-STORAGE QUOTA=RES-MESSAGE"))
        let quota = "* QUOTA \"User quota\" (STORAGE 0 4 MESSAGE 0 100)\r\n"
        #expect(
            await session.ask("c GETQUOTAROOT INBOX")
                == "* QUOTAROOT INBOX \"User quota\"\r\n\(quota)c OK Getquotaroot completed.\r\n")
        #expect(await session.ask("d GETQUOTA \"User quota\"") == "\(quota)d OK Getquota completed.\r\n")
    }

    @Test func `knows no other root, and lets nobody change a limit`() async {
        let session = await session()
        #expect(await session.ask("b GETQUOTA other") == "b NO [NONEXISTENT] No such quota root.\r\n")
        #expect(
            await session.ask("c SETQUOTA \"User quota\" (STORAGE 512)")
                == "c NO [NOPERM] Quotas are not changed by clients.\r\n")
        #expect(await session.ask("d SETQUOTA \"User quota\" (STORAGE)").hasPrefix("d BAD "))
        #expect(await session.ask("e GETQUOTA").hasPrefix("e BAD "))
    }

    @Test func `of an account without limits names no root`() async {
        let session = await session(quota: 0)
        #expect(
            await session.ask("b GETQUOTAROOT INBOX")
                == "* QUOTAROOT INBOX\r\nb OK Getquotaroot completed.\r\n")
    }

    @Test func `STATUS tells what EXPUNGE would free`() async {
        let session = await session()
        #expect(
            await session.ask("b STATUS INBOX (DELETED DELETED-STORAGE)")
                == "* STATUS INBOX (DELETED 0 DELETED-STORAGE 0)\r\nb OK Status completed.\r\n")
    }
}
