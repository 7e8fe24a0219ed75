import MailModel
import Testing

@Suite struct AddressSpecificationScanTests {
    private func scan(_ value: String) -> (addresses: [String], isMalformed: Bool) {
        let bytes = Array(value.utf8)
        let scan = AddressSpecificationScan(bytes, in: bytes.indices)
        return (scan.ranges.map { String(decoding: bytes[$0], as: UTF8.self) }, scan.isMalformed)
    }

    @Test(arguments: [
        (" a@x.example\r\n", ["a@x.example"]),
        (" Anna <a@x.example>, \"B, b\" <b@x.example>\r\n", ["a@x.example", "b@x.example"]),
        (" a@x.example (a <fake@x.example>, \\) x),\r\n b@x.example\r\n", ["a@x.example", "b@x.example"]),
        (" team: a@x.example, B <b@x.example>; , c@x.example\r\n", ["a@x.example", "b@x.example", "c@x.example"]),
        (" undisclosed-recipients:;\r\n", []),
        (" <@one.example,@two.example:a@x.example>\r\n", ["a@x.example"]),
        (" \"a,b <c\"@x.example\r\n", ["\"a,b <c\"@x.example"]),
        (" u@[IPv6:2001:db8::1], v\r\n", ["u@[IPv6:2001:db8::1]", "v"]),
        (" <>\r\n", []), ("\r\n", []),
    ])
    func `each address is found where it stands`(value: String, addresses: [String]) {
        let result = scan(value)
        #expect(result.addresses == addresses)
        #expect(!result.isMalformed)
    }

    @Test(arguments: [
        " \"open <a@x.example>\r\n", " a@x.example (open\r\n", " <a@x.example\r\n", " a@x.example>\r\n",
        " <a@x.example> <b@x.example>\r\n", " <<a@x.example>>\r\n", " a@[192.0.2.1\r\n",
    ])
    func `what is not closed is told`(value: String) {
        #expect(scan(value).isMalformed)
    }

    @Test func `more addresses than anybody writes are told, and nothing beyond the limit is looked at`() {
        let count = AddressSpecificationScan.limit + 1
        let result = scan(Array(repeating: "a@x.example", count: count).joined(separator: ","))
        #expect(result.isMalformed)
        #expect(result.addresses.count == AddressSpecificationScan.limit)
    }
}
