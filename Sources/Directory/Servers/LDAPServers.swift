package import LDAP

/// LDAP servers as a directory: complete answers or a reason that names the server and what to do.
package final class LDAPServers: DirectorySource {
    package let name: String
    private let client: LDAPClient

    package init(_ client: LDAPClient) {
        self.client = client
        name = client.configuration.servers.map(\.server).joined(separator: ", ")
    }

    package func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        do {
            let entries = try await entries(request)
            return .entries(try await RangedAttributes.completed(entries) { try await self.client.search($0).entries })
        } catch let error as LDAPError {
            // Result 32 of the search itself. A service bind may be refused with 32 too, and that is no answer.
            if error.code == .result(.noSuchObject) { return .noSuchObject }
            return .failed(UnavailableReason(error))
        } catch {
            return .failed(UnavailableReason(.unreachable, "\(name): the search was cancelled"))
        }
    }

    /// Servers such as Active Directory give no more than a thousand entries at once, but any number page by page. A limit
    /// that the caller set is not got round.
    private func entries(_ request: SearchRequest) async throws -> [LDAPEntry] {
        do {
            return try await client.search(request).entries
        } catch let error as LDAPError where error.code == .result(.sizeLimitExceeded) && request.sizeLimit == 0 {
            return try await client.pagedSearch(request).entries
        }
    }

    package func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        guard !password.isEmpty else { return .rejected }
        return switch await client.checkPassword(name: name, password: LDAPPassword(password)) {
        case .accepted: .accepted
        case .rejected: .rejected
        case .unavailable(let error): .unavailable(UnavailableReason(error))
        }
    }

    /// Looks after the connections until the task is cancelled.
    package func run() async {
        await client.run()
    }

    package func shutDown() async {
        await client.shutDown()
    }
}
