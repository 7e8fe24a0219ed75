import Directory
import MailStore
import SiteConfiguration

/// Address classes, aliases, recipients and transports.
struct RoutingReader {
    let reading: PostfixReading
    let parameters: ParameterReader

    init(_ reading: PostfixReading) {
        self.reading = reading
        parameters = ParameterReader(reading)
    }

    func read() {
        var routing = RoutingModel(meaning: .postfix)
        readNames(&routing)
        readClasses(&routing)
        readMailboxes(&routing)
        readTransports(&routing)
        readRewriting(&routing)
        reading.draft.model.routing = routing
        LocalDeliveryReader(reading).read()
    }

    // MARK: Names

    private func readNames(_ routing: inout RoutingModel) {
        reading.draft.model.hostname = parameters.text("myhostname", "the server's name")
        parameters.tell("mydomain", .used, "the domain that other parameters are made of")
        routing.origin = parameters.optional("myorigin", "the domain of addresses that have none")
        if let origin = routing.origin, origin.value.hasPrefix("/") {
            // postconf(5): a file whose first word is the name.
            let text = reading.draft.files.text(origin.value)
            let word = text?.logicalLines.first.flatMap {
                WordList.words(String(decoding: $0.bytes, as: UTF8.self))?.first
            }
            if let word {
                routing.origin = Located(word, at: text?.logicalLines.first?.location ?? origin.location)
            } else {
                reading.error(
                    at: origin.location, "myorigin: \(origin.value) can't be read or is empty",
                    remedy: "write the domain into it, or here")
            }
        }
        if parameters.boolean("append_dot_mydomain", "user@host is completed by mydomain").value {
            routing.completedDomain = parameters.optional("mydomain", "completes user@host")
        }
        if !parameters.boolean("append_at_myorigin", "addresses without a domain get myorigin").value {
            routing.headers.appendsOrigin = false
            parameters.tell(
                "append_at_myorigin", .unsupported(.routing),
                "addresses of headers stay without a domain; those of envelopes get myorigin all the same")
        }
        routing.recipientDelimiter = parameters.text("recipient_delimiter", "separates a subaddress")
        let propagated = parameters.words(
            "propagate_unmatched_extensions", "subaddresses are handed on to aliases' targets")
        routing.propagatesExtensions = Located(
            propagated.contains { $0.value.lowercased() == "virtual" },
            at: parameters.location("propagate_unmatched_extensions"))
        routing.showsTableNames = parameters.boolean("show_user_unknown_table_name", "whether replies name tables")
        routing.addressLiterals = InterfacesReader(parameters).addressLiterals()
    }

    // MARK: Classes

    private func readClasses(_ routing: inout RoutingModel) {
        routing.localDomains = domains("mydestination", "domains of the local class")
        let aliasNames = ["virtual_alias_maps", "virtual_maps"].filter { parameters.isSet($0) }
        if aliasNames.contains("virtual_maps") {
            parameters.tell("virtual_maps", .used, "the name that virtual_alias_maps had before Postfix 2.0")
        }
        routing.aliases = tables("virtual_alias_maps", "aliases of any address")
        routing.aliasDomains = domains("virtual_alias_domains", "domains whose addresses are all aliases")
        routing.mailboxDomains = domains("virtual_mailbox_domains", "domains whose addresses are mailboxes")
        routing.relayDomains = domains("relay_domains", "domains that mail is relayed for")
        let matched = parameters.words(
            "parent_domain_matches_subdomains", "relay_domains stand for what is below them")
        if !matched.contains(where: { $0.value == "relay_domains" }) {
            parameters.tell(
                "parent_domain_matches_subdomains", .unsupported(.relaying),
                "relay_domains always stand for what is below them here")
        }
        if let limit = parameters.integer(
            "virtual_alias_expansion_limit", in: 1...1_000_000, "addresses that one address may become")
        {
            routing.expansionLimit = min(limit.value, 100_000)
        }
        if let limit = parameters.integer(
            "virtual_alias_recursion_limit", in: 1...1_000_000, "how deep aliases may be nested")
        {
            routing.depthLimit = min(limit.value, 1000)
        }
        parameters.tell("virtual_alias_address_length_limit", .notNeeded, "addresses have a bound of their own")
        routing.relayRecipients = nonEmpty(tables("relay_recipient_maps", "recipients of relay domains"))
    }

    private func domains(_ name: String, _ note: String) -> [MatchItemModel] {
        let items = TableReader(reading).items(parameters.words(name, note))
        for item in items {
            guard case .table(.ldap(let table)) = item, !table.filter.value.contains("%") else { continue }
            let filter = PostfixReading.shown(table.filter.value, of: "query_filter")
            let note =
                "the filter \(filter) holds no key: \(table.name) hosts the domains it lists, where Postfix would take "
                + "every domain there is as ours"
            reading.report(name, value: table.name, at: table.filter.location, .difference(.keylessDomains), note)
        }
        return items
    }

