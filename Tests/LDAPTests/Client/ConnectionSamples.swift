import LDAP
import PostroomTesting
import Testing

/// The time limit of operations that are to be answered, however busy the machine is.
let patience = Duration.seconds(120)

extension Slapd {
    func connect(_ url: String? = nil, tls: LDAPTLSOptions = LDAPTLSOptions()) async throws -> LDAPConnection {
        try await LDAPConnection.connect(
            to: LDAPURL(parsing: url ?? self.url), tls: LDAPTLSContext(tls),
            options: LDAPConnectionOptions(connectTimeout: patience, operationTimeout: patience))
    }

    var trusting: LDAPTLSOptions { LDAPTLSOptions(authorityFile: certificates?.authority) }

    func search(_ filter: String, attributes: [String] = []) throws -> SearchRequest {
        SearchRequest(base: directory.suffix, filter: try LDAPFilter(parsing: filter), attributes: attributes)
    }
}

func connect(
    _ server: ScriptedLDAPServer, timeout: Duration = patience,
    maximumMessageLength: Int = LDAPMessage.defaultMaximumLength
) async throws -> LDAPConnection {
    try await LDAPConnection.connect(
        to: server.url, tls: LDAPTLSContext(),
        options: LDAPConnectionOptions(
            connectTimeout: patience, operationTimeout: timeout, maximumMessageLength: maximumMessageLength))
}

let everything = SearchRequest(base: "", filter: .present("objectClass"))

/// The code of the error that `body` throws.
func code<Value>(_ body: () async throws -> Value) async -> LDAPError.Code? {
    do {
        _ = try await body()
        Issue.record("an error is expected")
        return nil
    } catch let error as LDAPError {
        return error.code
    } catch {
        Issue.record("an LDAPError is expected, not \(error)")
        return nil
    }
}
