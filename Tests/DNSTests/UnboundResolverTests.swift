import DNS
import PostroomTesting
import Testing

@Suite struct UnboundResolverTests {
    static let zone = NameServerZone(
        "example.test",
        """
        @ MX 20 backup
        @ MX 10 mail
        @ MX 10 mail.elsewhere.test.
        @ TXT "v=spf1 " "mx -all"
        @ TXT "second"
        mail A 192.0.2.25
        mail AAAA 2001:db8::25
        _25._tcp.mail TLSA 3 1 1 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
        null MX 0 .
        alias CNAME alias2
        alias2 CNAME mail
        outside CNAME mail.insecure.test.
        dangling CNAME nowhere
        strange CNAME 0/25.example.test.
        0/25 A 192.0.2.26
        badmx MX 10 a/b.example.test.
        halfbad MX 10 a/b.example.test.
        halfbad MX 20 mail
        many A 192.0.2.1
        many A 192.0.2.2
        many A 192.0.2.3
        many A 192.0.2.4
        xn--bcher-kva A 192.0.2.77
        """, isSigned: true)
    static let reverse = NameServerZone("2.0.192.in-addr.arpa", "25 PTR mail.example.test.\n26 PTR nobody.a/b.test.")

    static func withResolver<Value>(
        _ zones: [NameServerZone], anchors: [String] = ["example.test"],
        _ change: (inout UnboundOptions) -> Void = { _ in },
        _ body: (UnboundResolver, RunningNameServer) async throws -> Value
    ) async throws -> Value {
        try await RunningNameServer.withServer(zones) { server in
            var options = UnboundOptions()
            options.servers = .forwarders([try #require(DNSServerAddress(server.address))])
            options.hostsFile = nil
            options.trustAnchors = try anchors.map { try server.trustAnchor(of: $0) }
            // The names that RFC 6761 keeps for tests.
            options.stubZones = zones.compactMap { zone in
                guard let name = DNSName(zone.name), let address = DNSServerAddress(server.address) else { return nil }
                return .init(zone: name, servers: [address])
            }
            change(&options)
            let resolver = try await UnboundResolver.open(options)
            let value = try await body(resolver, server)
            await resolver.shutDown()
            return value
        }
    }

    @Test func `given a signed zone, when its records are asked for, then they are found and secure`() async throws {
        try await Self.withResolver([Self.zone, Self.reverse]) { resolver, _ in
            let example = try named("example.test")
            let mail = try named("mail.example.test")

            let exchangersAnswer = await resolver.mailExchangers(of: example)
            let exchangers = try #require(exchangersAnswer.foundRecords)
            #expect(exchangers.isSecure && !exchangers.isAlias && exchangers.canonicalName == example)
            #expect(exchangers.timeToLive > .zero && exchangers.timeToLive <= .seconds(300))
            #expect(
                Set(exchangers.records) == [
                    MailExchanger(preference: 10, host: mail),
                    MailExchanger(preference: 10, host: DNSName("mail.elsewhere.test")),
                    MailExchanger(preference: 20, host: DNSName("backup.example.test")),
                ])

            let v4Answer = await resolver.addresses(of: mail, .v4)
            let v4 = try #require(v4Answer.foundRecords)
            #expect(v4.records.map(\.description) == ["192.0.2.25"] && v4.isSecure)
            let v6Answer = await resolver.addresses(of: mail, .v6)
            let v6 = try #require(v6Answer.foundRecords)
            #expect(v6.records.map(\.description) == ["2001:db8::25"] && v6.isSecure)

            let textsAnswer = await resolver.texts(of: example)
            let texts = try #require(textsAnswer.foundRecords)
            #expect(Set(texts.records) == [Array("v=spf1 mx -all".utf8), Array("second".utf8)])

            let tlsaAnswer = await resolver.tlsa(of: try named("_25._tcp.mail.example.test"))
            let tlsa = try #require(tlsaAnswer.foundRecords)
            #expect(tlsa.isSecure)
            #expect(tlsa.records.map { [$0.usage, $0.selector, $0.matching] } == [[3, 1, 1]])
            #expect(tlsa.records.first?.data.count == 32)

            let serversAnswer = await resolver.nameServers(of: example)
            let servers = try #require(serversAnswer.foundRecords)
            #expect(servers.records.map(\.description) == ["ns.example.test"])

            let address = try #require(DNSAddress("192.0.2.25"))
            let namesAnswer = await resolver.names(of: address)
            let names = try #require(namesAnswer.foundRecords)
            #expect(names.records == [mail] && !names.isSecure)
        }
    }

    @Test func `the null MX is an exchanger without a host`() async throws {
        try await Self.withResolver([Self.zone]) { resolver, _ in
            let answer = await resolver.mailExchangers(of: try named("null.example.test"))
            #expect(answer.foundRecords?.records == [MailExchanger(preference: 0, host: nil)])
        }
    }

    @Test func `an alias leads to its records, and is secure only if all of its way is`() async throws {
        let insecure = NameServerZone("insecure.test", "mail A 192.0.2.99")
        try await Self.withResolver([Self.zone, insecure]) { resolver, _ in
            let chainAnswer = await resolver.addresses(of: try named("alias.example.test"), .v4)
            let chain = try #require(chainAnswer.foundRecords)
            #expect(chain.isAlias && chain.isSecure && chain.canonicalName == DNSName("mail.example.test"))
            #expect(chain.records.map(\.description) == ["192.0.2.25"])

            let outsideAnswer = await resolver.addresses(of: try named("outside.example.test"), .v4)
            let outside = try #require(outsideAnswer.foundRecords)
            #expect(outside.isAlias && !outside.isSecure)
            #expect(outside.canonicalName == DNSName("mail.insecure.test"))

            let strangeAnswer = await resolver.addresses(of: try named("strange.example.test"), .v4)
            let strange = try #require(strangeAnswer.foundRecords)
            #expect(strange.isAlias && strange.canonicalName.description == "0?25.example.test")

            let dangling = await resolver.addresses(of: try named("dangling.example.test"), .v4)
            #expect(dangling == .absent(nameExists: false, isSecure: true))
        }
    }

    @Test func `a name without such records exists; a name that isn't there doesn't; DNSSEC proves both`() async throws
    {
        let insecure = NameServerZone("insecure.test", "mail A 192.0.2.99")
        try await Self.withResolver([Self.zone, insecure]) { resolver, _ in
            func ask(_ name: String) async -> DNSAnswer<MailExchanger>? {
                guard let name = DNSName(name) else { return nil }
                return await resolver.mailExchangers(of: name)
            }
            #expect(await ask("mail.example.test") == .absent(nameExists: true, isSecure: true))
            #expect(await ask("nobody.example.test") == .absent(nameExists: false, isSecure: true))
            #expect(await ask("mail.insecure.test") == .absent(nameExists: true, isSecure: false))
            #expect(await ask("nobody.insecure.test") == .absent(nameExists: false, isSecure: false))
        }
    }

    @Test func `an international name is asked for by its A-label`() async throws {
        try await Self.withResolver([Self.zone]) { resolver, _ in
            let answer = await resolver.addresses(of: try named("Bücher.example.test"), .v4)
            #expect(answer.records.map(\.description) == ["192.0.2.77"])
        }
    }

    @Test func `records that can't be read are passed over, and without any other nothing is known`() async throws {
        try await Self.withResolver([Self.zone, Self.reverse]) { resolver, _ in
            let half = await resolver.mailExchangers(of: try named("halfbad.example.test"))
            #expect(half.records == [MailExchanger(preference: 20, host: DNSName("mail.example.test"))])
            let bad = await resolver.mailExchangers(of: try named("badmx.example.test"))
            #expect(bad.reason?.contains("can be read") == true)
            let name = await resolver.names(of: .v4(0xC000_021A))
            #expect(name.reason != nil)
        }
    }

    @Test func `no more records are taken of an answer than the options say`() async throws {
        try await Self.withResolver([Self.zone], { $0.maximumRecords = 2 }) { resolver, _ in
            let answer = await resolver.addresses(of: try named("many.example.test"), .v4)
            #expect(answer.records.count == 2)
        }
    }

    @Test func `a forged record is unavailable, and the rest of its zone is not`() async throws {
        let forged = NameServerZone(
            "forged.test", "mail A 192.0.2.25\nother A 192.0.2.26", isSigned: true,
            tampering: { $0.replacing("192.0.2.25", with: "203.0.113.66") })
        try await Self.withResolver([forged], anchors: ["forged.test"]) { resolver, _ in
            let answer = await resolver.addresses(of: try named("mail.forged.test"), .v4)
            let reason = try #require(answer.reason)
            #expect(reason.contains("not valid by DNSSEC") && reason.contains("mail.forged.test"))
            let other = await resolver.addresses(of: try named("other.forged.test"), .v4)
            #expect(other.foundRecords?.isSecure == true)
        }
    }

    @Test func `signatures taken out below a key that is there make the answer unavailable`() async throws {
        let stripped = NameServerZone(
            "stripped.test", "mail A 192.0.2.25", isSigned: true,
            tampering: { text in
                text.split(separator: "\n").filter { !$0.contains("RRSIG\tA ") }.joined(separator: "\n") + "\n"
            })
        try await Self.withResolver([stripped], anchors: ["stripped.test"]) { resolver, _ in
            let answer = await resolver.addresses(of: try named("mail.stripped.test"), .v4)
            #expect(answer.reason?.contains("not valid by DNSSEC") == true)
        }
    }

    @Test(arguments: UnboundOptions.Validation.allCases)
    func `a server that knows no DNSSEC leaves answers insecure, unless validation is required`(
        _ validation: UnboundOptions.Validation
    ) async throws {
        // The signed zone's key as anchor, and a server that has the same zone unsigned.
        let signed = NameServerZone("example.test", "mail A 192.0.2.25", isSigned: true)
        let plain = NameServerZone("example.test", "mail A 192.0.2.25")
        let anchor = try await RunningNameServer.withServer([signed]) { try $0.trustAnchor(of: "example.test") }
        try await Self.withResolver(
            [plain], anchors: [],
            {
                $0.trustAnchors = [anchor]
                $0.validation = validation
            }
        ) { resolver, _ in
            let answer = await resolver.addresses(of: try named("mail.example.test"), .v4)
            switch validation {
            case .off, .whenPossible: #expect(answer.foundRecords?.isSecure == false)
            case .required: #expect(answer.reason?.contains("not valid by DNSSEC") == true)
            }
        }
    }

    @Test func `zones that the site names as unsigned, and private ones, are not validated`() async throws {
        let root = NameServerZone(".", "example.test. NS ns.example.test.", isSigned: true)
        let inside = NameServerZone("inside.example", "mail A 192.0.2.1")
        let corp = NameServerZone("corp", "mail A 192.0.2.2")
        try await Self.withResolver(
            [root, inside, corp], anchors: ["."],
            { $0.unsignedZones = [DNSName("inside.example")].compactMap { $0 } }
        ) { resolver, _ in
            let unsigned = await resolver.addresses(of: try named("mail.inside.example"), .v4)
            #expect(unsigned.foundRecords?.isSecure == false)
            let kept = await resolver.addresses(of: try named("mail.corp"), .v4)
            #expect(kept.foundRecords?.isSecure == false)
            let absent = await resolver.addresses(of: try named("mail.example"), .v4)
            #expect(absent == .absent(nameExists: false, isSecure: true))
        }
    }

    @Test func `names of the hosts file are answered without a server`() async throws {
        let folder = try TemporaryFolder("hosts")
        let hosts = try folder.write("192.0.2.3 printer.office printer\n", to: "hosts")
        let silent = try SilentNameServer()
        var options = UnboundOptions()
        options.servers = .forwarders([try #require(DNSServerAddress(silent.address))])
        options.hostsFile = hosts
        options.timeLimit = .seconds(60)
        let resolver = try await UnboundResolver.open(options)
        let answer = await resolver.addresses(of: try named("printer.office"), .v4)
        #expect(answer.records.map(\.description) == ["192.0.2.3"])
        #expect(answer.foundRecords?.isSecure == false)
        await resolver.shutDown()
    }
}

extension DNSAnswer {
    var foundRecords: DNSRecords<Record>? {
        guard case .found(let records) = self else { return nil }
        return records
    }

    var reason: String? {
        guard case .unavailable(let reason) = self else { return nil }
        return reason
    }
}
