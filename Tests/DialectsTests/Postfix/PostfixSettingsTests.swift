import Dialects
import Directory
import SiteConfiguration
import Testing

@Suite struct PostfixSettingsTests {
    private func read(_ lines: String, _ files: [String: String] = [:]) -> SiteDraft {
        var site = PostfixSite.minimal.adding(lines)
        site.files.merge(files) { $1 }
        return site.read()
    }

    private func entry(_ name: String, _ draft: SiteDraft) -> ImportReport.Entry? {
        let entries = draft.report.entries.filter { $0.setting == name }
        #expect(entries.count == 1, "\(name)")
        return entries.first
    }

    @Test func `given times and sizes, when they are read, then units are the parameter's own`() {
        let draft = read(
            """
            maximal_queue_lifetime = 3
            bounce_queue_lifetime = 12h
            delay_warning_time = 4
            minimal_backoff_time = 5m
            message_size_limit = 20480000
            virtual_mailbox_limit = 0
            bounce_size_limit = 1000
            """)
        let outgoing = draft.model.outgoing
        #expect(outgoing.lifetime?.value == .seconds(3 * 86_400))
        #expect(outgoing.bounceLifetime?.value == .seconds(12 * 3600))
        #expect(outgoing.delayWarning?.value == .seconds(4 * 3600))
        #expect(outgoing.minimalBackoff?.value == .seconds(300))
        #expect(outgoing.maximalBackoff?.value == .seconds(4000))
        #expect(draft.model.limits.messageSize.value == 20_480_000)
        #expect(outgoing.bounceSize?.location.line == 14)
    }

    @Test func `given an explicit cipher list, when suites are excluded, then they are not offered`() {
        let draft = read(
            """
            smtpd_tls_ciphers = high
            tls_high_cipherlist = ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA:AES256-SHA
            smtpd_tls_exclude_ciphers = SHA1
            tls_preempt_cipherlist = yes
            """)
        #expect(draft.model.tls.cipherSuites.map(\.value) == ["TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"])
        #expect(entry("tls_preempt_cipherlist", draft)?.fate == .ignored)
    }

    @Test func `given settings that have no effect here, when they are read, then the report does not call them used`()
    {
        let draft = read("smtpd_reject_unlisted_recipient = no\nsmtpd_tls_security_level = may")
        #expect(entry("smtpd_reject_unlisted_recipient", draft)?.fate == .weak)
        let certificate = entry("smtpd_tls_cert_file", draft)
        #expect(certificate?.fate == .weak && certificate?.note.contains("TLS is not offered") == true)
    }

    @Test(arguments: [
        ("message_size_limit = 1000\nvirtual_mailbox_limit = 2000", UInt64(2000) as UInt64?, false),
        ("message_size_limit = 2000\nvirtual_mailbox_limit = 1000", 1000, true),
        ("message_size_limit = 0\nvirtual_mailbox_limit = 1000", 1000, true),
        ("message_size_limit = 2000\nvirtual_mailbox_limit = 0", nil, false),
        ("virtual_transport = lmtp:inet:127.0.0.1:24\nvirtual_mailbox_limit = 1000", nil, false),
    ])
    func `given virtual_mailbox_limit, when virtual(8) delivers, then it bounds each message of a Maildir`(
        lines: String, limit: UInt64?, isWarnedOf: Bool
    ) {
        let draft = read(lines)
        guard case .tables(let mailboxes) = draft.model.routing.mailboxes else {
            Issue.record("no tables")
            return
        }
        #expect(mailboxes.sizeLimit?.value == limit)
        let warnings = draft.faults.filter { $0.severity == .warning && $0.description.contains("does not start") }
        #expect(warnings.count == (isWarnedOf ? 1 : 0), "\(draft.faults)")
    }