    private func tables(_ name: String, _ note: String) -> [TableModel] {
        TableReader(reading).tables(parameters.words(name, note))
    }

    private func nonEmpty(_ tables: [TableModel]) -> [TableModel]? { tables.isEmpty ? nil : tables }

    // MARK: Mailboxes

    private func readMailboxes(_ routing: inout RoutingModel) {
        var mailboxes = MailboxTablesModel(
            paths: tables("virtual_mailbox_maps", "where each mailbox lies"),
            uids: tables("virtual_uid_maps", "who owns a mailbox's files"),
            gids: tables("virtual_gid_maps", "the group of a mailbox's files"))
        if mailboxes.paths.contains(where: { if case .ldap = $0 { true } else { false } }) {
            parameters.tell(
                "virtual_mailbox_maps", .difference(.severalMailboxes),
                "where each mailbox lies; an address of several accounts reaches each of them, where Postfix makes one "
                    + "path of all")
        }
        mailboxes.minimumUID = parameters.integer(
            "virtual_minimum_uid", in: 1...Int(Int32.max), "smaller uids of mailboxes are refused")
        let base = parameters.text("virtual_mailbox_base", "mailboxes lie below it")
        if !base.value.isEmpty {
            if base.value.hasPrefix("/") {
                // The store knows where this machine has the paths of the program.
                mailboxes.base = base
            } else {
                reading.error(
                    at: base.location,
                    "virtual_mailbox_base: \"\(WordList.printable(base.value))\" is no absolute path",
                    remedy: "write the path of a folder, beginning with /")
            }
        }
        if let base = mailboxes.base, !base.value.allSatisfy({ $0 == "/" }) {
            reading.draft.model.store.roots = [base]
        } else if !mailboxes.paths.isEmpty {
            parameters.tell(
                "virtual_mailbox_base", .used,
                "mailboxes may lie anywhere: the folders they have in common are asked of the directory")
        }
        if let minimum = mailboxes.minimumUID {
            reading.draft.model.store.minimumUID = UInt32(clamping: minimum.value)
        }
        reading.draft.model.store.recipientHeaders = true
        if !parameters.boolean("enable_original_recipient", "X-Original-To: tells the address before aliases").value {
            parameters.tell("enable_original_recipient", .ignored, "X-Original-To: is written all the same")
        }
        readLocks()
        parameters.tell("strict_mailbox_ownership", .notNeeded, "files of others are never written to")
        routing.mailboxes = .tables(mailboxes)
    }

    /// virtual_mailbox_lock of virtual(8), which delivers into mailbox files.
    private func readLocks() {
        parameters.tell("mailbox_delivery_lock", .notNeeded, "mailboxes of system users are not delivered to")
        for name in ["deliver_lock_attempts", "deliver_lock_delay"] {
            parameters.tell(name, .notNeeded, "a lock is waited for for as long as store.mbox.lock_timeout says")
        }
        let name = "virtual_mailbox_lock"
        guard parameters.isSet(name) else { return }
        var locks: MboxLocking.Locks = []
        for word in parameters.words(name, "how mailbox files are locked") {
            if let lock = MboxLocking.Locks(name: word.value) {
                locks.insert(lock)
            } else {
                reading.error(
                    at: word.location, "\(name): \(word.value) is no lock", remedy: "give fcntl, flock and dotlock")
            }
        }
        reading.draft.model.store.mboxLocks.write = Located(locks, at: parameters.location(name))
    }

    // MARK: Transports

    private func readTransports(_ routing: inout RoutingModel) {
        let transports = TransportReader(reading)
        routing.virtualTransport = transports.transport(
            parameters.text("virtual_transport", "delivers the mailboxes' domains"), parameter: "virtual_transport")
        if case .tables(let mailboxes) = routing.mailboxes, mailboxes.paths.isEmpty {
            if case .accounts = routing.virtualTransport { routing.mailboxes = .accounts }
        }
        routing.relayTransport = transports.transport(
            parameters.text("relay_transport", "delivers relay domains"), parameter: "relay_transport")
        routing.defaultTransport = transports.transport(
            parameters.text("default_transport", "delivers everything else"), parameter: "default_transport")
        checkMailboxes(&routing)
        readSizeLimit(&routing)
        routing.transports = tables("transport_maps", "transports of single domains and addresses")
    }

