import Directory
import MailModel
import SiteConfiguration

/// Mail that leaves: next hops, TLS and logins there, times of the queue; and what bounds all mail.
struct OutgoingReader {
    let reading: PostfixReading
    let parameters: ParameterReader

    init(_ reading: PostfixReading) {
        self.reading = reading
        parameters = ParameterReader(reading)
    }

    func read() {
        var outgoing = OutgoingModel()
        outgoing.relayHost = parameters.optional("relayhost", "the next hop of mail that leaves")
        outgoing.senderTransports = tables("sender_dependent_default_transport_maps", "transports by sender")
        outgoing.senderRelayHosts = tables("sender_dependent_relayhost_maps", "next hops by sender")
        outgoing.client = OutgoingClientReader(parameters: parameters, prefix: "smtp").read()
        if parameters.isSet("tls_wildcard_matches_multiple_labels") {
            outgoing.client.wildcardsSpanLabels = parameters.boolean(
                "tls_wildcard_matches_multiple_labels", "whether *.example.org stands for a.b.example.org")
        }
        if outgoing.client.fallbackRelays == nil, parameters.isSet("fallback_relay") {
            outgoing.client.fallbackRelays = parameters.words(
                "fallback_relay", "next hops for what no other host takes for now")
        }
        outgoing.limits = limits(of: "default")
        outgoing.limits.initialConcurrency = ifSet("initial_destination_concurrency") {
            parameters.integer($0, in: 1...10_000, "jobs at once for a destination that nothing is known of")
        }
        outgoing.transports = transports(outgoing.client)
        outgoing.lifetime = parameters.duration("maximal_queue_lifetime", unit: "d", "how long mail is tried")
        outgoing.bounceLifetime = parameters.duration("bounce_queue_lifetime", unit: "d", "how long notices are tried")
        outgoing.delayWarning = parameters.duration(
            "delay_warning_time", unit: "h", "after it senders are told of a delay")
        outgoing.minimalBackoff = parameters.duration("minimal_backoff_time", "the shortest pause before the next try")
        outgoing.maximalBackoff = parameters.duration("maximal_backoff_time", "the longest pause before the next try")
        outgoing.bounceSize = parameters.size("bounce_size_limit", "how much of a message a bounce holds")
        outgoing.minimumFreeSpace = ifSet("queue_minfree") { parameters.size($0, "what stays free where mail waits") }
        outgoing.srs = reading.draft.model.outgoing.srs
        outgoing.asksForSTS = reading.draft.model.outgoing.asksForSTS
        readNotices(&outgoing)
        reading.draft.model.outgoing = outgoing
        for name in [
            "smtpd_tls_session_cache_database", "smtpd_tls_session_cache_timeout",
        ] {
            parameters.tell(name, .notNeeded, "TLS sessions are resumed by tickets, without a database")
        }
        readLimits()
        readLocalUsers()
    }

    private func readLocalUsers() {
        guard parameters.isSet("authorized_submit_users") else { return }
        let words = parameters.words("authorized_submit_users", "which users of this machine may send")
        reading.draft.model.local.users = TableReader(reading, effect: .relaying).items(words)
    }

    private func tables(_ name: String, _ note: String) -> [TableModel] {
        TableReader(reading).tables(parameters.words(name, note))
    }

    private func ifSet<Value>(_ name: String, _ read: (String) -> Value?) -> Value? {
        parameters.isSet(name) ? read(name) : nil
    }

    // MARK: Transports

    /// The smtp and lmtp services of master.cf that say something of their own. LMTP has parameters of its own, and so
    /// takes nothing over from those of SMTP.
    private func transports(_ site: OutgoingClientModel) -> [OutgoingTransportModel] {
        var transports: [OutgoingTransportModel] = []
        for service in reading.clientServices {
            let kind: OutgoingTransportModel.Kind = service.command == "lmtp" ? .lmtp : .smtp
            let own = ParameterReader(reading, reading.main.overridden(by: service.settings))
            for name in ["syslog_name", "smtp_fallback_relay", "lmtp_fallback_relay"] {
                own.tell(name, .notNeeded, "the log names its transport by its destination")
            }
            var client: OutgoingClientModel
            if kind == .lmtp {
                client = lmtp(own, site)
            } else {
                client = OutgoingClientReader(
                    parameters: own, prefix: "smtp", only: Set(service.settings.map(\.name))
                ).read()
                // Debian's own master.cf takes the fallback from relayed mail.
                if client.fallbackRelays?.isEmpty ?? false, site.fallbackRelays?.isEmpty ?? true {
                    client.fallbackRelays = nil
                }
            }
            let limits = limits(of: service.name)
            let isBuiltIn = ["smtp", "relay", "lmtp"].contains(service.name)
            guard !isBuiltIn || !client.isEmpty || !limits.isEmpty else { continue }
            transports.append(
                OutgoingTransportModel(
                    name: Located(service.name, at: service.location), kind: kind, client: client, limits: limits))
        }
        for name in ["smtp", "relay", "lmtp"] where !transports.contains(where: { $0.name.value == name }) {
            guard !reading.clientServices.contains(where: { $0.name == name }) else { continue }
            let kind: OutgoingTransportModel.Kind = name == "lmtp" ? .lmtp : .smtp
            let client = kind == .lmtp ? lmtp(parameters, site) : OutgoingClientModel()
            let limits = limits(of: name)
            guard !client.isEmpty || !limits.isEmpty else { continue }
            transports.append(
                OutgoingTransportModel(
                    name: Located(name, at: reading.mainFile), kind: kind, client: client, limits: limits))
        }
        if transports.contains(where: { $0.name.value == "smtp" && !$0.client.isEmpty }),
            !transports.contains(where: { $0.name.value == "relay" })
        {
            // Mail of relay domains goes by `relay`, which knows nothing of the options of `smtp`.
            transports.append(OutgoingTransportModel(name: Located("relay", at: reading.mainFile), kind: .smtp))
        }
        guard !usesLMTP else { return transports }
        return transports.filter { $0.name.value != "lmtp" }
    }

