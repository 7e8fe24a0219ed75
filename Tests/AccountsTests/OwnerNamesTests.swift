import Accounts
import Directory
import MailModel
import Testing

struct OwnerNamesTests {
    private static let names = OwnerNames(
        uid: { name in
            switch name {
            case "vmail": .found(5000)
            case "slow": .unavailable(UnavailableReason(.unreachable, "the name service does not answer"))
            default: .absent
            }
        },
        gid: { name in name == "mail" ? .found(5001) : .absent })

    private func account(_ fields: String, names: OwnerNames? = Self.names) async throws -> Outcome<Account> {
        let users = UserDatabase(
            method: .fixed(try AttributeMapping(assignments: "home=/h/%u " + fields), allowsAllUsers: true))
        let accounts = DirectoryAccounts(
            AccountsOptions(
                userDatabases: [users],
                rules: AccountRules(mailLocation: try MailLocationTemplate(setting: "maildir:~/Maildir")),
                ownerNames: names))
        return await accounts.account(for: Array("bob".utf8), service: "lmtp").outcome
    }

    @Test(arguments: [
        ("uid=vmail gid=mail", 5000, 5001), ("uid=5002 gid=mail", 5002, 5001), ("uid=vmail gid=6", 5000, 6),
    ])
    func `names of users and groups become numbers, and numbers stay`(fields: String, uid: UInt32, gid: UInt32)
        async throws
    {
        let account = try #require(await account(fields).found)
        #expect(account.owner == Owner(uid: uid, gid: gid))
    }

    @Test(arguments: ["uid=nobody-knows gid=mail", "uid=vmail gid=nobody-knows", "uid=slow gid=mail"])
    func `a name that nobody knows, or can say now, makes no account and no "no"`(fields: String) async throws {
        #expect(try await account(fields).unavailable != nil)
    }

    @Test func `without the name service only numbers are owners`() async throws {
        #expect(try await account("uid=vmail gid=mail", names: nil).unavailable != nil)
        #expect(try await account("uid=5000 gid=5001", names: nil).found != nil)
    }
}
