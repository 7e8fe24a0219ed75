/// The way of one search from server to server.
struct ReferralPath: Hashable, Sendable {
    struct Stop: Hashable, Sendable {
        var server: String
        var request: SearchRequest
    }

    var stops: Set<Stop> = []
    var depth = 0

    /// - Throws: `LDAPError` with the code `.result(.referral)` for a loop, or a way that is too long.
    func going(to url: LDAPURL, _ request: SearchRequest, maximumDepth: Int) throws(LDAPError) -> ReferralPath {
        var path = self
        path.depth += 1
        guard path.depth <= maximumDepth else {
            throw LDAPError(
                .result(.referral), server: url.server,
                text: "search below '\(request.base)': more than \(maximumDepth) referrals behind one another")
        }
        guard path.stops.insert(Stop(server: url.server, request: request)).inserted else {
            throw LDAPError(
                .result(.referral), server: url.server,
                text: "search below '\(request.base)': the referrals lead in a circle")
        }
        return path
    }
}

extension LDAPClient {
    typealias OneSearch = @Sendable (LDAPClient, SearchRequest) async throws -> SearchResult

    /// Searches here, and, where referrals are followed, goes on where they lead (RFC 4511 §4.1.10, §4.5.3).
    func following(_ request: SearchRequest, _ search: @escaping OneSearch) async throws -> SearchResult {
        guard configuration.referrals.isOn else { return try await search(self, request) }
        var path = ReferralPath()
        for server in configuration.servers {
            path.stops.insert(ReferralPath.Stop(server: server.server, request: request))
        }
        return try await follow(request, at: self, path, search)
    }

    private func follow(
        _ request: SearchRequest, at client: LDAPClient, _ path: ReferralPath, _ search: @escaping OneSearch
    ) async throws -> SearchResult {
        var result: SearchResult
        do {
            result = try await search(client, request)
        } catch let error as LDAPError where error.code == .result(.referral) {
            return try await followReferral(error, request, path, search)
        }
        let references = result.references
        for text in references {
            // Such as are not allowed are ignored, as all are when none are followed.
            guard let url = try? LDAPURL(parsing: text), configuration.referrals.allows(url) else { continue }
            let next = Self.request(request, at: url)
            let target = try referralServers.client(for: url)
            let further = try path.going(to: url, next, maximumDepth: configuration.referrals.maximumDepth)
            do {
                result.entries += try await follow(next, at: target, further, search).entries
            } catch let error as LDAPError where error.code == .result(.noSuchObject) {
                // It must not pass for the base of this search.
                throw LDAPError(
                    .result(.referral), server: url.server,
                    text: "search below '\(request.base)': the reference to '\(next.base)' leads to no entry")
            }
            guard result.entries.count <= configuration.searchLimits.maximumEntries else {
                throw LDAPError(
                    .tooManyResults, server: url.server,
                    text: "the search brings more than \(configuration.searchLimits.maximumEntries) entries")
            }
        }
        return result
    }

    /// All URLs of one referral are the same data: the next is tried when a server can't serve.
    private func followReferral(
        _ referral: LDAPError, _ request: SearchRequest, _ path: ReferralPath, _ search: @escaping OneSearch
    ) async throws -> SearchResult {
        var failure = referral
        for text in referral.referrals.prefix(Self.maximumReferralURLs) {
            guard let url = try? LDAPURL(parsing: text), configuration.referrals.allows(url) else {
                failure.text += "; '\(text.prefix(200))' is not among the hosts to which referrals may be followed"
                continue
            }
            let next = Self.request(request, at: url)
            let further = try path.going(to: url, next, maximumDepth: configuration.referrals.maximumDepth)
            do {
                return try await follow(next, at: referralServers.client(for: url), further, search)
            } catch let error as LDAPError where error.isTransient {
                failure = error
            }
        }
        throw failure
    }

    private static let maximumReferralURLs = 8

    private static func request(_ request: SearchRequest, at url: LDAPURL) -> SearchRequest {
        var next = request
        if !url.base.isEmpty { next.base = url.base }
        if let scope = url.scope { next.scope = scope }
        if let filter = url.filter { next.filter = filter }
        return next
    }
}
