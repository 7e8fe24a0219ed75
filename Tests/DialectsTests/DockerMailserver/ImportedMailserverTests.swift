import Dialects
import Directory
import SiteConfiguration
import Testing

/// The composed files, read by the dialects of the programs they are for.
@Suite struct ImportedMailserverTests {
    private func imported(
        _ files: [String: String], places: [(path: String, hostPath: String)] = []
    ) -> ImportedSite {
        let contents = files.mapValues { Array($0.utf8) }
        var request = ImportRequest(origins: [ConfigurationOrigin(.dockerMailserver, path: "/site")])
        request.places = places
        return SiteImport.read(
            request,
            host: ConfigurationFiles.Host(
                read: { contents[$0] }, list: { MailserverSite.names(in: $0, of: contents.keys) }),
            environment: [:], machineName: "host.example.net")
    }

    private static let basic = [
        "/site/compose.yaml": MailserverPageTests.basicSetup,
        "/site/certificates/live/mail.example.com/fullchain.pem": "certificate",
        "/site/certificates/live/mail.example.com/privkey.pem": "key",
    ]

    @Test func `the LDAP page's basic setup is a site without a refusal`() {
        let site = imported(Self.basic)
        let errors = site.faults.filter { $0.severity == .error }.map(\.description)
        #expect(errors.isEmpty, "\(errors)")
        #expect(site.model.hostname.value == "mail.example.com")
        #expect(site.model.senders.checksLogin)
        #expect(!site.model.accounts.passwords.isEmpty)
        #expect(Set(site.model.listeners.map(\.port)).isSuperset(of: [25, 587, 465, 143, 993]))
    }

    @Test func `the forward-only page is a site without a refusal, and serves no IMAP`() {
        let site = imported([
            "/site/mailserver.env": "OVERRIDE_HOSTNAME=mail.example.org\n" + ForwardOnlyPageTests.environment,
            "/site/config/user-patches.sh": ForwardOnlyPageTests.patches,
        ])
        let errors = site.faults.filter { $0.severity == .error }.map(\.description)
        #expect(errors.isEmpty, "\(errors)")
        #expect(site.model.listeners.filter(\.kind.servesMailboxes).isEmpty)
        #expect(site.model.accounts.submission?.passwords.count == 1)
    }

    @Test func `accounts in files are a site without a refusal`() {
        let site = imported(
            [
                "/site/mailserver.env": "OVERRIDE_HOSTNAME=mail.example.org\nSSL_TYPE=\nSPOOF_PROTECTION=1\n",
                "/site/config/postfix-accounts.cf": "alice@example.org|{SHA512-CRYPT}$6$a\n",
                "/site/config/postfix-virtual.cf": "info@example.org alice@example.org\n",
                "/site/config/dovecot-quotas.cf": "alice@example.org:10M\n",
            ], places: [("/var/mail", "/srv/mail")])
        #expect(site.faults.map(\.description) == [])
        #expect(!site.model.accounts.users.isEmpty)
    }
}
