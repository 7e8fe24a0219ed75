import Directory
import MailModel

/// `postroom.yaml` → `SiteModel`.
package enum SiteReader {
    /// Reads a site's configuration. All faults are told together; warnings come with the model.
    package static func read(
        _ text: String, file: String, sources: ConfigurationSources
    ) throws(ConfigurationFaults) -> (model: SiteModel, warnings: [ConfigurationFault]) {
        let (model, faults) = try inspect(text, file: file, sources: sources)
        guard let model, faults.allSatisfy({ $0.severity == .warning }) else { throw ConfigurationFaults(faults) }
        return (model, faults)
    }

    /// Reads a configuration in spite of its faults, as far as it makes sense: what could be read can then be looked at
    /// further, so that nobody has to mend one fault to learn of the next.
    package static func inspect(
        _ text: String, file: String, sources: ConfigurationSources
    ) throws(ConfigurationFaults) -> (model: SiteModel?, faults: [ConfigurationFault]) {
        let faults = FaultCollector()
        let context = ReadingContext(faults: faults, sources: sources)
        var root = try ConfigurationNode.parse(text, file: file)
        guard root.entries != nil else {
            throw ConfigurationFaults([
                ConfigurationFault(
                    .error, at: SourceLocation(file: file), "there is no configuration in this file",
                    remedy: "see docs/configuration.md for one in ten lines")
            ])
        }
        if let entry = root.entries?.first(where: { $0.key == "preset" }), let name = entry.value.scalar {
            if let preset = Preset(rawValue: name) {
                root = root.merged(over: try ConfigurationNode.parse(preset.yaml, file: "preset \(name)"))
            } else {
                faults.error(
                    at: entry.value.location, "there is no preset called \(name)",
                    remedy: "known: " + Preset.allCases.map(\.rawValue).joined(separator: ", "))
            }
        }
        let model = site(SectionReader(root, context), file: file)
        return (model, faults.faults)
    }

    private static func site(_ reader: SectionReader, file: String) -> SiteModel? {
        _ = reader.node("preset")
        let hostname = reader.require(
            reader.string("hostname"), "hostname", remedy: "give this machine's full name, as in its MX record")
        let postmaster = reader.parsed("postmaster", expected: "a mail address") { EmailAddress($0) }
        let directories = DirectorySection.read(reader)
        let routing = RoutingSection.read(reader)
        let policies = PolicySection.read(reader)
        let outgoing = OutgoingSection.read(reader)
        let dns = DNSSection.read(reader)
        let original = (reader.strings("original_behaviour") ?? []).compactMap { text in
            if let difference = Difference(rawValue: text.value) { return Located(difference, at: text.location) }
            reader.context.faults.error(
                at: text.location, "original_behaviour: there is no difference called \(text.value)",
                remedy: "known: " + Difference.allCases.map(\.rawValue).joined(separator: ", "))
            return nil
        }
        let accounts = AccountsSection.read(reader)
        let shared = SharedSection.read(reader)
        let senders = SenderSection.read(reader)
        let store = StoreSection.read(reader)
        let listeners = ListenerSection.read(reader)
        let pop3 = POP3Section.read(reader)
        let local = LocalSection.read(reader)
        let tls = TLSSection.readServer(reader)
        let limits = LimitsSection.read(reader)
        let log = LogSection.read(reader)
        let service = reader.section("service")
        let user = service?.string("user") ?? Located("postroom", at: .builtIn)
        let runtimeDirectory = service?.string("runtime_directory")
        if let runtimeDirectory {
            LocalSection.checkPath(runtimeDirectory, "service.runtime_directory", reader.context)
        }
        service?.finish()
        reader.finish()
        guard let hostname else { return nil }
        if postmaster == nil, reader.node("postmaster") == nil {
            reader.context.faults.warning(
                at: reader.location, "postmaster is not set",
                remedy: "name the address that mail for postmaster@ and abuse@ goes to; until then it is deferred")
        }
        var model = SiteModel(
            hostname: hostname, postmaster: postmaster, directories: directories, routing: routing, accounts: accounts,
            senders: senders, store: store, listeners: listeners, tls: tls, limits: limits, log: log, serviceUser: user,
            files: [file])
        model.shared = shared
        model.policies = policies
        model.outgoing = outgoing
        model.dns = dns
        model.pop3 = pop3
        model.local = local
        model.runtimeDirectory = runtimeDirectory
        model.originalBehaviour = original
        for listener in listeners {
            guard let name = listener.policy, model.policy(name.value) == nil else { continue }
            reader.context.faults.error(
                at: name.location, "there is no policy called \(name.value)",
                remedy: "known: " + policies.map(\.name).joined(separator: ", "))
        }
        if directories.isEmpty, reader.node("directory") == nil, model.asksDirectory {
            reader.context.faults.error(
                at: reader.location, "directory is missing",
                remedy: "name servers (directory.servers) or a file (directory.ldif)")
        }
        if reader.node("listeners") == nil { removeUnusable(&model) }
        checkStore(model, reader)
        return model
    }

    /// Of the listeners that a site has unless it names its own, those that nobody could use.
    private static func removeUnusable(_ model: inout SiteModel) {
        if !model.hasMailboxes { model.listeners.removeAll(where: \.kind.servesMailboxes) }
        guard model.accounts.passwords.isEmpty, model.accounts.submission == nil else { return }
        model.listeners.removeAll { $0.kind == .submission || $0.kind == .submissions }
    }

    /// Mailboxes need a place; a site without any has nothing to serve.
    private static func checkStore(_ model: SiteModel, _ reader: SectionReader) {
        let faults = reader.context.faults
        if !model.hasMailboxes, let domain = model.routing.mailboxDomains.first {
            faults.warning(
                at: domain.location, "domains.mailbox: no address there can have a mailbox, for this site has none",
                remedy: "name the domain in domains.alias, or say where mail lives with accounts.user")
        }
        guard model.store.roots.isEmpty, model.keepsMail else { return }
        if !model.hasMailboxes, let listener = model.listeners.first(where: \.kind.servesMailboxes) {
            faults.error(
                at: listener.host.location, "\(listener.kind.rawValue) serves mailboxes, and this site has none",
                remedy: "leave the listener out, or say where mail lives: accounts.user and store.roots")
        } else {
            faults.error(
                at: reader.location, "store.roots is missing",
                remedy: "name the folders below which mailboxes may lie, for example [/home/mail]")
        }
    }
}

extension MatchItemModel {
    fileprivate var location: SourceLocation {
        switch self {
        case .name(let name): name.location
        case .table(let table), .exceptTable(let table): table.nameAndLocation.location
        }
    }
}
