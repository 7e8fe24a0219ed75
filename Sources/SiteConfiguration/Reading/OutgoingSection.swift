import Directory
import MailModel

/// `outgoing:`: mail that leaves for other hosts.
enum OutgoingSection {
    static func read(_ site: SectionReader) -> OutgoingModel {
        var model = OutgoingModel()
        guard let reader = site.section("outgoing") else { return model }
        model.queueDirectory = reader.string("queue_directory")
        model.minimumFreeSpace = reader.size("minimum_free_space")
        model.asksForSTS = reader.boolean("mta_sts")
        model.relayHost = reader.string("relay_host")
        model.senderTransports = TableSection.tables("sender_transports", reader)
        model.senderRelayHosts = TableSection.tables("sender_relay_hosts", reader)
        model.client = OutgoingClientSection.read(reader)
        model.limits = limits(reader)
        model.transports = transports(reader)
        model.lifetime = reader.duration("lifetime")
        model.bounceLifetime = reader.duration("bounce_lifetime")
        model.delayWarning = reader.duration("delay_warning")
        model.minimalBackoff = reader.duration("minimal_backoff")
        model.maximalBackoff = reader.duration("maximal_backoff")
        model.bounceSize = reader.size("bounce_size")
        model.noticeRecipient = reader.parsed("notice_recipient", expected: "an address") { EmailAddress($0) }
        model.tellsPostmaster = reader.boolean("double_bounce_notices")
        model.srs = srs(reader)
        reader.finish()
        return model
    }

    private static func limits(_ reader: SectionReader) -> DestinationLimitsModel {
        var limits = DestinationLimitsModel()
        limits.initialConcurrency = reader.integer("initial_concurrency", in: 1...10_000)
        limits.concurrency = reader.integer("concurrency", in: 1...10_000)
        limits.recipients = reader.integer("recipients", in: 1...100_000)
        limits.rateDelay = reader.duration("rate_delay")
        return limits
    }

    private static func transports(_ parent: SectionReader) -> [OutgoingTransportModel] {
        guard let node = parent.node("transports") else { return [] }
        var names: Set<String> = []
        return (node.elements ?? [node]).prefix(1000).compactMap { element in
            let reader = SectionReader(element, parent.context)
            let name = reader.require(
                reader.string("name"), "name", remedy: "the word that transport tables name it by")
            let kind = reader.choice("protocol", OutgoingTransportModel.Kind.self)
            let client = OutgoingClientSection.read(reader)
            let limits = limits(reader)
            reader.finish()
            guard let name else { return nil }
            guard names.insert(name.value).inserted else {
                parent.context.faults.error(
                    at: name.location, "\(node.path): there are two transports called \(name.value)",
                    remedy: "give one of them another name")
                return nil
            }
            return OutgoingTransportModel(name: name, kind: kind?.value ?? .smtp, client: client, limits: limits)
        }
    }

    private static func srs(_ parent: SectionReader) -> SRSModel? {
        guard let reader = parent.section("srs") else { return nil }
        let domain = reader.require(
            reader.string("domain"), "domain", remedy: "a domain whose mail comes to this server")
        let file = reader.require(
            reader.string("secret_file"), "secret_file", remedy: "a file with a long random word in its first line")
        let makesSecret = reader.boolean("make_secret")?.value ?? false
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
        model.makesSecret = makesSecret
        model.excludedDomains = excluded
        model.separator = separator
        model.hashLength = length
        model.validDays = days
        return model
    }
}