    @Test(arguments: [
        "smtpd_helo_required = ja", "message_size_limit = 10M", "maximal_queue_lifetime = 3y", "delay_warning_time = x",
        "virtual_minimum_uid = -", "smtpd_tls_security_level = maybe", "virtual_mailbox_base = srv/mail",
        "inet_protocols = ipv5", "smtpd_recipient_limit = 99999999999999999999",
        "smtpd_tls_protocols = TLSv9", "mynetworks = 2001:db8::/32", "relayhost = ${x",
        "relay_domains = /etc/postfix/none",
    ])
    func `given a value that Postfix refuses, when it is read, then it is a fault at its line with what to write`(
        _ line: String
    ) {
        let errors = read(line).faults.filter { $0.severity == .error }
        #expect(!errors.isEmpty)
        #expect(
            errors.allSatisfy { $0.location.description == "/etc/postfix/main.cf:8" && !$0.remedy.isEmpty }, "\(errors)"
        )
    }

    @Test func `given an unknown parameter, when it is read, then it is ignored and the nearest one is named`() throws {
        let draft = read("virtual_alais_maps = texthash:/etc/postfix/mailboxes\nzzz = 1\nyyy = 2\nmyorigin = $yyy")
        let misspelt = try #require(self.entry("virtual_alais_maps", draft))
        #expect(misspelt.fate == .ignored && misspelt.note.contains("virtual_alias_maps"))
        #expect(draft.faults.contains { $0.severity == .warning && $0.remedy.contains("virtual_alias_maps") })
        #expect(self.entry("zzz", draft)?.fate == .ignored)
        #expect(self.entry("yyy", draft)?.fate == .used)
    }

    @Test
    func `given what Postroom does not do, when it is set, then it must be accepted; when it is off, it is not missed`()
    {
        let draft = read(
            "relocated_maps = texthash:/etc/postfix/mailboxes\nsmtp_generic_maps = texthash:/etc/postfix/mailboxes\nluser_relay =\ndefer_transports ="
        )
        #expect(Set(draft.report.refusals(accepting: []).map(\.location.line)) == [8, 9])
        #expect(entry("defer_transports", draft)?.fate == .notNeeded)
    }

    @Test func `given addresses to shorten, transports by sender and a bound of hops, then the site has them`() {
        let draft = read(
            """
            masquerade_domains = !keep.example.org, example.org
            masquerade_classes = envelope_sender
            masquerade_exceptions = root, !admin
            sender_dependent_default_transport_maps = inline:{@a.example=smtp-a:}
            hopcount_limit = 20
            """)
        let masquerade = draft.model.routing.canonical.masquerade
        #expect(masquerade.domains.map(\.value) == ["!keep.example.org", "example.org"])
        #expect(masquerade.classes.map(\.value) == ["envelope_sender"])
        #expect(masquerade.exceptions.count == 2)
        #expect(draft.model.outgoing.senderTransports.isEmpty == false)
        // cleanup(8) counts the field of this server, and refuses what reaches the limit.
        #expect(draft.model.limits.hops?.value == 18)
        for name in [
            "masquerade_domains", "masquerade_classes", "masquerade_exceptions", "hopcount_limit",
            "sender_dependent_default_transport_maps",
        ] {
            #expect(entry(name, draft)?.fate == .used, "\(name)")
        }
    }

    @Test func `given filters, when they are set, then the report says loudly that they are missing`() {
        let draft = read(
            "smtpd_milters = inet:localhost:8891\ncontent_filter = smtp-amavis:[127.0.0.1]:10024\nnon_smtpd_milters =")
        #expect(entry("smtpd_milters", draft)?.fate == .missingFilter)
        #expect(entry("content_filter", draft)?.fate == .missingFilter)
        #expect(entry("non_smtpd_milters", draft)?.fate == .used)
    }

    @Test(arguments: [
        ("/^x/ REDIRECT a@b.example", true), ("/^x/ DISCARD", true), ("/^x/ IGNORE", false), ("/^x/ REJECT no", false),
    ])
    func `given header checks, when they would change where mail goes, then they must be accepted`(
        _ line: String, _ matters: Bool
    ) {
        let draft = read("header_checks = regexp:/etc/postfix/checks", ["/etc/postfix/checks": line + "\n"])
        #expect(draft.report.refusals(accepting: []).isEmpty == !matters)
        #expect(entry("header_checks", draft)?.fate == (matters ? .unsupported(.routing) : .missingFilter))
    }

    @Test func `given domains of system users, when they are read, then local delivery must be accepted`() {
        let draft = read("mydestination = $myhostname, example.net\nhome_mailbox = Maildir/")
        #expect(Set(draft.report.refusals(accepting: []).map(\.location.line)) == [8, 9])
        guard case .unserved? = draft.model.routing.localTransport else {
            Issue.record("mail for system users must wait, not bounce")
            return
        }
        #expect(PostfixSite.minimal.read().report.refusals(accepting: []).isEmpty)
    }

    @Test(arguments: [
        ("virtual_transport = lmtp:unix:private/dovecot-lmtp", "lmtp:unix:/var/spool/postfix/private/dovecot-lmtp"),
        ("virtual_transport = lmtp:kopano:2003", "lmtp:kopano:2003"),
        ("virtual_transport = error:5.1.1 nobody", "error:5.1.1 nobody"),
        ("virtual_transport = smtp:[a.example]:25", "smtp:[a.example]:25"),
        ("virtual_transport = dovecot", "dovecot"),
    ])
    func `given a transport, when it is read, then it is the one that is named`(_ line: String, _ spelling: String) {
        let draft = read(line)
        #expect(draft.model.routing.virtualTransport?.spelling.value == spelling)
        #expect(draft.report.refusals(accepting: []).isEmpty == (spelling != "dovecot"))
    }

    @Test func `given main.cf twice the same parameter, when it is read, then the last counts and both are reported`() {
        let draft = read("relayhost = [a.example]\nrelayhost = [b.example]")
        #expect(draft.model.outgoing.relayHost?.value == "[b.example]")
        let fates = draft.report.entries.filter { $0.setting == "relayhost" }.map { ($0.location.line, $0.fate) }
        #expect(fates.count == 2)
        #expect(fates.contains { $0 == 8 && $1 == .ignored } && fates.contains { $0 == 9 && $1 == .used })
        #expect(draft.faults.contains { $0.severity == .warning && $0.location.line == 9 })
    }

    @Test func `given no main.cf, when the site is read, then the file that is missing is named`() {
        var site = PostfixSite.minimal
        site.files["/etc/postfix/main.cf"] = nil
        #expect(site.read().faults.map(\.location.description) == ["/etc/postfix/main.cf"])
    }
}

