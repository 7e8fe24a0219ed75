/// A search in pages (RFC 2696): each page is asked for when the consumer is ready for it. A server that doesn't know
/// the control answers with one page, unless the control is critical.
public struct LDAPPagedSearch: AsyncSequence, Sendable {
    fileprivate let connection: LDAPConnection
    fileprivate let request: SearchRequest
    fileprivate let pageSize: Int
    fileprivate let isCritical: Bool
    fileprivate let limits: LDAPSearchLimits
    fileprivate let timeout: Duration?

    public struct AsyncIterator: AsyncIteratorProtocol {
        fileprivate let search: LDAPPagedSearch
        private var cookie: [UInt8]? = []

        fileprivate init(_ search: LDAPPagedSearch) {
            self.search = search
        }

        public mutating func next() async throws -> SearchResult? {
            guard let cookie else { return nil }
            let control = PagedResults(size: search.pageSize, cookie: cookie).control(isCritical: search.isCritical)
            let page = try await search.connection.search(
                search.request, controls: [control], limits: search.limits, timeout: search.timeout)
            let answer: PagedResults?
            do throws(LDAPDecodingError) {
                answer = try PagedResults(in: page.controls)
            } catch {
                throw LDAPError(
                    .protocolViolation, server: search.connection.server.server, text: "paged search: \(error)")
            }
            self.cookie = answer.flatMap { $0.cookie.isEmpty ? nil : $0.cookie }
            return page
        }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(self)
    }
}

extension LDAPConnection {
    /// Searches page by page. `limits` and `timeout` are those of one page.
    public func pagedSearch(
        _ request: SearchRequest, pageSize: Int = 500, isCritical: Bool = false,
        limits: LDAPSearchLimits = LDAPSearchLimits(), timeout: Duration? = nil
    ) -> LDAPPagedSearch {
        LDAPPagedSearch(
            connection: self, request: request, pageSize: pageSize, isCritical: isCritical, limits: limits,
            timeout: timeout)
    }
}

extension LDAPEntry {
    /// About the bytes that it takes in a message.
    var size: Int {
        attributes.reduce(name.utf8.count) { size, attribute in
            attribute.values.reduce(size + attribute.description.spelling.utf8.count) { $0 + $1.count }
        }
    }
}
