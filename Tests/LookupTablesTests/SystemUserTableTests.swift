import Blocking
import Directory
import LookupTables
import PostroomTesting
import Testing

@Suite struct SystemUserTableTests {
    private let pool = BlockingPool(name: "names", threads: 1)

    @Test(arguments: ["passwd.byname", "group.byname"])
    func `users and groups have postmap's lines`(database: String) async throws {
        let folder = try TemporaryFolder()
        let table = try SystemUserTable(database, pool: pool)
        let keys = ["root", "daemon", "mail", "sudo", "adm", "no-such-name", "Root"]
        try await Postmap.compare(table, with: "unix:\(database)", keys: keys, in: folder)
        #expect(await table.lookup(bytes("root")).outcome.text.hasPrefix("root:x:0:"))
    }

    @Test func `another database is a fault`() {
        #expect(throws: TableFault.self) { try SystemUserTable("hosts.byname", pool: pool) }
    }

    @Test func `given a pool that is shut down, the answer is unavailable, not absent`() async throws {
        let table = try SystemUserTable("passwd.byname", pool: pool)
        await pool.shutDown()
        #expect(await table.lookup(bytes("root")).outcome.text == "<unavailable>")
    }
}