    /// virtual(8) does not start without a base, and puts mail off whose owner it can't tell.
    private func checkMailboxes(_ routing: inout RoutingModel) {
        guard case .tables(let mailboxes) = routing.mailboxes, !mailboxes.paths.isEmpty else { return }
        let local = parameters.text("local_transport", "delivers the local class").value
        let isUsed = routing.virtualTransport == nil || local.hasPrefix("virtual")
        guard isUsed else { return }
        var missing: [String] = []
        if mailboxes.base == nil { missing.append("virtual_mailbox_base") }
        if mailboxes.uids.isEmpty { missing.append("virtual_uid_maps") }
        if mailboxes.gids.isEmpty { missing.append("virtual_gid_maps") }
        guard let first = missing.first else { return }
        let place = parameters.location(parameters.isSet(first) ? first : "virtual_mailbox_maps")
        // A forward-only site has none of them, and no mail that would need them.
        reading.draft.warning(
            at: place,
            "\(missing.joined(separator: ", ")): not set, so mail for a mailbox is deferred, as virtual(8) does it",
            remedy: "set virtual_mailbox_base, virtual_uid_maps and virtual_gid_maps if mail is to be kept here")
        // Recipients are checked all the same, so that nobody is put off who is unknown.
        let unserved = TransportModel.unserved(Located("virtual", at: place))
        if routing.virtualTransport == nil { routing.virtualTransport = unserved }
        if local.hasPrefix("virtual") { routing.localTransport = unserved }
    }

    /// virtual(8) bounds the files that it writes: in a Maildir, each message. It does not start with a bound below
    /// message_size_limit, so there the one of the two that is met first is the message's own.
    private func readSizeLimit(_ routing: inout RoutingModel) {
        let name = "virtual_mailbox_limit"
        guard case .tables(var mailboxes) = routing.mailboxes, routing.virtualTransport == nil,
            !mailboxes.paths.isEmpty
        else { return parameters.tell(name, .notNeeded, "virtual(8) delivers no mail") }
        guard let limit = parameters.size(name, "the size of one message in a mailbox"), limit.value > 0 else { return }
        let message = parameters.size("message_size_limit", "the largest message")?.value ?? 0
        mailboxes.sizeLimit = limit
        routing.mailboxes = .tables(mailboxes)
        guard message == 0 || limit.value < message else { return }
        reading.draft.warning(
            at: limit.location == .builtIn ? parameters.location("message_size_limit") : limit.location,
            "\(name) is \(limit.value), less than message_size_limit: virtual(8) does not start with these, and all mail for "
                + "its mailboxes waits",
            remedy: "raise \(name); until then larger messages for a mailbox are refused")
    }

    // MARK: Rewriting

    private func readRewriting(_ routing: inout RoutingModel) {
        routing.canonical.both = tables("canonical_maps", "addresses rewritten before routing")
        routing.canonical.recipients = tables("recipient_canonical_maps", "recipients rewritten before routing")
        routing.canonical.senders = tables("sender_canonical_maps", "senders rewritten before routing")
        func classes(_ name: String) -> [Located<String>] {
            parameters.isSet(name) ? parameters.words(name, "what is rewritten") : []
        }
        routing.canonical.senderClasses = classes("sender_canonical_classes")
        routing.canonical.recipientClasses = classes("recipient_canonical_classes")
        routing.canonical.classes = classes("canonical_classes")
        readMasquerade(&routing.canonical.masquerade)
        if parameters.isSet("message_drop_headers") {
            routing.headers.dropped = parameters.words("message_drop_headers", "header fields that no message keeps")
        }
        routing.headers.alwaysAddsMissing =
            parameters.boolean("always_add_missing_headers", "Date, From and Message-Id are added to all messages")
            .value
        routing.blindCopies.always = parameters.optional("always_bcc", "gets a copy of everything")
        routing.blindCopies.senders = tables("sender_bcc_maps", "copies by sender")
        routing.blindCopies.recipients = tables("recipient_bcc_maps", "copies by recipient")
    }

    private func readMasquerade(_ masquerade: inout MasqueradeModel) {
        masquerade.domains = parameters.words("masquerade_domains", "addresses are shortened to these domains")
        guard !masquerade.domains.isEmpty else {
            for name in ["masquerade_classes", "masquerade_exceptions"] {
                parameters.tell(name, .notNeeded, "no address is shortened: masquerade_domains is empty")
            }
            return
        }
        if parameters.isSet("masquerade_classes") {
            masquerade.classes = parameters.words("masquerade_classes", "which addresses are shortened")
        }
        masquerade.exceptions = TableReader(reading).items(
            parameters.words("masquerade_exceptions", "local parts that keep their domain"))
    }
}
