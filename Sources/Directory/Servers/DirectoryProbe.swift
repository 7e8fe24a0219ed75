package import LDAP

/// Looks at a directory with the service's own identity and says what it sees; what is good or bad others judge.
///
/// Every look is one search or two, bounded by the client's times and by the number of entries that the caller gives. An
/// `absent` says that the base does not exist (or that access rules hide it: a server does not tell which).
package struct DirectoryProbe: Sendable {
    private enum Access {
        case servers(LDAPClient)
        case file(any DirectorySource)
    }

    private let access: Access

    package init(_ client: LDAPClient) {
        access = .servers(client)
    }

    /// A directory that is a file in memory: it has no limits and no rights of its own.
    package init(file: any DirectorySource) {
        access = .file(file)
    }

    /// For messages: the servers' URLs, or the file.
    package var name: String {
        switch access {
        case .servers(let client): client.configuration.servers.map(\.server).joined(separator: ", ")
        case .file(let source): source.name
        }
    }

    // MARK: Facts

    package func facts() async -> Outcome<DirectoryFacts> {
        let start = ContinuousClock.now
        let request = SearchRequest(
            base: "", scope: .base, filter: .present("objectClass"), attributes: ["*", "+"] + DirectoryFacts.attributes)
        return await sampled(request, limit: 1).map { result in
            DirectoryFacts(result.entries.first, security: security, duration: .now - start)
        }
    }

    /// Of each server in the configuration, in its order.
    package var security: [ServerSecurity] {
        guard case .servers(let client) = access else { return [] }
        return client.configuration.servers.map { server in
            let transport: ServerSecurity.Transport =
                switch server.scheme {
                case .ldaps: .tls(verification: client.configuration.tls.verification)
                case .ldapi: .localSocket
                case .ldap where client.configuration.startTLS:
                    .tls(verification: client.configuration.tls.verification)
                case .ldap: .clear
                }
            return ServerSecurity(server: server.server, transport: transport)
        }
    }

    // MARK: Entries

    /// How many entries a filter finds, counted up to `limit`.
    package func count(
        below base: String, scope: SearchScope = .sub, filter: LDAPFilter = .present("objectClass"), upTo limit: Int
    ) async -> Outcome<EntryCount> {
        let start = ContinuousClock.now
        let request = SearchRequest(base: base, scope: scope, filter: filter, attributes: ["1.1"])
        return await sampled(request, limit: limit).map { result in
            EntryCount(
                entries: result.entries.count, end: SampleEnd(result.result.code, count: result.entries.count, limit),
                references: result.references.count, duration: .now - start)
        }
    }

    /// The first `limit` entries of a search, whatever limits of the server's end it before.
    package func entries(_ request: SearchRequest, upTo limit: Int) async -> Outcome<EntrySample> {
        await sampled(request, limit: limit).map { result in
            EntrySample(
                entries: result.entries,
                end: SampleEnd(result.result.code, count: result.entries.count, limit))
        }
    }

    // MARK: Attributes

    /// Whether an entry has the attribute and this client may read it.
    package func attribute(
        _ attribute: AttributeDescription, below base: String, filter: LDAPFilter = .present("objectClass")
    ) async -> Outcome<AttributeReadability> {
        let having = SearchRequest(
            base: base, filter: .and([filter, .present(attribute)]), attributes: [attribute.spelling])
        return await sampled(having, limit: Self.attributeSample).map { result in
            let read = result.entries.first { entry in
                entry.attributes.contains { $0.description.type == attribute.type && !$0.values.isEmpty }
            }
            if let read { return .readable(entry: read.name) }
            if let hidden = result.entries.first { return .hidden(entry: hidden.name) }
            return .notSeen
        }
    }

    private static let attributeSample = 10

    /// Whether password hashes can be read with the service's identity. None is kept or given.
    package func passwords(
        below base: String, attribute: AttributeDescription = "userPassword"
    ) async -> Outcome<AttributeReadability> {
        await self.attribute(attribute, below: base)
    }

    /// How often each value of an attribute occurs among the first `limit` entries that have it. Values are compared
    /// without regard to ASCII case, as addresses are.
    package func values(
        of attribute: AttributeDescription, below base: String, filter: LDAPFilter = .present("objectClass"),
        upTo limit: Int
    ) async -> Outcome<ValueSample> {
        let request = SearchRequest(
            base: base, filter: .and([filter, .present(attribute)]), attributes: [attribute.spelling])
        return await sampled(request, limit: limit).map { result in
            ValueSample(
                result.entries, attribute,
                end: SampleEnd(result.result.code, count: result.entries.count, limit))
        }
    }

    // MARK: Cost

    /// How long the server takes for a filter, beside how long it takes to read the base alone.
    ///
    /// No server tells whether an index was used. What can be seen: that it refuses for the work (`isRefusedAsTooCostly`:
    /// OpenLDAP's unchecked limit, 389-ds's lookthrough limit), that it runs out of time, and the time itself, which
    /// means little in a small or a cached directory. The faster of two tries counts.
    package func cost(below base: String, scope: SearchScope = .sub, filter: LDAPFilter) async -> Outcome<SearchCost> {
        let plain = SearchRequest(
            base: base, scope: .base, filter: .present("objectClass"), attributes: ["1.1"])
        let question = SearchRequest(base: base, scope: scope, filter: filter, attributes: ["1.1"])
        var baseline = Duration.seconds(365 * 86_400)
        var duration = baseline
        var end = SampleEnd.complete
        for _ in 0..<2 {
            var start = ContinuousClock.now
            switch await sampled(plain, limit: 1) {
            case .found: baseline = min(baseline, .now - start)
            case .absent: return .absent
            case .unavailable(let reason): return .unavailable(reason)
            }
            start = .now
            switch await sampled(question, limit: Self.costSample) {
            case .found(let result):
                duration = min(duration, .now - start)
                end = SampleEnd(result.result.code, count: result.entries.count, Self.costSample)
            case .absent: return .absent
            case .unavailable(let reason): return .unavailable(reason)
            }
        }
        return .found(SearchCost(duration: duration, baseline: baseline, end: end))
    }

    private static let costSample = 10

    private func sampled(_ request: SearchRequest, limit: Int) async -> Outcome<SearchResult> {
        let client: LDAPClient
        switch access {
        case .servers(let servers): client = servers
        case .file(let source): return await Self.sampled(request, limit: limit, from: source)
        }
        do {
            return .found(try await client.sample(request, limit: limit))
        } catch let error as LDAPError {
            return error.code == .result(.noSuchObject) ? .absent : .unavailable(UnavailableReason(error))
        } catch {
            return .unavailable(UnavailableReason(.unreachable, "the look at the directory was cancelled"))
        }
    }

    private static func sampled(
        _ request: SearchRequest, limit: Int, from file: any DirectorySource
    ) async -> Outcome<SearchResult> {
        switch await file.search(request) {
        case .failed(let reason): return .unavailable(reason)
        case .noSuchObject: return .absent
        case .entries(let entries):
            let isWhole = entries.count <= limit
            return .found(
                SearchResult(
                    entries: Array(entries.prefix(limit)),
                    result: LDAPResult(isWhole ? .success : .sizeLimitExceeded)))
        }
    }
}
