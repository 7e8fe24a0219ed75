import Foundation
import LDAP
import PostroomTesting
import Testing

@Suite struct LDIFTests {
    static let entries = """
        version: 1
        # a comment that
          goes on
        dn: cn=Barbara Jensen,dc=example,
         dc=com
        objectClass: top
        cn: Barbara
        sn: Jensen
        cn:: QmFicw==
        cn;lang-de:
        description:Long and
          folded


        dn:: Y249w5xuYWw=
        sn:    blanks before are not part of it
        photo:: AAEC

        """

    @Test(arguments: ["\n", "\r\n"])
    func `entries are read with folded lines, comments and base64`(end: String) throws {
        let text = Self.entries.replacingOccurrences(of: "\n", with: end)
        let records = try LDIFReader.records(of: text.utf8)
        try #require(records.count == 2)
        guard case .entry(let first) = records[0], case .entry(let second) = records[1] else {
            Issue.record("entries are expected")
            return
        }
        #expect(first.name == "cn=Barbara Jensen,dc=example,dc=com")
        #expect(first.line == 4)
        #expect(
            first.values.map(\.attribute.spelling) == ["objectClass", "cn", "sn", "cn", "cn;lang-de", "description"])
        #expect(first.values.map(\.line) == [6, 7, 8, 9, 10, 11])
        #expect(
            first.entry
                == LDAPEntry(
                    name: first.name,
                    attributes: [
                        LDAPAttribute("objectClass", [bytes("top")]),
                        LDAPAttribute("cn", [bytes("Barbara"), bytes("Babs")]), LDAPAttribute("sn", [bytes("Jensen")]),
                        LDAPAttribute("cn;lang-de", [[]]), LDAPAttribute("description", [bytes("Long and folded")]),
                    ]))
        #expect(second.name == "cn=Ünal")
        #expect(second.entry["sn"] == [bytes("blanks before are not part of it")])
        #expect(second.entry["photo"] == [[0, 1, 2]])
    }

    @Test func `change records are read`() throws {
        let text = """
            dn: cn=a
            control: 1.2.3 true: x
            control: 1.2.4:: AA==
            control: 1.2.5
            changetype: add
            cn: a

            dn: cn=b
            changetype: delete

            dn: cn=c
            changetype: modify
            add: mail
            mail: x@y
            mail: z@y
            -
            delete: sn
            -
            replace: cn
            cn: d
            -
            increment: uidNumber
            uidNumber: 1

            dn: cn=e
            changetype: modrdn
            newrdn: cn=f
            deleteoldrdn: 0
            newsuperior: o=g

            """
        let records = try LDIFReader.records(of: text.utf8)
        let expected: [LDIFChange.Operation] = [
            .add(LDIFEntry(name: "cn=a", values: [.init("cn", bytes("a"), line: 6)], line: 1)), .delete,
            .modify([
                LDAPModification(.add, "mail", [bytes("x@y"), bytes("z@y")]), LDAPModification(.delete, "sn"),
                LDAPModification(.replace, "cn", [bytes("d")]), LDAPModification(.increment, "uidNumber", [bytes("1")]),
            ]),
            .rename(LDAPRename(newRDN: "cn=f", deletesOldRDN: false, newSuperior: "o=g")),
        ]
        let changes = records.compactMap { record in
            if case .change(let change) = record { change } else { nil }
        }
        #expect(changes.map(\.operation) == expected)
        #expect(
            changes.first?.controls == [
                LDAPControl(type: "1.2.3", isCritical: true, value: bytes("x")), LDAPControl(type: "1.2.4", value: [0]),
                LDAPControl(type: "1.2.5"),
            ])
    }

    @Test(arguments: [
        ("version: 2\n\ndn: o=x\n", 1), ("cn: x\n", 1), ("dn: o=x\ncn x\n", 2), ("\n dn: o=x\n", 2),
        ("dn: o=x\n\n\ndn: o=y\nbad name: 1\n", 5), ("dn: o=x\ncn:: !!!!\n", 2),
        ("dn: o=x\ncn:< file:///etc/passwd\n", 2),
        ("dn: o=x\nchangetype: move\n", 2), ("dn: o=x\nchangetype: modify\nput: cn\n", 3),
        ("dn: o=x\nchangetype: modify\nadd: cn\nsn: 1\n", 4), ("dn: o=x\nchangetype: delete\ncn: y\n", 3),
        ("dn: o=x\ncontrol: abc\nchangetype: delete\n", 2), ("dn: o=x\ncontrol: 1.2.3\ncn: y\n", 3),
        ("dn: o=x\nchangetype: modrdn\ndeleteoldrdn: 1\n", 3), ("dn: o=x\nchangetype: modify\n", 2),
    ])
    func `an error names file and line`(text: String, line: Int) {
        let error = #expect(throws: LDIFError.self) { try LDIFReader.records(of: text.utf8, file: "people.ldif") }
        #expect(error?.line == line)
        #expect(error?.description.hasPrefix("people.ldif:\(line): ") == true)
    }

    @Test func `reading goes on behind a faulty record`() throws {
        var reader = LDIFReader("dn: o=x\nbad\n\ndn: o=y\n".utf8)
        #expect(throws: LDIFError.self) { try reader.next() }
        #expect(try reader.next()?.name == "o=y")
        #expect(try reader.next() == nil)
    }

    @Test func `lines and records are bounded`() {
        let options = LDIFReader.Options(maximumLineLength: 100, maximumRecordLines: 3)
        let long = "dn: o=x\ncn: " + String(repeating: "x\n ", count: 100) + "\n"
        #expect(throws: LDIFError(.lineTooLong(maximum: 100), file: "LDIF", line: 2)) {
            try LDIFReader.records(of: long.utf8, options: options)
        }
        let many = "dn: o=x\na: 1\nb: 2\nc: 3\n"
        #expect(throws: LDIFError(.recordTooLong(maximum: 3), file: "LDIF", line: 4)) {
            try LDIFReader.records(of: many.utf8, options: options)
        }
    }

    @Test func `a value is read from a file only when that is allowed`() throws {
        let folder = try TemporaryFolder()
        let path = try folder.write("from the file", to: "value with blank")
        let url = "file://" + path.replacingOccurrences(of: " ", with: "%20")
        let text = "dn: o=x\ncn:< \(url)\n"
        let records = try LDIFReader.records(of: text.utf8, options: .init(readsFiles: true))
        guard case .entry(let entry) = try #require(records.first) else { return }
        #expect(entry.entry["cn"] == [bytes("from the file")])
        for bad in ["http://localhost/x", "file:///nowhere/at/all", "file:///dev/zero", "file:x"] {
            #expect(throws: LDIFError.self) {
                try LDIFReader.records(of: "dn: o=x\ncn:< \(bad)\n".utf8, options: .init(readsFiles: true))
            }
        }
    }

    @Test func `what is written is folded at 76 columns and read again as it was`() throws {
        let entry = LDAPEntry(
            name: "cn=" + String(repeating: "ü", count: 60) + ",o=x",
            attributes: [
                LDAPAttribute("description", [bytes(String(repeating: "a b ", count: 60)) + bytes("c"), []]),
                LDAPAttribute("cn", [" leading", "trailing ", ":colon", "<less", "a\nb", "é", "plain"].map(bytes)),
                LDAPAttribute("photo", [(0..<200).map { UInt8($0) }]),
            ])
        var writer = LDIFWriter()
        writer.write(entry)
        let changes: [LDIFRecord] = [
            .change(
                LDIFChange(
                    name: "o=y",
                    controls: [LDAPControl(type: "1.2.3", isCritical: true, value: [0]), LDAPControl(type: "1.2")],
                    operation: .modify([LDAPModification(.replace, "cn", [bytes("x")])]))),
            .change(
                LDIFChange(
                    name: "o=z", operation: .rename(LDAPRename(newRDN: "o=ä", deletesOldRDN: true, newSuperior: "o=w")))
            ),
            .change(LDIFChange(name: "o=z", operation: .delete)),
        ]
        for change in changes { writer.write(change) }
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text.split(separator: "\n").allSatisfy { $0.utf8.count <= 76 })
        #expect(writer.bytes.allSatisfy { $0 < 0x7F })
        let records = try LDIFReader.records(of: writer.bytes)
        guard case .entry(let read) = try #require(records.first) else { return }
        #expect(read.entry == entry)
        let operations = { (records: [LDIFRecord]) in
            records.compactMap { record -> LDIFChange? in
                guard case .change(var change) = record else { return nil }
                change.line = 0
                return change
            }
        }
        #expect(operations(records) == operations(changes))
    }

    @Test(arguments: ["vennedey", "dms-ldap", "dms-forward-only", "pragyan", "vriesman", "ad-openldap"])
    func `the sample directories are read`(name: String) throws {
        let text = Fixture.text("directories/\(name).ldif")
        let records = try LDIFReader.records(of: text.utf8, file: name)
        let expected = text.split(separator: "\n").count { $0.hasPrefix("dn:") }
        #expect(records.count == expected)
        for record in records {
            #expect(throws: Never.self) { try DistinguishedName(parsing: record.name) }
        }
    }
}
