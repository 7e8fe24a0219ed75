import Accounts
import MailModel
import Testing

@Suite struct `Quota rules` {
    private func quota(_ storage: UInt64, _ rules: String...) throws -> Quota {
        Quota(storage: storage, folderRules: try rules.compactMap { try QuotaFolderRule(rule: Array($0.utf8)) })
    }

    @Test(arguments: [
        ("Trash:storage=+10%", UInt64(1100)), ("Trash:storage=-50%", 500), ("Trash:bytes=+24", 1024),
        ("Trash:storage=+1K", 2024), ("Trash:storage=1", 2024), ("Trash:bytes=-2000", 1), ("T*:bytes=+1", 1001),
        ("Tr?sh:bytes=+1", 1001), ("INBOX.Trash:bytes=+1", 1001), ("INBOX/Trash:bytes=+1", 1001),
        ("Junk:storage=+10%", 1000), ("trash:bytes=+1", 1000),
    ])
    func `add to the account's limit`(rule: String, limit: UInt64) throws {
        let trash = try #require(MailboxName(parts: [Array("Trash".utf8)]))
        #expect(try quota(1000, rule).limits(for: trash).storage == limit)
        #expect(try quota(1000, rule).limits(for: .inbox).storage == 1000)
    }

    @Test func `leave mailboxes out`() throws {
        let spam = try #require(MailboxName(parts: [Array("Spam".utf8), Array("2024".utf8)]))
        let quota = try quota(1000, "Spam.*:ignore")
        #expect(quota.ignores(spam) && quota.limits(for: spam) == (nil, nil))
        #expect(!quota.ignores(.inbox))
    }

    @Test(arguments: ["Trash", "Trash:storage=x", "Trash:storage=+99999%", "Trash:what=1", ":"])
    func `that mean nothing are refused`(rule: String) {
        #expect(throws: AccountFault.self) { try QuotaFolderRule(rule: Array(rule.utf8)) }
    }

    @Test func `of warnings`() throws {
        #expect(try QuotaWarning(setting: "storage=95%") == QuotaWarning(.storage, .percent(95)))
        #expect(try QuotaWarning(setting: "-storage=100%") == QuotaWarning(.storage, .percent(100), isBelow: true))
        #expect(try QuotaWarning(setting: "messages=1000") == QuotaWarning(.messages, .amount(1000)))
        for text in ["", "95%", "space=1", "storage=", "storage=0%", "storage=x%"] {
            #expect(throws: AccountFault.self) { try QuotaWarning(setting: text) }
        }
    }

    @Test func `of grace`() throws {
        #expect(try QuotaTerms.Grace(setting: "10%") == .percent(10))
        #expect(try QuotaTerms.Grace(setting: "50 M") == .bytes(50 << 20))
        #expect(try QuotaTerms.Grace(setting: "0") == QuotaTerms.Grace.none)
        #expect(throws: AccountFault.self) { try QuotaTerms.Grace(setting: "much") }
    }

    @Test func `NOQUOTA is no limit`() throws {
        #expect(try Quota(plain: Array("NOQUOTA".utf8)) == .unlimited)
    }
}