@Suite struct PostfixHeaderSettingsTests {
    private func model(_ lines: String) -> SiteModel { PostfixSite.minimal.adding(lines).read().model }

    @Test func `given how headers are rewritten, when it is read, then the site has it so`() {
        let site = model(
            """
            canonical_classes = envelope_sender, header_sender
            sender_canonical_classes = header_sender
            always_add_missing_headers = yes
            message_drop_headers = bcc, x-secret
            local_header_rewrite_clients = permit_mynetworks, permit_sasl_authenticated, check_address_map static:all
            """)
        #expect(site.routing.canonical.classes.map(\.value) == ["envelope_sender", "header_sender"])
        #expect(site.routing.canonical.senderClasses.map(\.value) == ["header_sender"])
        #expect(site.routing.headers.alwaysAddsMissing)
        #expect(site.routing.headers.dropped?.map(\.value) == ["bcc", "x-secret"])
        for policy in site.policies { #expect(policy.headerRewriteClients?.count == 3) }
        #expect(model("").policies.allSatisfy { $0.headerRewriteClients == nil })
    }

    @Test func `given limits of clients, when they are read, then each listener holds to them`() throws {
        let site = model(
            """
            smtpd_client_message_rate_limit = 30
            smtpd_client_connection_count_limit = 5
            anvil_rate_time_unit = 5m
            mynetworks = 127.0.0.0/8
            """)
        let listener = try #require(site.listeners.first { !$0.kind.servesMailboxes })
        let limits = try #require(listener.options.clientLimits)
        #expect(limits.messageRate?.value == 30)
        #expect(limits.connections?.value == 5)
        #expect(limits.recipientRate == nil && limits.connectionRate == nil)
        #expect(limits.interval?.value == .seconds(300))
        #expect(limits.exceptions.count == 1)
        #expect(model("").listeners.allSatisfy { $0.options.clientLimits == nil })
    }
}
