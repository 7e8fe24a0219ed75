import Dialects
import Directory
import MailModel
import SiteConfiguration
import Testing

@Suite struct PostfixImportTests {
    @Test(arguments: PostfixSite.all)
    func `given a document's configuration, when it is read, then it has no fault that keeps it from starting`(
        _ site: PostfixSite
    ) {
        let draft = site.read()
        #expect(draft.faults.filter { $0.severity == .error } == [])
        #expect(draft.report.refusals(accepting: []).map(\.description) == [])
        #expect(!draft.model.listeners.isEmpty)
    }

    @Test(arguments: PostfixSite.all)
    func
        `given a document's configuration, when it is read, then the report tells of each parameter once, and no secret`(
            _ site: PostfixSite
        ) throws
    {
        let draft = site.read()
        let main = try #require(site.files["/etc/postfix/main.cf"])
        for (index, line) in main.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let first = line.first, first.isLetter,
                let name = line.split(whereSeparator: { " =".contains($0) }).first
            else { continue }
            let place = SourceLocation(file: "/etc/postfix/main.cf", line: index + 1)
            let entries = draft.report.entries.filter { $0.setting == String(name) && $0.location == place }
            #expect(entries.count == 1, "\(name) at \(place)")
        }
        for secret in ["readerpw", "dovecotpw", "systempw", "mypassword"] {
            #expect(!draft.report.entries.contains { $0.value.contains(secret) || $0.note.contains(secret) })
            #expect(!draft.faults.contains { $0.description.contains(secret) })
        }
    }

    @Test func `given the howto with two classes of domains, when it is read, then classes and tables are as it says`()
        throws
    {
        let model = PostfixSite.vennedey.read().model
        #expect(model.hostname.value == "mx0.example.com")
        #expect(model.routing.origin?.value == "mx0.example.com")
        #expect(names(model.routing.localDomains) == ["localhost"])
        #expect(names(model.routing.mailboxDomains) == ["mx0.example.com"])
        #expect(names(model.routing.aliasDomains) == ["ldap:/etc/postfix/ldap/virtual_alias_domains"])
        let aliases = try #require(ldap(model.routing.aliases.first))
        #expect(aliases.filter.value == "mailacceptinggeneralid=%s")
        #expect(aliases.filter.location.description == "/etc/postfix/ldap/virtual_alias_maps:14")
        #expect(aliases.resultAttributes.map(\.value) == ["maildrop"])
        #expect(model.directories.count == 1)
        guard case .servers(let servers) = model.directories.first?.kind,
            case .simple(let name, let password, _) = servers.bind
        else {
            Issue.record("no server, or no bind")
            return
        }
        #expect(servers.urls.map(\.value) == ["ldap://ldap.example.com"])
        #expect(servers.startTLS && servers.tls.verifies)
        #expect(servers.tls.caFile?.value == "/etc/ldap/tls/CA.pem")
        #expect(name.value == "cn=mailAccountReader,ou=Manager,dc=example,dc=com")
        #expect(password.value.matches(Array("readerpw".utf8)))
        guard case .tables(let mailboxes) = model.routing.mailboxes else {
            Issue.record("mailboxes are not found by tables")
            return
        }
        #expect(ldap(mailboxes.paths.first)?.resultFormat?.value == "%s/mailbox/")
        #expect(mailboxes.base?.value == "/")
        #expect(model.store.roots.isEmpty)
        #expect(model.store.recipientHeaders)
        #expect(ldap(model.senders.logins.first)?.resultAttributes.map(\.value) == ["uid"])
    }

    @Test func `given the howto with two classes of domains, when it is read, then its listeners speak as Postfix did`()
        throws
    {
        let model = PostfixSite.vennedey.read().model
        #expect(model.listeners.map(\.name) == ["smtp *:25", "submission *:587"])
        let smtp = try #require(model.listeners.first)
        #expect(smtp.options.tls?.value == .may)
        #expect(smtp.options.authentication?.value == .underTLS)
        #expect(smtp.options.offersBrokenAuthentication?.value == true)
        #expect(smtp.options.banner?.value == "mx0.example.com ESMTP Postfix (Debian/GNU)")
        #expect(model.listeners.last?.options.tls?.value == .encrypt)
        let policy = try #require(model.policy("smtp/inet"))
        #expect(
            spelled(policy.relayRestrictions) == [
                "permit_mynetworks", "permit_sasl_authenticated", "defer_unauth_destination",
            ])
        #expect(spelled(policy.recipientRestrictions) == ["reject_sender_login_mismatch"])
        #expect(names(policy.networks) == ["127.0.0.0/8", "[::ffff:127.0.0.0]/104", "[::1]/128"])
        #expect(model.tls.certificate?.value == "/etc/postfix/tls/server.crt")
        #expect(model.tls.minimumVersion.value == "1.0")
        #expect(model.tls.inReceivedHeader)
        #expect(model.tls.cipherSuites.contains { $0.value == "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384" })
        #expect(model.outgoing.client.tlsLevel?.value == .verify)
        #expect(model.outgoing.client.caDirectory?.value == "/etc/ssl/certs")
        #expect(model.outgoing.delayWarning?.value == .seconds(4 * 3600))
        #expect(model.accounts.submission == nil)
    }

    @Test
    func
        `given virtual as the local transport, when it is read, then local recipients and mailboxes share their table`()
        throws
    {
        let draft = PostfixSite.pragyan.read()
        let model = draft.model
        #expect(names(model.routing.localDomains) == ["pragyan.org"])
        guard case .mailboxes = model.routing.localTransport else {
            Issue.record("local_transport = virtual does not lead to the mailboxes")
            return
        }
        #expect(ldap(model.routing.localRecipients?.first)?.filter.value == "(&(objectClass=*)(mail=%s))")
        #expect(model.routing.localRecipients?.first?.nameAndLocation.location.file == "/etc/postfix/accounts.cf")
        #expect(model.store.roots.map(\.value) == ["/var/spool/mail/virtual"])
        #expect(ldap(model.routing.aliases.first)?.specialResultAttributes.map(\.value) == ["contact"])
        #expect(draft.report.entries.contains { $0.fate == .difference(.selfContainingGroups) })
        // Written before Postfix 2.10: its default of then keeps strangers from relaying.
        let policy = try #require(model.policies.first)
        #expect(spelled(policy.recipientRestrictions) == ["permit_mynetworks", "reject_unauth_destination"])
        #expect(policy.relayRestrictions.isEmpty)
        #expect(model.routing.completedDomain?.value == "pragyan.org")
    }

    @Test func `given tables inside main.cf, when they are read, then each parameter keeps its line there`() throws {
        let draft = PostfixSite.vriesman.read()
        let model = draft.model
        #expect(
            names(model.routing.localDomains) == [
                "smtp1.mydomain.nl", "localhost.mydomain.nl", "localhost.localdomain", "ldap:acceptdomains",
            ])
        let alias = try #require(ldap(model.routing.aliases.first))
        #expect(alias.name == "ldap:ldapalias")
        #expect(alias.filter.location.description == "/etc/postfix/main.cf:38")
        #expect(alias.searchBase?.value == "ou=Tokelau,o=company")
        guard case .servers(let servers) = model.directories.first?.kind else { return }
        #expect(servers.urls.map(\.value) == ["ldap://ldap.mydomain.nl:389"])
        #expect(draft.report.entries.contains { $0.fate == .difference(.keylessDomains) && $0.location.line == 28 })
        guard case .tables(let mailboxes) = model.routing.mailboxes else { return }
        #expect(mailboxes.sizeLimit == nil)
        #expect(mailboxes.minimumUID?.value == 500)
        guard case .constant(let uid)? = mailboxes.uids.first else {
            Issue.record("virtual_uid_maps is no constant")
            return
        }
        #expect(uid.value == "5000")
        // local_recipient_maps was left at its default: system users, then aliases.
        #expect(model.routing.localRecipients?.count == 2)
    }

    @Test
    func `given docker-mailserver's files, when they are read with Dovecot's sockets, then delivery is joined inside`()
        throws
    {
        let draft = PostfixSite.dockerLDAP.read()
        let model = draft.model
        #expect(
            model.listeners.map(\.name) == [
                "smtp *:25", "submission *:587", "submissions *:465", "smtp 127.0.0.1:10025",
            ])
        guard case .accounts = model.routing.virtualTransport else {
            Issue.record("Dovecot's LMTP socket is not joined")
            return
        }
        #expect(names(model.routing.mailboxDomains) == ["example.com", "ldap:/etc/postfix/ldap-domains.cf"])
        let submission = try #require(model.policy("submission/inet"))
        #expect(
            spelled(submission.senderRestrictions) == [
                "reject_authenticated_sender_login_mismatch", "permit_sasl_authenticated", "permit_mynetworks",
                "reject_unknown_sender_domain",
            ])
        #expect(submission.senderRestrictions.count == 4)
        #expect(model.policy("smtp/inet")?.isAuthenticationEnabled == false)
        #expect(model.listeners.first?.options.authentication?.value == .off)
        #expect(model.listeners[2].options.tls?.value == .encrypt)
        #expect(model.tls.minimumVersion.value == "1.2")
        let filters = draft.report.entries.filter { $0.fate == .missingFilter }.map(\.setting)
        for filter in ["smtpd_milters", "header_checks", "smtp/inet postscreen"] {
            #expect(filters.contains(filter), "\(filter)")
        }
        #expect(draft.report.entries.contains { $0.setting == "tls_require_cert" && $0.fate == .weak })
    }

    @Test func `given the SASL library and no saslauthd in the import, when it is read, then its socket is asked`()
        throws
    {
        let draft = PostfixSite.dockerForwarding.read()
        let login = try #require(draft.model.accounts.submission)
        #expect(login.passwords.first?.service?.value == "saslauthd:/var/run/saslauthd/mux")
        #expect(login.passwords.first?.service?.location.description == "/etc/postfix/sasl/smtpd.conf:1")
        #expect(login.realm?.value == "example.com")
        #expect(login.splitsRealm)
        #expect(login.mechanisms.map(\.value) == ["PLAIN", "LOGIN"])
        #expect(names(draft.model.routing.mailboxDomains) == ["example.com"])
        let aliases = try #require(ldap(draft.model.routing.aliases.first))
        #expect(names(aliases.domains) == ["example.org"])
        guard case .servers(let servers) = draft.model.directories.first?.kind else { return }
        #expect(servers.urls.map(\.value) == ["ldap://ldap.example.org:389"])
    }
}

func names(_ items: [MatchItemModel]) -> [String] {
    items.map { item in
        switch item {
        case .name(let name): name.value
        case .table(let table): table.nameAndLocation.value
        case .exceptTable(let table): "!" + table.nameAndLocation.value
        }
    }
}

func ldap(_ table: TableModel?) -> LDAPTableModel? {
    guard case .ldap(let table)? = table else { return nil }
    return table
}

func spelled(_ list: [RestrictionModel]) -> [String] {
    list.map { restriction in
        switch restriction {
        case .named(let name): name.value
        case .access(let key, let table): "\(key.value.rawValue) \(table.nameAndLocation.value)"
        case .warning(let next, _): "warn_if_reject \(spelled([next]).joined())"
        case .policyService(let server): "check_policy_service \(server.value)"
        }
    }
}
