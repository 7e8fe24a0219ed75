import Dialects
import Directory
import MailModel
import SiteConfiguration
import Testing

@Suite struct PostfixTablesTests {
    private func read(_ lines: String, _ files: [String: String] = [:]) -> SiteDraft {
        var site = PostfixSite.minimal.adding(lines)
        site.files.merge(files) { $1 }
        return site.read()
    }

    private func aliases(_ value: String, _ files: [String: String] = [:]) -> [TableModel] {
        read("virtual_alias_maps = \(value)", files).model.routing.aliases
    }

    private func servers(_ draft: SiteDraft) throws -> LDAPServersModel {
        guard case .servers(let servers)? = draft.model.directories.first?.kind else {
            throw Missing()
        }
        return servers
    }

    private struct Missing: Error {}

    private let people = "search_base = dc=example,dc=com\nquery_filter = (mail=%s)\n"

    @Test func `given every type of table, when a parameter names it, then it is that table`() throws {
        let tables = aliases(
            "proxy:texthash:/etc/postfix/mailboxes, inline:{a@x=b@y, {c@x = d@y, e@y}}, static:{one two}, "
                + "unionmap:{static:a, texthash:/etc/postfix/mailboxes}, pipemap:{static:a}, randmap:{a, b} "
                + "socketmap:inet:127.0.0.1:99:name tcp:127.0.0.1:98 unix:passwd.byname fail:x regexp:{{/a/ b}}")
        #expect(tables.count == 11)
        guard case .file(let file) = tables[0], case .inline(let pairs, _) = tables[1],
            case .constant(let one) = tables[2],
            case .union(let members, _) = tables[3], case .pipe = tables[4], case .random(let values, _) = tables[5],
            case .socketMap(let socket) = tables[6], case .tcp = tables[7], case .system(let name) = tables[8],
            case .failing = tables[9], case .text(let text) = tables[10]
        else {
            Issue.record("\(tables.map(\.nameAndLocation.value))")
            return
        }
        #expect(file.type == .texthash && file.path.value == "/etc/postfix/mailboxes" && file.path.location.line == 8)
        #expect(pairs.value == ["a@x": "b@y", "c@x": "d@y, e@y"])
        #expect(one.value == "one two")
        #expect(members.count == 2)
        #expect(values.value == ["a", "b"])
        #expect(socket.value == "inet:127.0.0.1:99:name")
        #expect(name.value == "passwd.byname")
        #expect(text.type == .regexp && text.lines.value.map(\.value) == ["/a/ b"])
    }

    @Test func `given only a compiled table, when it is read, then its source is asked for and lookups fail`() {
        let draft = read("virtual_alias_maps = hash:/etc/postfix/virtual", ["/etc/postfix/virtual.db": "\0\0"])
        guard case .failing? = draft.model.routing.aliases.first else {
            Issue.record("\(draft.model.routing.aliases)")
            return
        }
        let refusals = draft.report.refusals(accepting: []).map(\.description)
        #expect(refusals.count == 1 && refusals[0].contains("/etc/postfix/virtual.db"), "\(refusals)")
        #expect(draft.report.refusals(accepting: ["hash:/etc/postfix/virtual"]).isEmpty)
    }

    @Test
    func `given a file that a start-up script would write, when a table names it, then its lines keep their places`() {
        let place = SourceLocation(file: "mailserver.env", line: 7)
        let draft = PostfixSite.minimal.adding("virtual_alias_maps = texthash:/etc/postfix/virtual").read {
            $0.files.put(
                SourceText(path: "/etc/postfix/virtual", lines: [SourceText.Line(Array("a@x b@y".utf8), at: place)]))
        }
        guard case .text(let table)? = draft.model.routing.aliases.first else {
            Issue.record("\(draft.model.routing.aliases)")
            return
        }
        #expect(table.type == .texthash && table.name == "/etc/postfix/virtual")
        #expect(table.lines.value.map(\.location) == [place])
    }

    @Test func `given a database that can't be asked, when a parameter names it, then it has to be accepted`() {
        let draft = read("virtual_alias_maps = mysql:/etc/postfix/mysql.cf")
        #expect(draft.report.refusals(accepting: []).count == 1)
        guard case .failing? = draft.model.routing.aliases.first else {
            Issue.record("answers must be put off")
            return
        }
    }

    @Test(arguments: ["/etc/postfix/virtual", "nosuch:/x", "inline:{a}", "unionmap:static:a", "ldap"])
    func `given no table, when a parameter wants one, then it is a fault at its line`(_ word: String) {
        let errors = read("virtual_alias_maps = \(word)").faults.filter { $0.severity == .error }
        #expect(errors.count >= 1)
        #expect(errors.allSatisfy { $0.location.description == "/etc/postfix/main.cf:8" && !$0.remedy.isEmpty })
    }

