import MailModel
import Routing
import Testing

/// What an alias value means, by the address grammar of RFC 5322.
@Suite struct AddressListTests {
    private func described(_ value: String) -> [String] {
        AddressList(Array(value.utf8)).elements.map { element in
            switch element {
            case .address(let address): address.description
            case .unqualified(let name): "name " + String(decoding: name, as: UTF8.self)
            case .otherDomain(let domain): "@" + domain.description
            case .unusable(let value): "unusable " + String(decoding: value, as: UTF8.self)
            }
        }
    }

    @Test(
        "an alias value is an address list",
        arguments: [
            ("a@x.example", ["a@x.example"]),
            ("a@x.example,b@y.example", ["a@x.example", "b@y.example"]),
            (" a@x.example , , b@y.example,", ["a@x.example", "b@y.example"]),
            ("Ann Berg <ann@x.example>, bob@x.example", ["ann@x.example", "bob@x.example"]),
            ("\"Berg, Ann\" <ann@x.example>", ["ann@x.example"]),
            ("ann@x.example (Ann, of (nested, commas) Berg)", ["ann@x.example"]),
            ("\"a,b\"@x.example", ["\"a,b\"@x.example"]),
            ("\"a\\\"b\"@x.example", ["\"a\\\"b\"@x.example"]),
            ("\"a@b\"@x.example", ["\"a@b\"@x.example"]),
            ("a@b@x.example", ["\"a@b\"@x.example"]),
            ("<@r.example,@s.example:ann@x.example>", ["ann@x.example"]),
            ("team: ann@x.example, bob@x.example;", ["ann@x.example", "bob@x.example"]),
            ("undisclosed:;", []),
            ("ann", ["name ann"]),
            ("@other.example", ["@other.example"]),
            ("ann@[192.0.2.1]", ["ann@[192.0.2.1]"]),
            ("ann@[IPv6:2001:db8::1]", ["ann@[ipv6:2001:db8::1]"]),
            ("Ann.Berg @ X.Example", ["Ann.Berg@x.example"]),
            ("jürgen@x.example", ["jürgen@x.example"]),
            ("", []),
        ])
    func grammar(value: String, expected: [String]) {
        #expect(described(value) == expected)
    }

    @Test(
        "what the grammar would turn into something else is read as the directory means it",
        arguments: [
            ("(paren)@x.example", ["\"(paren)\"@x.example"]),
            ("two words@x.example", ["\"two words\"@x.example"]),
            ("back\\slash@x.example", ["\"back\\\\slash\"@x.example"]),
        ])
    func plainReading(value: String, expected: [String]) {
        #expect(described(value) == expected)
    }

    @Test(
        "what can be no address is named as such, and its neighbours stay",
        arguments: [
            ("two words, b@x.example", ["unusable two words", "b@x.example"]),
            ("\"open@x.example, b@x.example", ["unusable \"open@x.example, b@x.example"]),
            ("\"\"@x.example", ["unusable \"\"@x.example"]),
            ("a@", ["unusable a@"]),
            ("<>", ["unusable <>"]),
        ])
    func unusable(value: String, expected: [String]) {
        #expect(described(value) == expected)
    }

    @Test("deep comments and long values cost no stack and no more than one pass")
    func hostileValues() {
        let nested = String(repeating: "(", count: 100_000) + "a@x.example"
        #expect(described(nested).count == 1)
        let many = String(repeating: "a@x.example,", count: 10_000)
        #expect(described(many).count == 10_000)
    }
}
