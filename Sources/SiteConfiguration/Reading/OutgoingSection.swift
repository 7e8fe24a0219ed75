import Directory

/// `outgoing:`: mail that leaves for other hosts.
enum OutgoingSection {
    static func read(_ site: SectionReader) -> OutgoingModel {
        var model = OutgoingModel()
        guard let reader = site.section("outgoing") else { return model }
        model.queueDirectory = reader.string("queue_directory")
        model.asksLoginsForSender = reader.boolean("asks_logins_for_sender")
        model.asksForSTS = reader.boolean("mta_sts")
        model.relayHost = reader.string("relay_host")
        model.senderRelayHosts = TableSection.tables("sender_relay_hosts", reader)
        model.logins = TableSection.tables("logins", reader)
        model.logsIn = reader.boolean("log_in")?.value ?? false
        model.tlsLevel = reader.choice("tls", OutgoingModel.TLSLevel.self)
        model.tlsPolicies = TableSection.tables("tls_policies", reader)
        model.caFile = reader.string("ca_file")
        model.caDirectory = reader.string("ca_directory")
        model.lifetime = reader.duration("lifetime")
        model.bounceLifetime = reader.duration("bounce_lifetime")
        model.delayWarning = reader.duration("delay_warning")
        model.minimalBackoff = reader.duration("minimal_backoff")
        model.maximalBackoff = reader.duration("maximal_backoff")
        model.bounceSize = reader.size("bounce_size")
        model.srs = srs(reader)
        reader.finish()
        return model
    }

    private static func srs(_ parent: SectionReader) -> SRSModel? {
        guard let reader = parent.section("srs") else { return nil }
        let domain = reader.require(
            reader.string("domain"), "domain", remedy: "a domain whose mail comes to this server")
        let file = reader.require(
            reader.string("secret_file"), "secret_file", remedy: "a file with a long random word in its first line")
        let excluded = reader.strings("exclude_domains") ?? []
        let separator = reader.parsed("separator", expected: "one of =, + and -") {
            ["=", "+", "-"].contains($0) ? $0 : nil
        }
        let length = reader.integer("hash_length", in: 4...27)
        let days = reader.integer("valid_days", in: 1...500)
        reader.finish()
        guard let domain, let file else { return nil }
        var model = SRSModel(
            domain: domain, secretFile: file.map { reader.context.absolute($0, relativeTo: file.location.file) })
        model.excludedDomains = excluded
        model.separator = separator
        model.hashLength = length
        model.validDays = days
        return model
    }
}