    @Test func `given lists with files and negations, when they are read, then files stand for their words`() {
        let draft = read(
            "relay_domains = !a.example, /etc/postfix/relay, !/etc/postfix/not, !texthash:/etc/postfix/access",
            [
                "/etc/postfix/relay": "# ours\nb.example c.example\n  d.example\n",
                "/etc/postfix/not": "e.example !f.example\n",
            ])
        #expect(
            names(draft.model.routing.relayDomains) == [
                "!a.example", "b.example", "c.example", "d.example", "!e.example", "f.example",
                "!texthash:/etc/postfix/access",
            ])
        guard draft.model.routing.relayDomains.count > 1, case .name(let second) = draft.model.routing.relayDomains[1]
        else {
            return
        }
        #expect(second.location.description == "/etc/postfix/relay:2")
    }

    @Test func `given lists that include each other, when they are read, then it is a fault and ends`() {
        let draft = read(
            "relay_domains = /etc/postfix/relay", ["/etc/postfix/relay": "/etc/postfix/relay /etc/postfix/relay\n"])
        #expect(draft.faults.contains { $0.severity == .error })
    }

    // MARK: LDAP

    @Test(arguments: [
        ("server_host = ldap.example.com", ["ldap://ldap.example.com:389"]),
        (
            "server_host = a.example:1389 b.example\nserver_port = 390",
            ["ldap://a.example:1389", "ldap://b.example:390"]
        ),
        ("server_host = ldaps://a.example, ldapi://%2Frun%2Fldapi", ["ldaps://a.example", "ldapi://%2Frun%2Fldapi"]),
        ("", ["ldap://localhost:389"]),
    ])
    func `given ways to name servers, when a table is read, then they are URLs in order`(
        _ lines: String, _ urls: [String]
    ) throws {
        let draft = read(
            "virtual_alias_maps = ldap:/etc/postfix/ldap.cf", ["/etc/postfix/ldap.cf": people + lines + "\n"])
        #expect(try servers(draft).urls.map(\.value) == urls)
    }

    @Test func `given tables that agree in their servers, when they are read, then they share a directory`() {
        let same = people + "server_host = ldap://a.example\nbind_dn = cn=x\nbind_pw = secret\n"
        let draft = read(
            "virtual_alias_maps = ldap:/etc/postfix/1.cf, ldap:/etc/postfix/2.cf, ldap:/etc/postfix/3.cf",
            [
                "/etc/postfix/1.cf": same, "/etc/postfix/2.cf": same + "result_format = %u\n",
                "/etc/postfix/3.cf": same + "bind = no\n",
            ])
        #expect(draft.model.directories.map(\.name) == ["directory", "a.example"])
    }

    @Test func `given the rarer parameters of a table, when it is read, then each means what it says`() throws {
        let draft = read(
            "virtual_alias_maps = ldap:/etc/postfix/ldap.cf",
            [
                "/etc/postfix/ldap.cf": people + """
                    server_host = ldap://a.example
                    version = 2
                    domain = example.com, /etc/postfix/more
                    result_filter = %u
                    result_attribute =
                    leaf_result_attribute = mail
                    special_result_attribute = member, url
                    terminal_result_attribute = forward
                    scope = one
                    expansion_limit = 5
                    size_limit = 6
                    recursion_limit = 7
                    dereference = 3
                    start_tls = yes
                    timeout = 3
                    cache = yes
                    chase_referrals = yes
                    $odd = $value

                    """,
                "/etc/postfix/more": "example.net\n",
            ])
        #expect(draft.faults.filter { $0.severity == .error } == [])
        let table = try #require(ldap(draft.model.routing.aliases.first))
        #expect(table.resultFormat?.value == "%u")
        #expect(table.resultAttributes.isEmpty)
        #expect(table.leafResultAttributes.map(\.value) == ["mail"])
        #expect(table.specialResultAttributes.map(\.value) == ["member", "url"])
        #expect(table.terminalResultAttributes.map(\.value) == ["forward"])
        #expect(names(table.domains) == ["example.com", "example.net"])
        #expect(table.scope?.value == "one")
        #expect(
            [table.expansionLimit, table.sizeLimit, table.recursionLimit, table.dereference].map { $0?.value } == [
                5, 6, 7, 3,
            ])
        let servers = try servers(draft)
        #expect(servers.startTLS && !servers.tls.verifies)
        #expect(servers.operationTimeout == .seconds(3))
        #expect(servers.referralHosts.map(\.value) == ["a.example"])
        let entries = draft.report.entries
        #expect(entries.contains { $0.setting == "tls_require_cert" && $0.fate == .weak })
        #expect(entries.contains { $0.setting == "cache" && $0.fate == .notNeeded })
        #expect(entries.contains { $0.setting == "version" && $0.note.contains("version 3") })
        #expect(entries.contains { $0.setting == "$odd" && $0.fate == .ignored })
    }

    @Test(arguments: [
        "start_tls = ja", "bind = perhaps", "recursion_limit = 0", "timeout = 3x", "server_host = ://", "nonsense",
    ])
    func `given a table's parameter that Postfix refuses, when it is read, then it is a fault at its line`(
        _ line: String
    ) {
        let draft = read(
            "virtual_alias_maps = ldap:/etc/postfix/ldap.cf", ["/etc/postfix/ldap.cf": people + line + "\n"])
        let errors = draft.faults.filter { $0.severity == .error }
        #expect(errors.map(\.location.description) == ["/etc/postfix/ldap.cf:3"])
    }

    @Test func `given an empty filter, when its table is read, then lookups fail as the server would make them`() {
        let draft = read(
            "virtual_alias_maps = ldap:/etc/postfix/ldap.cf",
            ["/etc/postfix/ldap.cf": "server_host = a\nquery_filter =\n"])
        guard case .failing? = draft.model.routing.aliases.first else {
            Issue.record("\(draft.model.routing.aliases)")
            return
        }
        #expect(draft.report.refusals(accepting: []).map(\.location.description) == ["/etc/postfix/ldap.cf:2"])
    }

    @Test func `given libldap's defaults, when a table leaves its authority open, then they hold, but not their check`()
        throws
    {
        let draft = PostfixSite.minimal.adding("virtual_alias_maps = ldap:x\nx_server_host = ldaps://a.example").read {
            $0.ldapDefaults.caFile = Located(
                "/etc/ssl/ca.pem", at: SourceLocation(file: "/etc/ldap/ldap.conf", line: 3))
        }
        let servers = try servers(draft)
        #expect(servers.tls.caFile?.value == "/etc/ssl/ca.pem")
        #expect(!servers.tls.verifies)
    }
}
