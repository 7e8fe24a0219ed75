import Directory
import LDAP
import LookupTables
import PostroomTesting
import Testing

/// What Postfix answered from slapd, our tables answer from slapd.
@Suite struct SlapdConformanceTests {
    static let directories = [
        "vennedey", "dms-ldap", "dms-forward-only", "pragyan", "vriesman", "ad-openldap",
    ]

    @Test(arguments: directories)
    func `slapd gives the answer that Postfix gave`(directory: String) async throws {
        let rows = ExpectedLookup.all.filter { $0.directory == directory }
        let sample = try #require(rows.first).sample
        try await Slapd.withServer(sample) { slapd in
            let closed = try LoopbackPort.free()
            for row in rows {
                // The three tables whose answer lies in the connection.
                var urls = [slapd.url]
                var password = slapd.bindPassword
                switch row.table {
                case "down.cf": urls = ["ldap://127.0.0.1:\(closed)"]
                case "failover.cf": urls.insert("ldap://127.0.0.1:\(closed)", at: 0)
                case "badpw.cf": password = "wrong"
                default: break
                }
                let client = try LDAPClient(
                    LDAPClientConfiguration(
                        servers: urls.map { try LDAPURL(parsing: $0) },
                        identity: .simple(name: slapd.bindDN, password: LDAPPassword(password))))
                let answer = try await row.ask(LDAPServers(client))
                await client.shutDown()
                #expect(answer == row.answer, "\(row)")
            }
        }
    }
}
