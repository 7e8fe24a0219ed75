/// `outgoing:`: mail that leaves for other hosts.
enum OutgoingSection {
    static func read(_ site: SectionReader) -> OutgoingModel {
        var model = OutgoingModel()
        guard let reader = site.section("outgoing") else { return model }
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
        model.srsDomain = reader.string("srs_domain")
        reader.finish()
        return model
    }
}
