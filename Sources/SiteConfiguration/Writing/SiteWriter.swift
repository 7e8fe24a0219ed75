import Directory
package import MailModel

/// `SiteModel` → `postroom.yaml`: the whole configuration in force, presets and defaults written out.
extension SiteModel {
    package var yaml: String { yaml() }

    /// - Parameters:
    ///   - secrets: what stands for a secret that the configuration itself holds; nil writes that it isn't shown, and
    ///     hides the hashes of users that stand in the configuration. Passwords towards other hosts are never shown.
    ///   - isCommented: whether each value tells where it was set.
    package func yaml(
        secrets: ((_ directory: String, _ secret: Secret) -> SecretOrigin)? = nil, isCommented: Bool = false
    ) -> String {
        document(secrets).text(isCommented: isCommented)
    }

    private func document(_ secrets: ((String, Secret) -> SecretOrigin)?) -> YAMLValue {
        var entries = YAMLEntries()
        entries.add("hostname", hostname)
        entries.add("postmaster", postmaster?.map { String(decoding: $0.unquoted, as: UTF8.self) })
        if routing.meaning != .native { entries.add("meaning", routing.meaning.rawValue) }
        entries.add("original_behaviour", originalBehaviour.map { $0.map(\.rawValue) })
        if let main = directory(Self.mainDirectory) { entries.add("directory", main.document(secrets)) }
        let others = directories.filter { $0.name != Self.mainDirectory }
        if !others.isEmpty {
            entries.add("directories", .mapping(others.map { ($0.name, $0.document(secrets)) }))
        }
        routing.write(into: &entries)
        entries.add("accounts", accounts.document(showsHashes: secrets != nil))
        entries.add("shared", shared.entries)
        entries.add("senders", senders.document)
        if !policies.isEmpty { entries.add("policies", .mapping(policies.map { ($0.name, $0.document) })) }
        entries.add("store", store.document)
        entries.add("listeners", .list(listeners.map(\.document)))
        entries.add("pop3", pop3.entries)
        entries.add("local", local.entries)
        entries.add("outgoing", outgoing.entries)
        entries.add("dns", dns.entries)
        entries.add("tls", tls.document)
        entries.add("limits", limits.document)
        entries.add(
            "log", .mapping([("level", .scalar(log.level.rawValue)), ("format", .scalar(log.format.rawValue))]))
        var service = YAMLEntries()
        service.add("user", serviceUser)
        service.add("runtime_directory", runtimeDirectory)
        entries.add("service", service)
        return entries.value
    }
}
