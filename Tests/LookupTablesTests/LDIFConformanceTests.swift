import Directory
import LookupTables
import PostroomTesting
import Testing

/// What Postfix answered from slapd, our tables answer from the same LDIF file.
@Suite struct LDIFConformanceTests {
    /// The rows whose answer lies in the directory, not in the connection to it.
    static let rows = ExpectedLookup.all.filter { !["badpw.cf", "down.cf"].contains($0.table) }

    @Test func `there are rows to compare with`() {
        #expect(Self.rows.count > 150)
    }

    @Test(arguments: rows)
    func `an LDIF file gives the answer that Postfix gave`(row: ExpectedLookup) async throws {
        let groups = row.sample.memberOfGroupClass.map {
            [GroupMembership(objectClass: $0, memberAttribute: "member")]
        }
        let directory = try LDIFDirectory(
            contents: Array(row.sample.ldif.utf8), path: "\(row.directory).ldif", verifier: NoPasswords(),
            options: .init(memberships: groups ?? []))
        #expect(try await row.ask(directory) == row.answer)
    }
}
