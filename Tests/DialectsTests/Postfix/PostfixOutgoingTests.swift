import Dialects
import MailModel
import SiteConfiguration
import Testing

/// What main.cf and master.cf say of mail that leaves.
@Suite struct PostfixOutgoingTests {
    private func read(_ lines: String, master: String = "") -> SiteDraft {
        var site = PostfixSite.minimal.adding(lines)
        if !master.isEmpty {
            site.files["/etc/postfix/master.cf"] = "smtp inet n - y - - smtpd\n" + master + "\n"
        }
        return site.read()
    }

    private func entry(_ name: String, _ draft: SiteDraft) -> ImportReport.Entry? {
        draft.report.entries.first { $0.setting == name }
    }

    @Test func `given nothing about other hosts, when it is read, then nothing is said of them`() {
        let outgoing = read("").model.outgoing
        #expect(outgoing.client.isEmpty)
        #expect(outgoing.transports.isEmpty && outgoing.limits.isEmpty)
        // notify_classes = resource, software
        #expect(outgoing.tellsPostmaster?.value == false)
    }

    @Test func `given parameters of smtp(8), when they are read, then the client has them`() {
        let client = read(
            """
            smtp_sasl_auth_enable = yes
            smtp_sasl_password_maps = inline:{x=y:z}
            smtp_sasl_security_options = noanonymous
            smtp_sasl_mechanism_filter = !login, plain
            smtp_sender_dependent_authentication = yes
            smtp_tls_security_level = encrypt
            smtp_tls_wrappermode = yes
            smtp_tls_secure_cert_match = nexthop:dot-nexthop
            smtp_tls_mandatory_protocols = >=TLSv1.2
            smtp_tls_exclude_ciphers = aNULL, RC4
            smtp_tls_fingerprint_cert_match = AB:CD|12:34
            smtp_helo_name = out.example.org
            smtp_bind_address = 192.0.2.1
            inet_protocols = ipv4
            smtp_mx_session_limit = 0
            smtp_fallback_relay = [fallback.example.org]
            smtp_discard_ehlo_keywords = chunking, dsn
            disable_mime_output_conversion = yes
            smtp_data_done_timeout = 20m
            """
        ).model.outgoing.client
        #expect(client.logsIn?.value == true && client.logins?.count == 1)
        #expect(client.loginSecurity?.map(\.value) == ["noanonymous"])
        #expect(client.loginMechanisms?.map(\.value) == ["!login", "plain"])
        #expect(client.asksLoginsForSender?.value == true)
        #expect(client.tlsLevel?.value == .encrypt && client.implicitTLS?.value == true)
        #expect(client.secureMatch?.map(\.value) == ["nexthop", "dot-nexthop"])
        #expect(client.mandatoryTLSProtocols?.value == ">=TLSv1.2")
        #expect(client.excludedCiphers?.map(\.value) == ["aNULL", "RC4"])
        #expect(client.fingerprints?.map(\.value) == ["AB:CD", "12:34"])
        #expect(client.fingerprintDigest?.value == .sha256)
        #expect(client.heloName?.value == "out.example.org" && client.bindAddress?.value == "192.0.2.1")
        #expect(client.addressFamilies?.map(\.value) == [.ipv4])
        #expect(client.sessionLimit?.value == 0)
        #expect(client.fallbackRelays?.map(\.value) == ["[fallback.example.org]"])
        #expect(client.ignoredKeywords?.map(\.value) == ["chunking", "dsn"])
        #expect(client.convertsToSevenBits?.value == false)
        #expect(client.timeLimits.finalReply?.value == .seconds(1200))
    }

    @Test func `digests of fingerprints are MD5 below compatibility level 3.6`() {
        let lines = "smtp_tls_fingerprint_cert_match = AB:CD\n"
        let old = read(lines + "compatibility_level = 2").model.outgoing.client
        #expect(old.fingerprintDigest?.value == .md5)
        let new = read(lines + "compatibility_level = 3.6").model.outgoing.client
        #expect(new.fingerprintDigest?.value == .sha256)
    }

    @Test(arguments: [
        ("smtp_use_tls = yes", OutgoingClientModel.TLSLevel.may), ("smtp_enforce_tls = yes", .verify),
        ("smtp_enforce_tls = yes\nsmtp_tls_enforce_peername = no", .encrypt),
        ("smtp_use_tls = yes\nsmtp_tls_security_level = dane", .dane),
    ])
    func `levels by their former names`(lines: String, level: OutgoingClientModel.TLSLevel) {
        #expect(read(lines).model.outgoing.client.tlsLevel?.value == level)
    }

    @Test func `given a transport of master.cf, when it is named, then mail goes by it with its options`() {
        let draft = read(
            "default_transport = slow\nslow_destination_rate_delay = 1s\nslow_destination_concurrency_limit = 1\n"
                + "smtp_tls_security_level = may",
            master: "slow unix - - n - - smtp -o smtp_tls_security_level=encrypt -o smtp_helo_name=slow.example.org")
        guard case .named(let text)? = draft.model.routing.defaultTransport else {
            Issue.record("default_transport is no named transport")
            return
        }
        #expect(text.value == "slow")
        let transport = draft.model.outgoing.transports.first { $0.name.value == "slow" }
        #expect(transport?.kind == .smtp)
        #expect(transport?.client.tlsLevel?.value == .encrypt)
        #expect(transport?.client.heloName?.value == "slow.example.org")
        #expect(transport?.limits.concurrency?.value == 1 && transport?.limits.rateDelay?.value == .seconds(1))
        #expect(draft.model.outgoing.client.tlsLevel?.value == .may)
        #expect(entry("slow/unix", draft)?.fate == .used)
    }

    @Test func `given Debian's own master.cf, then its services say nothing of their own`() {
        let draft = read(
            "smtp_tls_security_level = may",
            master: "smtp unix - - y - - smtp\n"
                + "relay unix - - y - - smtp -o syslog_name=postfix/$service_name -o smtp_fallback_relay=\n"
                + "lmtp unix - - y - - lmtp")
        #expect(draft.model.outgoing.transports.isEmpty)
    }

    @Test func `given LMTP, then it takes nothing over from what is said of SMTP`() {
        let draft = read(
            "virtual_transport = lmtp:inet:127.0.0.1:2003\nsmtp_tls_security_level = encrypt\nsmtp_sasl_auth_enable = yes"
        )
        let lmtp = draft.model.outgoing.transports.first { $0.name.value == "lmtp" }
        #expect(lmtp?.kind == .lmtp)
        #expect(lmtp?.client.tlsLevel?.value == OutgoingClientModel.TLSLevel.none)
        #expect(lmtp?.client.logsIn?.value == false)
    }

    @Test func `given notices that nobody takes, then the report says who is told`() {
        let draft = read("notify_classes = bounce, 2bounce\n2bounce_notice_recipient = boss@example.org")
        #expect(draft.model.outgoing.tellsPostmaster?.value == true)
        #expect(draft.model.outgoing.noticeRecipient?.value.description == "boss@example.org")
        #expect(entry("notify_classes", draft)?.fate == .ignored)
    }
}
