import Directory

/// `listeners:`: a mapping of kind → address or addresses (`smtp: "0.0.0.0:25"`), or a list of mappings with options.
enum ListenerSection {
    static func read(_ site: SectionReader) -> [ListenerModel] {
        guard let node = site.node("listeners") else {
            return ListenerModel.Kind.byDefault.map {
                ListenerModel(kind: $0, host: Located("*", at: .builtIn), port: $0.defaultPort)
            }
        }
        var result: [ListenerModel] = []
        if let entries = node.entries {
            for entry in entries {
                guard let kind = ListenerModel.Kind(rawValue: entry.key), kind != .local else {
                    site.context.faults.error(
                        at: entry.keyLocation, "\(node.path): there is no listener called \(entry.key)",
                        remedy: "one of " + ListenerModel.Kind.allCases.map(\.rawValue).joined(separator: ", "))
                    continue
                }
                for address in entry.value.elements ?? [entry.value] {
                    guard let text = site.context.string(address) else { continue }
                    if let model = listener(kind, text, site.context) { result.append(model) }
                }
            }
        } else {
            for element in node.elements ?? [] {
                if let model = listener(SectionReader(element, site.context)) { result.append(model) }
            }
        }
        return result
    }

    private static func listener(_ reader: SectionReader) -> ListenerModel? {
        let kind = reader.require(
            reader.choice("protocol", ListenerModel.Kind.self), "protocol",
            remedy: "one of " + ListenerModel.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        let address = reader.string("address")
        let bare = reader.choice("bare_newline", ListenerModel.BareLineFeed.self)
        let networks = reader.strings("trusted_networks") ?? []
        let policy = reader.string("policy")
        let servesMailboxes = kind?.value.servesMailboxes ?? false
        let options = servesMailboxes ? SMTPListenerModel() : smtpOptions(reader)
        let mailboxes = servesMailboxes ? mailboxOptions(reader) : MailboxListenerModel()
        let lmtp = kind?.value == .lmtp ? lmtpOptions(reader) : LMTPListenerModel()
        let serverTLS = reader.node("server_tls") == nil ? nil : TLSSection.readServer(reader, key: "server_tls")
        reader.finish()
        guard let kind else { return nil }
        guard kind.value != .local else {
            reader.context.faults.error(
                at: kind.location, "the socket for programs of this machine is no listener",
                remedy: "name its path as local.socket")
            return nil
        }
        var model =
            address.map { listener(kind.value, $0, reader.context) }
            ?? ListenerModel(
                kind: kind.value, host: Located(kind.value.defaultHost, at: reader.location),
                port: kind.value.defaultPort)
        if let bare { model?.bareLineFeed = bare.value }
        model?.trustedNetworks = networks
        model?.policy = policy
        model?.options = options
        model?.mailboxes = mailboxes
        model?.lmtp = lmtp
        model?.serverTLS = serverTLS
        return model
    }

    private static func lmtpOptions(_ reader: SectionReader) -> LMTPListenerModel {
        var model = LMTPListenerModel()
        model.mode = reader.parsed("mode", expected: "permissions in octal, such as 0660") { text in
            UInt32(text, radix: 8).flatMap { $0 <= 0o777 ? $0 : nil }
        }
        model.owner = reader.string("owner")
        model.group = reader.string("group")
        model.recipients = reader.choice("recipients", LMTPListenerModel.Recipients.self)
        return model
    }

    private static func mailboxOptions(_ reader: SectionReader) -> MailboxListenerModel {
        var model = MailboxListenerModel()
        model.tls = reader.choice("tls", SMTPListenerModel.TLSLevel.self)
        model.authentication = reader.choice("authentication", SMTPListenerModel.Authentication.self)
        model.greeting = reader.string("banner")
        return model
    }

    private static func smtpOptions(_ reader: SectionReader) -> SMTPListenerModel {
        var model = SMTPListenerModel()
        model.tls = reader.choice("tls", SMTPListenerModel.TLSLevel.self)
        model.authentication = reader.choice("authentication", SMTPListenerModel.Authentication.self)
        model.requiresAuthentication = reader.boolean("require_authentication")
        model.offersBrokenAuthentication = reader.boolean("broken_authentication")
        model.requiresHELO = reader.boolean("require_helo")
        model.answersVRFY = reader.boolean("vrfy")
        model.recipientLimit = reader.integer("recipient_limit", in: 1...100_000)
        model.errorLimit = reader.integer("error_limit", in: 1...100_000)
        model.hidesClient = reader.boolean("hide_client")
        model.clientLimits = clientLimits(reader)
        model.banner = reader.string("banner")
        model.certificate = reader.string("certificate")
        model.key = reader.string("key")
        return model
    }

    private static func clientLimits(_ parent: SectionReader) -> ClientLimitsModel? {
        guard let reader = parent.section("client_limits") else { return nil }
        var model = ClientLimitsModel()
        model.connections = reader.integer("connections", in: 0...1_000_000)
        model.connectionRate = reader.integer("connection_rate", in: 0...1_000_000)
        model.messageRate = reader.integer("message_rate", in: 0...1_000_000)
        model.recipientRate = reader.integer("recipient_rate", in: 0...1_000_000)
        model.interval = reader.duration("interval")
        model.exceptions = TableSection.matchList("exceptions", reader)
        reader.finish()
        return model
    }

    /// `127.0.0.1:2525`, `[::1]:2525`, `*:25`, `127.0.0.1`, or a port alone.
    private static func listener(
        _ kind: ListenerModel.Kind, _ text: Located<String>, _ context: ReadingContext
    ) -> ListenerModel? {
        var host = text.value
        var port = kind.defaultPort
        if kind == .lmtp, host.hasPrefix("/") { return ListenerModel(kind: kind, host: text, port: 0) }
        if let number = UInt16(host) {
            host = kind.defaultHost
            port = Int(number)
        } else if let colon = host.lastIndex(of: ":"), let number = UInt16(host[host.index(after: colon)...]),
            host.hasPrefix("[") || host.firstIndex(of: ":") == colon
        {
            host = String(host[..<colon])
            port = Int(number)
        }
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        guard !host.isEmpty else {
            context.faults.error(
                at: text.location, "\(text.value) is not an address to listen on",
                remedy: "ADDRESS:PORT, for example 127.0.0.1:2525 or *:25")
            return nil
        }
        return ListenerModel(kind: kind, host: Located(host, at: text.location), port: port)
    }
}
