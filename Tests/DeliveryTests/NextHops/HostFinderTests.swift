import DNS
import Delivery
import MailModel
import PostroomTesting
import Testing

@Suite("The hosts behind a next hop")
struct HostFinderTests {
    private let dns = CannedResolver()

    private func find(
        _ hop: String, _ options: HostFinder.Options = HostFinder.Options(), seed: UInt64 = 1
    ) async throws -> HostFinder.Outcome {
        var generator = SeededGenerator(seed: seed)
        return await HostFinder(dns, options).hosts(of: try NextHop(hop[...], .smtp), using: &generator)
    }

    private func names(_ outcome: HostFinder.Outcome) -> [String] {
        guard case .hosts(let hosts) = outcome else { return ["\(outcome)"] }
        return hosts.map(\.description)
    }

    @Test("Mail exchangers come in the order of their preferences, equal ones in any order")
    func preference() async throws {
        dns.setMailExchangers("example.org", [(20, "c.example.org"), (10, "a.example.org"), (10, "b.example.org")])
        for (name, address) in [("a", "192.0.2.1"), ("b", "192.0.2.2"), ("c", "192.0.2.3")] {
            dns.setAddresses("\(name).example.org", [address])
        }
        var firsts: Set<String> = []
        for seed in 1...20 {
            let found = names(try await find("example.org", seed: UInt64(seed)))
            #expect(found.count == 3)
            #expect(found.last == "c.example.org[192.0.2.3]:25")
            firsts.insert(found[0])
        }
        #expect(firsts == ["a.example.org[192.0.2.1]:25", "b.example.org[192.0.2.2]:25"])
    }

    @Test("A domain without mail exchangers is its own host; one in brackets is never asked for any")
    func withoutExchangers() async throws {
        dns.setAddresses("example.org", ["192.0.2.9"])
        #expect(names(try await find("example.org")) == ["example.org[192.0.2.9]:25"])
        dns.setMailExchangers("host.example", [(10, "elsewhere.example")])
        dns.set("host.example") { $0.addresses = [DNSAddress("192.0.2.8")].compactMap { $0 } }
        #expect(names(try await find("[host.example]:26")) == ["host.example[192.0.2.8]:26"])
    }

    @Test("Both families are tried, one after the other")
    func families() async throws {
        dns.setAddresses("mx.example", ["2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"])
        let found = names(try await find("[mx.example]"))
        #expect(found.count == 4)
        #expect(found[0].contains("[2001:") != found[1].contains("[2001:"))
        var options = HostFinder.Options()
        options.families = [.v4]
        #expect(try await names(find("[mx.example]", options)).allSatisfy { $0.contains("[192.0.2.") })
    }

    @Test("Many addresses of one family leave a place for the other")
    func balance() async throws {
        dns.setMailExchangers("example.org", [(10, "six.example.org"), (20, "four.example.org")])
        dns.setAddresses("six.example.org", (1...9).map { "2001:db8::\($0)" })
        dns.setAddresses("four.example.org", ["192.0.2.4"])
        var options = HostFinder.Options()
        options.addressLimit = 10
        let all = names(try await find("example.org", options))
        #expect(all.count == 10)
        options.addressLimit = 5
        dns.setMailExchangers("example.org", [(10, "six.example.org"), (10, "four.example.org")])
        for seed in 1...10 {
            let found = names(try await find("example.org", options, seed: UInt64(seed)))
            #expect(found.count == 5)
        }
    }

    @Test("The null MX says for good that the domain takes no mail")
    func nullExchanger() async throws {
        dns.setMailExchangers("example.org", [(0, ".")])
        dns.setAddresses("example.org", ["192.0.2.9"])
        guard case .nowhere(let status, let text) = try await find("example.org") else { throw Unexpected() }
        #expect(status == EnhancedStatusCode(5, 1, 10))
        #expect(text.contains("null MX"))
    }

    @Test("No such domain, and no address of any host, is for good; a server that fails is for now")
    func failures() async throws {
        guard case .nowhere(EnhancedStatusCode(5, 4, 4), _) = try await find("nowhere.example") else {
            throw Unexpected()
        }
        dns.setMailExchangers("example.org", [(10, "gone.example.org")])
        guard case .nowhere(EnhancedStatusCode(5, 4, 4), _) = try await find("example.org") else { throw Unexpected() }
        dns.setMailExchangers("example.org", [(10, "gone.example.org"), (20, "broken.example.org")])
        dns.setUnavailable("broken.example.org")
        guard case .unknown(EnhancedStatusCode(4, 4, 3), _) = try await find("example.org") else { throw Unexpected() }
        dns.setAddresses("gone.example.org", ["192.0.2.1"])
        #expect(names(try await find("example.org")) == ["gone.example.org[192.0.2.1]:25"])
        dns.setUnavailable("example.org")
        guard case .unknown(EnhancedStatusCode(4, 4, 3), _) = try await find("example.org") else { throw Unexpected() }
    }

    @Test(
        "Among exchangers that name us, only better ones are tried; as the best we are a loop",
        arguments: [true, false])
    func ourselves(_ byName: Bool) async throws {
        dns.setMailExchangers("example.org", [(5, "better.example"), (10, "us.example"), (20, "worse.example")])
        for (name, address) in [("better", "192.0.2.1"), ("us", "192.0.2.2"), ("worse", "192.0.2.3")] {
            dns.setAddresses("\(name).example", [address])
        }
        var options = HostFinder.Options()
        if byName {
            options.ownNames = [try #require(DNSName("us.example"))]
        } else {
            options.ownAddresses = [.address(try #require(DNSAddress("192.0.2.2")), port: 25)]
        }
        #expect(names(try await find("example.org", options)) == ["better.example[192.0.2.1]:25"])
        dns.setMailExchangers("example.org", [(10, "us.example"), (20, "worse.example")])
        guard case .nowhere(let status, let text) = try await find("example.org", options) else { throw Unexpected() }
        #expect(status == EnhancedStatusCode(5, 4, 6))
        #expect(text == "Mail for example.org loops back to myself")
    }

    @Test("What DNSSEC vouches for stays with the host, and the name behind a secure alias is known")
    func security() async throws {
        dns.setMailExchangers("example.org", [(10, "mx.example.org")], isSecure: true)
        dns.set("mx.example.org") {
            $0.alias = DNSName("real.example.org")
            $0.isSecure = true
        }
        dns.setAddresses("real.example.org", ["192.0.2.1"], isSecure: true)
        guard case .hosts(let hosts) = try await find("example.org") else { throw Unexpected() }
        #expect(hosts.allSatisfy { $0.isSecure && $0.hasSecureAddress })
        #expect(hosts.first?.canonicalName?.description == "real.example.org")
    }

    private struct Unexpected: Error {}
}
