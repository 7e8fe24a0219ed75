/// `dns:`: how the site asks DNS.
enum DNSSection {
    static func read(_ site: SectionReader) -> DNSModel {
        var model = DNSModel()
        guard let reader = site.section("dns") else { return model }
        model.servers = reader.strings("servers") ?? []
        model.validation = reader.choice("validation", DNSModel.Validation.self)
        model.trustAnchor = reader.string("trust_anchor")
        model.unsignedZones = reader.strings("unsigned_zones") ?? []
        model.hosts = reader.string("hosts")
        model.timeLimit = reader.duration("time_limit")
        reader.finish()
        return model
    }
}
