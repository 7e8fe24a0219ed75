import Directory
import SiteConfiguration

/// The local class: aliases(5), local_recipient_maps, and what local(8) did for system users, which Postroom does not do.
struct LocalDeliveryReader {
    let reading: PostfixReading
    let parameters: ParameterReader

    init(_ reading: PostfixReading) {
        self.reading = reading
        parameters = ParameterReader(reading)
    }

    private static let ofSystemUsers = [
        "home_mailbox", "mail_spool_directory", "mailbox_command", "mailbox_command_maps", "mailbox_size_limit",
        "forward_path", "luser_relay", "fallback_transport", "fallback_transport_maps", "mailbox_transport_maps",
        "allow_mail_to_commands", "allow_mail_to_files", "default_privs", "require_home_directory",
        "local_command_shell", "local_destination_concurrency_limit", "local_destination_recipient_limit",
        "owner_request_special", "expand_owner_alias", "reset_owner_alias", "prepend_delivered_header",
    ]

    func read() {
        let words = parameters.words("alias_maps", "names of the local class that lead elsewhere")
        reading.draft.model.routing.localAliases = TableReader(reading, isAliases: true).tables(words)
        parameters.tell("alias_database", .notNeeded, "alias files are read from their text")
        let transport = parameters.text("local_transport", "delivers the local class")
        let mailboxTransport = parameters.optional("mailbox_transport", "delivers the local class")
        let isLocal8 = transport.value.isEmpty || transport.value.prefix { $0 != ":" } == "local"
        if isLocal8, let mailboxTransport {
            reading.draft.model.routing.localTransport =
                TransportReader(reading).transport(mailboxTransport, parameter: "mailbox_transport")
                ?? .mailboxes(at: mailboxTransport)
            tellUnused("mailbox_transport delivers the local class")
            for name in ["mailbox_transport_maps", "mailbox_command_maps"] where parameters.isSet(name) {
                guard !parameters.text(name, "of local(8)").value.isEmpty else { continue }
                parameters.tell(name, .unsupported(.routing), "of local(8): a delivery of single users' own")
            }
        } else if isLocal8 {
            readSystemUsers(transport)
            return
        } else {
            reading.draft.model.routing.localTransport = TransportReader(reading).transport(
                transport, parameter: "local_transport")
            // Nobody but local(8) asks alias_maps.
            reading.draft.model.routing.localAliases = []
            tellUnused("local_transport is not local(8)")
        }
        readRecipients()
    }

    private func tellUnused(_ why: String) {
        for name in Self.ofSystemUsers { parameters.tell(name, .notNeeded, "of local(8); \(why)") }
    }

    /// Empty means that every recipient is taken.
    private func readRecipients() {
        let tables = TableReader(reading).tables(
            parameters.words("local_recipient_maps", "recipients of the local class"))
        reading.draft.model.routing.localRecipients = tables.isEmpty ? nil : tables
        if parameters.isSet("local_recipient_maps"), !tables.isEmpty {
            parameters.tell(
                "local_recipient_maps", .difference(.refusesEarly),
                "recipients of the local class; one that is in it but has no mailbox is refused at once")
        }
    }

    /// Names by which local(8) got mail of the machine itself: cron's, root's.
    private func isMachineName(_ item: MatchItemModel) -> Bool {
        guard case .name(let name) = item else { return false }
        let host = (try? reading.main.value("myhostname")) ?? ""
        let domain = (try? reading.main.value("mydomain")) ?? ""
        let own = [
            host, host.split(separator: ".").first.map(String.init) ?? host, "localhost", "localhost.\(domain)",
            "localhost.localdomain", "localhost.localhost", reading.draft.machineName, "",
        ].map { $0.lowercased() }
        return own.contains(name.value.lowercased()) || name.value.hasPrefix("!")
    }

    /// local(8) delivers to system users. For the machine's own names that is root's and cron's mail, which aliases(5)
    /// lead elsewhere; whoever has mail domains there has users of the system as mail users.
    private func readSystemUsers(_ transport: Located<String>) {
        reading.draft.model.routing.localTransport = .unserved(transport)
        // Names of system users are no recipients here: what no alias leads elsewhere is refused, not kept waiting.
        reading.draft.model.routing.localRecipients = reading.draft.model.routing.localAliases
        let beyond = reading.draft.model.routing.localDomains.filter { !isMachineName($0) }
        if beyond.isEmpty {
            let note =
                "only the machine's own names are in mydestination; what aliases(5) don't lead elsewhere is refused"
            for name in Self.ofSystemUsers + ["local_transport", "local_recipient_maps"] {
                parameters.tell(name, .notNeeded, note)
            }
            return
        }
        parameters.tellAlways(
            "mydestination", value: "", at: beyond.first?.location ?? .builtIn, .unsupported(.routing),
            "mail for system users (local(8), .forward, mailbox_command) is not delivered here; only aliases(5) of "
                + "these domains are")
        for name in Self.ofSystemUsers where parameters.isSet(name) {
            let value = parameters.text(name, "of local(8)")
            let matters = [
                "luser_relay", "fallback_transport", "fallback_transport_maps", "mailbox_command",
                "mailbox_command_maps", "mailbox_transport_maps", "home_mailbox", "mail_spool_directory",
            ]
            if matters.contains(name), !value.value.isEmpty {
                parameters.tell(name, .unsupported(.routing), "of local(8), which delivers to system users")
            } else {
                parameters.tell(name, .ignored, "of local(8), which delivers to system users")
            }
        }
        if parameters.isSet("local_recipient_maps") {
            parameters.tell("local_recipient_maps", .ignored, "system users are no recipients here; aliases(5) are")
        }
    }
}

extension MatchItemModel {
    var location: SourceLocation {
        switch self {
        case .name(let name): name.location
        case .table(let table), .exceptTable(let table): table.nameAndLocation.location
        }
    }
}
