import LDAP
import PostroomTesting
import Testing

@Suite struct LDAPConnectionTests {
    @Test func `entries are added, found, changed, renamed, compared and deleted`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect()
            #expect(try await connection.whoAmI() == "")
            try await connection.bind(name: slapd.rootDN, password: LDAPPassword(slapd.rootPassword))
            #expect(try await connection.whoAmI() == "dn:\(slapd.rootDN)")

            let name = "cn=new,\(slapd.directory.suffix)"
            let value = [UInt8](0...255)
            try await connection.add(
                LDAPEntry(
                    name: name,
                    attributes: [
                        LDAPAttribute("objectClass", [bytes("person")]), LDAPAttribute("cn", [bytes("new")]),
                        LDAPAttribute("sn", [bytes("n(e*w")]), LDAPAttribute("userPassword", [value]),
                    ]))
            #expect(
                await code { try await connection.add(LDAPEntry(name: name)) } == .result(.protocolError)
            )
            let found = try await connection.search(slapd.search(#"(sn=n\28e\2aw)"#))
            #expect(found.entries.map(\.name) == [name])
            #expect(found.entries.first?["userPassword"] == [value])

            try await connection.modify(
                name: name,
                [
                    LDAPModification(.add, "description", [bytes("a"), bytes("b")]),
                    LDAPModification(.replace, "sn", [bytes("x")]),
                ])
            #expect(try await connection.compare(name: name, attribute: "description", value: bytes("b")))
            #expect(try await !connection.compare(name: name, attribute: "sn", value: bytes("y")))
            try await connection.modifyDN(
                name: name,
                LDAPRename(newRDN: "cn=newer", deletesOldRDN: true, newSuperior: "ou=Mail,\(slapd.directory.suffix)"))
            let moved = "cn=newer,ou=Mail,\(slapd.directory.suffix)"
            let made = try await connection.modifyPassword(PasswordModification(userIdentity: moved))
            let generated = try #require(made)
            let other = try await slapd.connect()
            try await other.bind(name: moved, password: generated)
            try await connection.delete(name: moved)
            let error = await #expect(throws: LDAPError.self) { try await connection.delete(name: moved) }
            #expect(error?.code == .result(.noSuchObject))
            #expect(error?.matchedName == "ou=Mail,\(slapd.directory.suffix)")
            await connection.unbind()
            await other.unbind()
            #expect(connection.isClosed)
            #expect(await code { try await connection.whoAmI() } == .connectionLost)
        }
    }

    @Test func `a wrong password is refused and an empty one is not even sent`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect()
            #expect(
                await code { try await connection.bind(name: slapd.bindDN, password: "wrong") }
                    == .result(.invalidCredentials))
            #expect(await code { try await connection.bind(name: slapd.bindDN, password: "") } == .emptyCredentials)
            #expect(await code { try await connection.bind(name: "", password: "x") } == .emptyCredentials)
            #expect(try await connection.whoAmI() == "")
            try await connection.bind(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))
            #expect(try await connection.whoAmI() == "dn:\(slapd.bindDN)")
            try await connection.bindAnonymously()
            #expect(try await connection.whoAmI() == "")
        }
        try await ScriptedLDAPServer.withServer({ _ in
            [.reply(.bindResponse(LDAPResult(.success), serverCredentials: nil))]
        }) { liar in
            let connection = try await connect(liar)
            #expect(await code { try await connection.bind(name: "cn=x", password: "") } == .emptyCredentials)
            #expect(liar.requests.isEmpty)
        }
    }

    @Test func `a Unix socket carries searches and tells who is there`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect(slapd.socketURL)
            try await connection.bindExternally()
            #expect(try await connection.whoAmI().hasSuffix(",cn=peercred,cn=external,cn=auth"))
            #expect(try await connection.search(slapd.search("(uid=mail000)")).entries.count == 1)
        }
    }

    @Test func `many searches are outstanding at once and each gets its own answer`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect()
            let search = { @Sendable (number: Int) in
                try await connection.search(slapd.search("(uid=mail00\(number % 10))", attributes: ["uid"]))
            }
            try await withThrowingTaskGroup(of: (Int, [LDAPEntry]).self) { group in
                for number in 0..<500 { group.addTask { (number, try await search(number).entries) } }
                for try await (number, entries) in group {
                    #expect(entries.map { $0["uid"] } == [[bytes("mail00\(number % 10)")]])
                }
            }
        }
    }

    @Test func `pages and streams bring what one search brings`() async throws {
        try await Slapd.withServer(.dmsLDAP) { slapd in
            let ldif = (0..<1200).map {
                "dn: cn=many\($0),\(slapd.directory.suffix)\nobjectClass: person\ncn: many\($0)\nsn: x\n"
            }
            try await slapd.add(ldif.joined(separator: "\n"))
            let connection = try await slapd.connect()
            try await connection.bind(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))
            let request = try slapd.search("(sn=x)", attributes: ["cn"])
            let whole = try await connection.search(request)
            #expect(whole.entries.count == 1200)

            var pages: [Int] = []
            var paged: [LDAPEntry] = []
            for try await page in connection.pagedSearch(request, pageSize: 500) {
                pages.append(page.entries.count)
                paged += page.entries
            }
            #expect(pages == [500, 500, 200])
            #expect(Set(paged) == Set(whole.entries))

            var streamed: [LDAPEntry] = []
            for try await entry in connection.entries(of: request) { streamed.append(entry) }
            #expect(streamed == whole.entries)

            // One that is left early is abandoned; the connection goes on.
            for try await _ in connection.entries(of: request) { break }
            #expect(try await connection.whoAmI() == "dn:\(slapd.bindDN)")

            let few = LDAPSearchLimits(maximumEntries: 10)
            #expect(await code { try await connection.search(request, limits: few) } == .tooManyResults)
            let small = LDAPSearchLimits(maximumBytes: 1000)
            #expect(await code { try await connection.search(request, limits: small) } == .tooManyResults)
            #expect(try await connection.whoAmI() == "dn:\(slapd.bindDN)")
        }
    }

    @Test func `a search that hits a limit is no answer`() async throws {
        try await Slapd.withServer(.vennedey, sizeLimit: 3) { slapd in
            let connection = try await slapd.connect()
            let request = try slapd.search("(objectClass=*)")
            #expect(await code { try await connection.search(request) } == .result(.sizeLimitExceeded))
            var one = request
            one.sizeLimit = 1
            #expect(await code { try await connection.search(one) } == .result(.sizeLimitExceeded))
            #expect(
                await code { try await connection.search(SearchRequest(base: "o=nowhere", filter: .present("cn"))) }
                    == .result(.noSuchObject))
        }
    }

    @Test func `a killed server fails what is outstanding at once`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect()
            try await TCPFaultProxy.withProxy(to: slapd.port) { proxy in
                let held = try await slapd.connect("ldap://127.0.0.1:\(proxy.port)")
                _ = try await held.whoAmI()
                try await proxy.set(.holdAnswers)
                async let answer = code { try await held.search(everything) }
                async let other = code { try await held.whoAmI() }
                while try await held.outstandingOperations() < 2 { await Task.yield() }
                try await proxy.drop(reset: true)
                #expect(await answer == .connectionLost)
                #expect(await other == .connectionLost)
            }
            await slapd.kill()
            #expect(await code { try await connection.whoAmI() } == .connectionLost)
            #expect(await code { try await slapd.connect() } == .connectFailed)
        }
    }

    @Test func `a server that does not answer is given up at the deadline`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect()
            _ = try await connection.whoAmI()
            try await slapd.pause()
            let error = await #expect(throws: LDAPError.self) {
                try await connection.search(everything, timeout: .milliseconds(50))
            }
            #expect(error?.code == .timedOut)
            #expect(error?.isTransient == true)
            slapd.resume()
            // Nothing had come at all: the connection is not trusted any more.
            #expect(await code { try await connection.whoAmI() } == .connectionLost)
        }
    }
}
