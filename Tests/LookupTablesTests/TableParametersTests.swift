import Directory
import LDAP
import LookupTables
import Testing

@Suite struct TableParametersTests {
    private func read(_ text: String) throws -> TableParameters {
        try TableParameters(contents: bytes(text), path: "/etc/postfix/t.cf")
    }

    @Test func `a file is read as Postfix reads it`() throws {
        let parameters = try read(
            """
            # people
            server_host = ldap://a ldap://b:390,
            # even here
                c

            search_base=dc=example,dc=org
            query_filter = (&(mail=%s)
              (a="$x"))\t
            bind_pw = "quoted"
            search_base = dc=second
            empty =
            """)
        #expect(parameters.words("server_host") == ["ldap://a", "ldap://b:390", "c"])
        #expect(parameters.text("search_base") == "dc=second")
        #expect(parameters.location("search_base") == SourceLocation(file: "/etc/postfix/t.cf", line: 10))
        #expect(parameters.text("query_filter") == "(&(mail=%s)  (a=\"$x\"))")
        #expect(parameters.text("bind_pw") == "\"quoted\"")
        #expect(parameters.bytes("empty") == [])
        #expect(parameters.bytes("missing") == nil)
    }

    @Test func `lines without a name or an equals sign are faults, all of them reported`() {
        do {
            _ = try read("a = b\nnonsense\n= value\n")
            Issue.record("the faults went unnoticed")
        } catch let faults as TableFaults {
            #expect(faults.faults.map(\.location?.line) == [2, 3])
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func `booleans are yes or no`() throws {
        let parameters = try read("a = YES\nb = no\nc = true\n")
        #expect(try parameters.boolean("a") == true)
        #expect(try parameters.boolean("b") == false)
        #expect(try parameters.boolean("d") == nil)
        #expect(throws: TableFault.self) { try parameters.boolean("c") }
    }

    @Test(arguments: [
        "recursion_limit = 0", "size_limit = -1", "timeout = 10s", "expansion_limit = 0x10", "result_format = %z",
        "search_base = ou=%", "size_limit = 99999999999999999999",
    ])
    func `a bad parameter is a fault with its line`(line: String) {
        do {
            let options = try LDAPTableOptions(read("\n\n\(line)"))
            _ = try LDAPTable(name: "ldap:t", options: options, source: ScriptedDirectory([:]))
            Issue.record("\(line) was taken")
        } catch let faults as TableFaults {
            #expect(faults.faults.map(\.location) == [SourceLocation(file: "/etc/postfix/t.cf", line: 3)])
        } catch {
            Issue.record("\(error)")
        }
    }

    @Test func `what isn't set has Postfix's defaults`() throws {
        let options = try LDAPTableOptions(read(""))
        #expect(options.queryFilter == bytes("(mailacceptinggeneralid=%s)"))
        #expect(options.resultAttributes == ["maildrop"])
        #expect(options.resultFormat == bytes("%s"))
        #expect(options.scope == .sub && options.recursionLimit == 1000 && options.sizeLimit == 0)
        #expect(options.timeout == 10 && options.dereference == .never && options.domain == nil)
    }

    @Test func `result_filter is the old name of result_format`() throws {
        #expect(try LDAPTableOptions(read("result_filter = %u")).resultFormat == bytes("%u"))
        #expect(try LDAPTableOptions(read("result_format =\nresult_filter = %u")).resultFormat == bytes("%u"))
        #expect(try LDAPTableOptions(read("result_format = %d\nresult_filter = %u")).resultFormat == bytes("%d"))
    }

    @Test func `odd settings are warned of`() throws {
        let options = try LDAPTableOptions(read("scope = tree\ndereference = 9\nquery_filter = (a=b)"))
        #expect(options.scope == .sub && options.dereference == .never)
        let table = try LDAPTable(name: "ldap:t", options: options, source: ScriptedDirectory([:]))
        #expect(table.warnings.map(\.location?.line) == [1, 2, 3])
    }
}
