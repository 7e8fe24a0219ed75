import Directory
import LDAP
import PostroomTesting

/// A real OpenLDAP server as a directory source: one connection for each question, so that nothing of one login can be
/// left over for the next.
struct SlapdSource: DirectorySource {
    let slapd: Slapd

    var name: String { slapd.url }

    private func connect() async throws -> LDAPConnection {
        try await LDAPConnection.connect(to: LDAPURL(parsing: slapd.url), tls: LDAPTLSContext())
    }

    func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        do {
            let connection = try await connect()
            try await connection.bind(name: slapd.bindDN, password: LDAPPassword(slapd.bindPassword))
            let result = try await connection.search(request)
            await connection.unbind()
            return .entries(result.entries)
        } catch let error as LDAPError where error.code == .result(.noSuchObject) {
            return .noSuchObject
        } catch {
            return .failed(UnavailableReason(.unreachable, "\(error)"))
        }
    }

    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        guard !password.isEmpty else { return .rejected }
        do {
            let connection = try await connect()
            try await connection.bind(name: name, password: LDAPPassword(password))
            await connection.unbind()
            return .accepted
        } catch let error as LDAPError {
            switch error.code {
            case .result(.invalidCredentials), .result(.noSuchObject), .result(.invalidDNSyntax): return .rejected
            default: return .unavailable(UnavailableReason(.unreachable, "\(error)"))
            }
        } catch {
            return .unavailable(UnavailableReason(.unreachable, "\(error)"))
        }
    }
}
