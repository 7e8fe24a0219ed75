import LDAP
import PostroomTesting
import Testing

@Suite struct LDAPTLSTests {
    @Test func `TLS is used from the first byte, or after StartTLS, by name and by address`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let port = try #require(slapd.tlsPort)
            for url in [slapd.tlsURL, "ldaps://127.0.0.1:\(port)"] {
                let connection = try await slapd.connect(url, tls: slapd.trusting)
                try await connection.bind(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))
                #expect(try await connection.search(slapd.search("(uid=mail000)")).entries.count == 1)
            }
            for url in [slapd.namedURL, slapd.url] {
                let connection = try await slapd.connect(url, tls: slapd.trusting)
                try await connection.startTLS()
                try await connection.bind(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))
                #expect(try await connection.search(slapd.search("(uid=mail000)")).entries.count == 1)
                #expect(await code { try await connection.startTLS() } == .operationInProgress)
            }
        }
    }

    @Test func `an unknown authority and a wrong name are refused, with what to do`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            let stranger = LDAPTLSOptions(authorityFile: slapd.certificates?.strangerAuthority)
            for url in [slapd.tlsURL, slapd.namedURL] {
                let error = await #expect(throws: LDAPError.self) {
                    let connection = try await slapd.connect(url, tls: stranger)
                    try await connection.startTLS()
                }
                #expect(error?.code == .tlsFailed)
                #expect(error?.description.contains("'localhost' is not signed by a known authority") == true)
                #expect(error?.description.hasPrefix("ldap") == true)
            }
        }
        let other = "DNS:ldap.example.org,IP:127.9.9.9"
        try await Slapd.withServer(.vennedey, tls: true, certificateNames: other) { slapd in
            let port = try #require(slapd.tlsPort)
            for (url, host) in [(slapd.tlsURL, "localhost"), ("ldaps://127.0.0.1:\(port)", "127.0.0.1")] {
                let error = await #expect(throws: LDAPError.self) {
                    try await slapd.connect(url, tls: slapd.trusting)
                }
                #expect(error?.code == .tlsFailed)
                #expect(error?.description.contains("certificate is not for '\(host)'") == true)
            }
            var tls = slapd.trusting
            tls.verification = .ignoreName
            _ = try await slapd.connect(slapd.tlsURL, tls: tls).whoAmI()
            _ = try await slapd.connect(slapd.tlsURL, tls: LDAPTLSOptions(verification: .never)).whoAmI()
        }
    }

    @Test func `a client certificate is an identity`() async throws {
        try await Slapd.withServer(.vennedey, tls: true) { slapd in
            var tls = slapd.trusting
            tls.certificateFile = slapd.certificates?.clientCertificate
            tls.keyFile = slapd.certificates?.clientKey
            let connection = try await slapd.connect(slapd.tlsURL, tls: tls)
            try await connection.bindExternally()
            #expect(try await connection.whoAmI() == "dn:cn=postroom")
        }
    }

    @Test func `files that can't be used are named before anything is connected`() throws {
        let folder = try TemporaryFolder()
        let garbage = try folder.write("no certificate", to: "garbage.pem")
        for options in [
            LDAPTLSOptions(authorityFile: "/nowhere/ca.pem"), LDAPTLSOptions(authorityFile: garbage),
            LDAPTLSOptions(certificateFile: garbage, keyFile: garbage), LDAPTLSOptions(certificateFile: garbage),
        ] {
            let error = #expect(throws: LDAPError.self) { try LDAPTLSContext(options) }
            #expect(error?.code == .misconfigured)
        }
    }

    @Test func `a server without TLS is not spoken to in the clear`() async throws {
        try await Slapd.withServer(.vennedey) { slapd in
            let connection = try await slapd.connect()
            let refused = await code { try await connection.startTLS() }
            #expect(refused == .result(.protocolError) || refused == .result(.unavailable))
            #expect(await code { try await slapd.connect("ldaps://127.0.0.1:\(slapd.port)") } == .tlsFailed)
        }
    }
}
