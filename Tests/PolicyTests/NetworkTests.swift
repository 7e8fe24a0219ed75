import Directory
import Policy
import Testing

/// Addresses and networks.
@Suite struct NetworkTests {
    @Test(
        "an address is read and written in its usual form",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
            ("::", "::"), ("::1", "::1"), ("1::", "1::"), ("2001:DB8::1", "2001:db8::1"),
            ("2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"), ("2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"),
            ("1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"), ("64:ff9b::192.0.2.33", "64:ff9b::c000:221"),
            ("::ffff:192.0.2.1", "192.0.2.1"), ("::ffff:c000:201", "192.0.2.1"), ("fe80::1%eth0", "fe80::1"),
            ("1:2:3:4:5:6::", "1:2:3:4:5:6::"), ("::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"),
        ])
    func addresses(text: String, expected: String) {
        #expect(IPAddress(text)?.description == expected)
    }

    @Test(
        "what is no address is none",
        arguments: [
            "", "1", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", ".1.2.3", "1.2.3.4%eth0", "a.b.c.d",
            "1.2.3.+4", ":", ":::", "1:2", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::", ":1::", "1:::2",
            "::1.2.3", "1.2.3.4::", "g::", "1:2:3:4:5:6:7::8:9", "::ffff:1.2.3.4.5",
        ])
    func noAddress(text: String) {
        #expect(IPAddress(text) == nil)
    }

    @Test(
        "a network holds what shares its prefix",
        arguments: [
            ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
            ("192.0.2.128/25", "192.0.2.127", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("[::1]/128", "::1", true),
            ("[2001:db8::]/32", "2001:db8:ffff::1", true), ("2001:db8::/33", "2001:db8:8000::", false),
            ("192.0.2.0/24", "::ffff:192.0.2.9", true), ("::ffff:192.0.2.0/120", "192.0.2.9", true),
        ])
    func membership(network: String, address: String, isInside: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(IPAddress(address))) == isInside)
    }

    @Test(
        "a network with host bits or a bad length is refused, not repaired",
        arguments: [
            "192.0.2.1/24", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "[::1/128", "::/129", "x/8", "/8", "[]",
        ])
    func noNetwork(text: String) {
        #expect(IPNetwork(text) == nil)
    }

    @Test func `a list is read from the left, exceptions and tables included`() async throws {
        let list = NetworkList([
            .init(.network(try #require(IPNetwork("192.0.2.9"))), isNegated: true),
            .init(.network(try #require(IPNetwork("192.0.2.0/24")))),
            .init(.table(SampleTable(["198.51.100.1": "x"], failing: ["198.51.100.2"]))),
        ])
        func isIn(_ text: String) async throws -> Bool? {
            switch await list.contains(try #require(IPAddress(text))).outcome {
            case .found: true
            case .absent: false
            case .unavailable: nil
            }
        }
        #expect(try await isIn("192.0.2.8") == true)
        #expect(try await isIn("192.0.2.9") == false)
        #expect(try await isIn("198.51.100.1") == true)
        #expect(try await isIn("198.51.100.2") == nil)
        #expect(try await isIn("198.51.100.3") == false)
    }

    @Test func `every IPv4 address in the form of IPv6 is no network`() {
        #expect(IPNetwork("[::ffff:0:0]/96") == nil)
        #expect(IPNetwork("[::ffff:192.0.2.0]/120")?.prefixLength == 24)
    }
}
