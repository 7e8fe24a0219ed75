import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct LDAPClientImportTests {
    private func read(_ files: [String: String], _ environment: [String: String] = [:]) -> SiteDraft {
        var draft = ProgramFiles(files, environment: environment).draft()
        LDAPClientImport.read(into: &draft)
        return draft
    }

    @Test func `options of the system's file, in any case`() {
        let draft = read([
            "/etc/ldap/ldap.conf": """
            # comment
            BASE\tdc=example,dc=com
            uri\tldap://ldap.example.com ldap://ldap-provider.example.com:666
            TLS_CACERT\t/etc/ssl/certs/ca-certificates.crt
            Tls_ReqCert demand
            TLS_PROTOCOL_MIN 3.3
            SIZELIMIT 12
            TLS_CERT /etc/own.pem
              DEREF never

            """
        ])
        let defaults = draft.ldapDefaults
        #expect(defaults.urls.map(\.value) == ["ldap://ldap.example.com", "ldap://ldap-provider.example.com:666"])
        #expect(defaults.base?.location.description == "/etc/ldap/ldap.conf:2")
        #expect(defaults.caFile?.value == "/etc/ssl/certs/ca-certificates.crt")
        #expect(defaults.certificateCheck?.value == .demand)
        #expect(defaults.minimumVersion?.value == "1.2")
        #expect(defaults.certificate == nil, "TLS_CERT is for users only")
        #expect(defaults.dereference == nil, "an option begins its line")
        #expect(draft.fate("SIZELIMIT") == .ignored && draft.fate("TLS_CERT") == .ignored)
        #expect(draft.report.entries.count == 8)
    }

    @Test func `variables override LDAPCONF's file, and that the system's`() {
        let draft = read(
            [
                "/etc/openldap/ldap.conf": "URI ldap://one\nTLS_REQCERT demand\nTLS_CACERT /a\n",
                "/srv/ldap.conf": "URI ldap://two\nTLS_REQCERT allow\n",
            ], ["LDAPCONF": "/srv/ldap.conf", "LDAPURI": "ldaps://three", "LDAPTLS_KEY": "/own.key", "LDAPBASE": "=x"])
        #expect(draft.ldapDefaults.urls.map(\.value) == ["ldaps://three"])
        #expect(draft.ldapDefaults.certificateCheck?.value == .allow)
        #expect(draft.ldapDefaults.caFile?.value == "/a")
        #expect(draft.ldapDefaults.key?.value == "/own.key")
        #expect(draft.ldapDefaults.base == nil)
        #expect(draft.fate("TLS_REQCERT") == .used && draft.entries("TLS_REQCERT").last?.fate == .weak)
        #expect(draft.warnings.count == 1)
    }

    @Test func `LDAPNOINIT switches all defaults off`() {
        let draft = read(
            ["/etc/ldap/ldap.conf": "TLS_REQCERT never\n"], ["LDAPNOINIT": "", "LDAPTLS_REQCERT": "never"])
        #expect(draft.ldapDefaults.certificateCheck == nil)
    }

    @Test func `what a program leaves open comes from here`() throws {
        var files = DovecotSites.container
        files["/etc/ldap/ldap.conf"] = "TLS_REQCERT never\nTLS_CACERT /etc/ca.pem\nTIMEOUT 7\n"
        files["/etc/dovecot/dovecot-ldap.conf.ext"] = files["/etc/dovecot/dovecot-ldap.conf.ext"]?
            .replacing("tls = no", with: "tls = yes")
        let servers = try #require(ProgramFiles(files).dovecot().servers)
        #expect(servers.startTLS && !servers.tls.verifies)
        #expect(servers.tls.caFile?.value == "/etc/ca.pem")
        #expect(servers.operationTimeout == .seconds(7))
    }
}
