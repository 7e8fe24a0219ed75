import DNS
import Directory
import SiteConfiguration

/// `DNSModel` → the site's resolver.
struct ResolverBuilder {
    private let model: DNSModel
    private let faults = FaultCollector()

    /// The resolver of the site before, where nothing changed that it was opened with: its cache goes on.
    static func resolver(
        _ model: DNSModel, succeeding old: UnboundResolver?
    ) async -> (resolver: UnboundResolver?, faults: [ConfigurationFault]) {
        let builder = ResolverBuilder(model: model)
        guard let options = builder.options() else { return (nil, builder.faults.faults) }
        if let old, old.options == options, await Hashing.blocking({ old.isCurrent }) == true { return (old, []) }
        do throws(UnboundFailure) {
            return (try await UnboundResolver.open(options), [])
        } catch {
            builder.faults.error(
                at: model.servers.first?.location ?? model.trustAnchor?.location ?? .builtIn,
                "dns: \(error.description)", remedy: "see dns in docs/configuration.md")
            return (nil, builder.faults.faults)
        }
    }

    private init(model: DNSModel) { self.model = model }

    private func options() -> UnboundOptions? {
        var options = UnboundOptions()
        var isSound = true
        func fault(_ text: Located<String>, _ problem: String, _ remedy: String) {
            faults.error(at: text.location, "\(text.value) \(problem)", remedy: remedy)
            isSound = false
        }
        if let only = model.servers.first, model.servers.count == 1, only.value == "root" {
            options.servers = .root
        } else if let only = model.servers.first, model.servers.count == 1, only.value.hasPrefix("/") {
            options.servers = .file(only.value)
        } else if !model.servers.isEmpty {
            options.servers = .forwarders(
                model.servers.compactMap { text in
                    if let server = DNSServerAddress(text.value) { return server }
                    fault(
                        text, "is not the address of a name server",
                        "for example 192.0.2.53, 2001:db8::53@5353; alone root, or a path such as /etc/resolv.conf")
                    return nil
                })
        }
        switch model.validation?.value {
        case .off: options.validation = .off
        case .whenPossible, nil: options.validation = .whenPossible
        case .required: options.validation = .required
        }
        options.trustAnchorFile = model.trustAnchor?.value
        options.unsignedZones = model.unsignedZones.compactMap { text in
            if let name = DNSName(text.value) { return name }
            fault(text, "is not the name of a zone", "for example corp.example.org")
            return nil
        }
        if let hosts = model.hosts { options.hostsFile = hosts.value == "none" ? nil : hosts.value }
        if let limit = model.timeLimit {
            if limit.value > .zero, limit.value <= .seconds(300) {
                options.timeLimit = limit.value
            } else {
                faults.error(
                    at: limit.location, "dns.time_limit is not between 1 ms and 5 minutes", remedy: "for example 10s")
                isSound = false
            }
        }
        return isSound ? options : nil
    }
}