    private func lmtp(_ own: ParameterReader, _ site: OutgoingClientModel) -> OutgoingClientModel {
        let helo = own.text("lmtp_lhlo_name", "the name that LMTP servers are greeted with")
        return OutgoingClientReader(parameters: own, prefix: "lmtp").read()
            .completed(by: .postfixDefaults(helo: helo), whereSetIn: site)
    }

    /// Whether mail may leave by LMTP at all.
    private var usesLMTP: Bool {
        let routing = reading.draft.model.routing
        let classes = [
            routing.localTransport, routing.virtualTransport, routing.relayTransport, routing.defaultTransport,
        ]
        let isBySender = parameters.isSet("sender_dependent_default_transport_maps")
        return isBySender || !routing.transports.isEmpty
            || classes.contains { if case .lmtp = $0 { true } else { false } }
    }

    /// `default_destination_concurrency_limit` and its kin, of one transport.
    private func limits(of transport: String) -> DestinationLimitsModel {
        var limits = DestinationLimitsModel()
        limits.initialConcurrency = ifSet("\(transport)_initial_destination_concurrency") {
            parameters.integer($0, in: 1...10_000, "jobs at once for a destination that nothing is known of")
        }
        limits.concurrency = ifSet("\(transport)_destination_concurrency_limit") {
            parameters.integer($0, "jobs at once for one destination")
        }
        .map { $0.map { $0 == 0 ? 10_000 : min($0, 10_000) } }
        limits.recipients = ifSet("\(transport)_destination_recipient_limit") {
            parameters.integer($0, "recipients of one message in one session")
        }
        .map { $0.map { $0 == 0 ? 100_000 : min($0, 100_000) } }
        limits.rateDelay = ifSet("\(transport)_destination_rate_delay") {
            parameters.duration($0, "the pause between two messages for one destination")
        }
        return limits
    }

    // MARK: Notices

    private func readNotices(_ outgoing: inout OutgoingModel) {
        let classes = parameters.words("notify_classes", "of what the postmaster is told")
        let isTold = classes.contains { $0.value.lowercased() == "2bounce" }
        outgoing.tellsPostmaster = Located(isTold, at: parameters.location("notify_classes"))
        let others = classes.map { $0.value.lowercased() }.filter { $0 != "2bounce" }
        if !others.isEmpty {
            parameters.tell(
                "notify_classes", .ignored,
                "\(others.joined(separator: ", ")): told by log and metrics"
                    + (isTold ? "; 2bounce is told by mail" : ""))
        }
        let name = "2bounce_notice_recipient"
        if let recipient = ifSet(name, { parameters.text($0, "who is told of notices that nobody takes") }) {
            let text = recipient.value.contains("@") ? recipient.value : "\(recipient.value)@\(origin)"
            guard let address = EmailAddress(text) else {
                return parameters.error(
                    name, "\"\(WordList.printable(recipient.value))\" is no address", remedy: "for example postmaster")
            }
            outgoing.noticeRecipient = Located(address, at: recipient.location)
        }
        parameters.tell("double_bounce_sender", .notNeeded, "notices that nobody takes are sent from the null sender")
    }

    private var origin: String {
        (reading.draft.model.routing.origin ?? reading.draft.model.hostname).value
    }

    // MARK: Bounds

    private func readLimits() {
        // Zero is no bound in Postfix; here everything has one.
        if let size = parameters.size("message_size_limit", "the largest message") {
            reading.draft.model.limits.messageSize = size.value == 0 ? size.map { _ in 1 << 40 } : size
        }
        if let count = parameters.integer("smtpd_client_connection_count_limit", "connections of one client") {
            if count.value > 0 {
                reading.draft.model.limits.connectionsPerClient = min(count.value, 1_000_000)
            } else {
                parameters.tell(
                    "smtpd_client_connection_count_limit", .ignored,
                    "no bound, as which here \(reading.draft.model.limits.connectionsPerClient) stands")
            }
        }
        let hops = ifSet("hopcount_limit") { parameters.integer($0, in: 1...10_000, "how often mail may be relayed") }
        // cleanup(8) counts the field that smtpd(8) has just added, and refuses what reaches the limit.
        reading.draft.model.limits.hops = hops.map { $0.map { max(0, $0 - 2) } }
        for name in [
            "header_size_limit", "line_length_limit", "mime_nesting_limit", "mime_boundary_length_limit",
        ] {
            guard parameters.isSet(name) else { continue }
            _ = parameters.size(name, "")
            parameters.tell(name, .ignored, "Postroom's own bound holds")
        }
        if parameters.isSet("mailbox_size_limit") {
            _ = parameters.size("mailbox_size_limit", "")
            parameters.tell(
                "mailbox_size_limit", .notNeeded,
                "it bounds the files that local(8) writes, which does not deliver here")
        }
        for name in ["smtpd_soft_error_limit", "smtpd_error_sleep_time", "smtpd_junk_command_limit", "smtpd_timeout"]
        where parameters.isSet(name) {
            _ = parameters.text(name, "")
            parameters.tell(name, .ignored, "Postroom's own bound holds")
        }
        if parameters.boolean("soft_bounce", "refusals are put off").value {
            parameters.tell("soft_bounce", .ignored, "refusals stay refusals: mail is not kept waiting")
        }
    }
}
