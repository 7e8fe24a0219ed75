/// What a search brought.
public struct SearchResult: Hashable, Sendable {
    /// In the server's order.
    public var entries: [LDAPEntry]
    /// Continuation references: URLs of other servers. A connection never follows them.
    public var references: [String]
    public var result: LDAPResult
    /// Of the message that ended the search.
    public var controls: [LDAPControl]

    public init(
        entries: [LDAPEntry], references: [String] = [], result: LDAPResult = LDAPResult(.success),
        controls: [LDAPControl] = []
    ) {
        self.entries = entries
        self.references = references
        self.result = result
        self.controls = controls
    }
}

extension LDAPConnection {
    private func require(
        _ result: LDAPResult?, _ action: String, allowed: Set<ResultCode> = [.success]
    ) throws -> LDAPResult {
        guard let result else {
            throw LDAPError(.protocolViolation, server: server.server, text: "\(action): the answer is of another kind")
        }
        guard allowed.contains(result.code) else { throw LDAPError(result, server: server.server, doing: action) }
        return result
    }

    // MARK: Identity

    /// Authenticates by name and password. Refused here, before anything is sent, when either is empty.
    ///
    /// - Throws: `LDAPError`; `.result(.invalidCredentials)` when the server says no.
    public func bind(name: String, password: LDAPPassword, timeout: Duration? = nil) async throws {
        guard !password.isEmpty, !name.isEmpty else {
            throw LDAPError(
                .emptyCredentials, server: server.server,
                text:
                    "bind: an empty \(name.isEmpty ? "name" : "password") is never sent, since servers take it for an "
                    + "anonymous bind and answer with success"
            ).unsent()
        }
        let request = LDAPBindRequest(name: name, authentication: .simple(password))
        try await bind(request, "bind as '\(name)'", timeout: timeout)
    }

    /// Becomes anonymous.
    public func bindAnonymously(timeout: Duration? = nil) async throws {
        let request = LDAPBindRequest(name: "", authentication: .simple(LDAPPassword([])))
        try await bind(request, "anonymous bind", timeout: timeout)
    }

    /// Takes the identity of the TLS client certificate, or of the process at the other end of a Unix socket (RFC 4422,
    /// appendix A).
    public func bindExternally(authorizationIdentity: String? = nil, timeout: Duration? = nil) async throws {
        let credentials = LDAPPassword(authorizationIdentity ?? "")
        let request = LDAPBindRequest(
            name: "", authentication: .sasl(mechanism: "EXTERNAL", credentials: credentials))
        try await bind(request, "SASL EXTERNAL bind", timeout: timeout)
    }

    private func bind(_ request: LDAPBindRequest, _ action: String, timeout: Duration?) async throws {
        let answer = try await perform(.bindRequest(request), .bind, timeout: timeout)
        var result: LDAPResult?
        if case .bindResponse(let response, _) = answer.final.operation { result = response }
        _ = try require(result, action)
    }

    /// Secures the connection (RFC 4511 §4.14). Any answer but success is an error; the caller must not go on in the clear.
    public func startTLS(timeout: Duration? = nil) async throws {
        let request = LDAPExtendedRequest(name: LDAPExtension.startTLS)
        let answer = try await perform(
            .extendedRequest(request), .startTLS, timeout: timeout ?? options.connectTimeout)
        var result: LDAPResult?
        if case .extendedResponse(let response) = answer.final.operation { result = response.result }
        _ = try require(result, "StartTLS")
    }

    // MARK: Reading

    /// Searches and gathers the whole answer.
    ///
    /// - Throws: `LDAPError`. Any result but success is thrown: entries before a size or time limit are no answer.
    public func search(
        _ request: SearchRequest, controls: [LDAPControl] = [], limits: LDAPSearchLimits = LDAPSearchLimits(),
        timeout: Duration? = nil
    ) async throws -> SearchResult {
        let answer = try await perform(
            .searchRequest(request), .search, controls: controls, timeout: timeout, limits: limits)
        var done: LDAPResult?
        if case .searchResultDone(let response) = answer.final.operation { done = response }
        let result = try require(done, "search below '\(request.base)'")
        return SearchResult(
            entries: answer.entries, references: answer.references, result: result, controls: answer.final.controls)
    }

    /// Searches and gives what came before a limit ended it, if one did.
    func partialSearch(_ request: SearchRequest, limits: LDAPSearchLimits) async throws -> SearchResult {
        let answer = try await perform(.searchRequest(request), .search, limits: limits)
        var done: LDAPResult?
        if case .searchResultDone(let response) = answer.final.operation { done = response }
        let result = try require(
            done, "search below '\(request.base)'",
            allowed: [.success, .sizeLimitExceeded, .timeLimitExceeded, .adminLimitExceeded])
        return SearchResult(
            entries: answer.entries, references: answer.references, result: result, controls: answer.final.controls)
    }

    /// Searches and hands out entries as they come, for answers too big to gather. `timeout` is the longest wait for the
    /// next message. Continuation references are left out.
    public func entries(
        of request: SearchRequest, controls: [LDAPControl] = [],
        limits: LDAPSearchLimits = LDAPSearchLimits(maximumEntries: .max, maximumBytes: .max),
        timeout: Duration? = nil
    ) -> LDAPEntrySequence {
        stream(request, controls: controls, timeout: timeout, limits: limits)
    }

    /// Whether the entry has the value.
    public func compare(
        name: String, attribute: AttributeDescription, value: [UInt8], timeout: Duration? = nil
    ) async throws -> Bool {
        let answer = try await perform(.compareRequest(name: name, attribute, value), .compare, timeout: timeout)
        var response: LDAPResult?
        if case .compareResponse(let result) = answer.final.operation { response = result }
        return try require(response, "compare '\(name)'", allowed: [.compareTrue, .compareFalse]).code == .compareTrue
    }

    // MARK: Writing

    public func add(_ entry: LDAPEntry, controls: [LDAPControl] = [], timeout: Duration? = nil) async throws {
        let answer = try await perform(.addRequest(entry), .add, controls: controls, timeout: timeout)
        var response: LDAPResult?
        if case .addResponse(let result) = answer.final.operation { response = result }
        _ = try require(response, "add '\(entry.name)'")
    }

    public func modify(
        name: String, _ modifications: [LDAPModification], controls: [LDAPControl] = [], timeout: Duration? = nil
    ) async throws {
        let answer = try await perform(
            .modifyRequest(name: name, modifications), .modify, controls: controls, timeout: timeout)
        var response: LDAPResult?
        if case .modifyResponse(let result) = answer.final.operation { response = result }
        _ = try require(response, "modify '\(name)'")
    }

    public func delete(name: String, controls: [LDAPControl] = [], timeout: Duration? = nil) async throws {
        let answer = try await perform(.deleteRequest(name: name), .delete, controls: controls, timeout: timeout)
        var response: LDAPResult?
        if case .deleteResponse(let result) = answer.final.operation { response = result }
        _ = try require(response, "delete '\(name)'")
    }

    public func modifyDN(
        name: String, _ rename: LDAPRename, controls: [LDAPControl] = [], timeout: Duration? = nil
    ) async throws {
        let answer = try await perform(
            .modifyDNRequest(name: name, rename), .modifyDN, controls: controls, timeout: timeout)
        var response: LDAPResult?
        if case .modifyDNResponse(let result) = answer.final.operation { response = result }
        _ = try require(response, "rename '\(name)'")
    }

    // MARK: Extended operations

    public func extended(
        _ request: LDAPExtendedRequest, controls: [LDAPControl] = [], timeout: Duration? = nil
    ) async throws -> LDAPExtendedResponse {
        let answer = try await perform(.extendedRequest(request), .extended, controls: controls, timeout: timeout)
        guard case .extendedResponse(let response) = answer.final.operation else {
            throw LDAPError(
                .protocolViolation, server: server.server, text: "\(request.name): the answer is of another kind")
        }
        _ = try require(response.result, "extended operation \(request.name)")
        return response
    }

    /// The authorization identity of the connection (RFC 4532): `dn:cn=…`, `u:name`, or empty when anonymous.
    public func whoAmI(timeout: Duration? = nil) async throws -> String {
        let response = try await extended(LDAPExtendedRequest(name: LDAPExtension.whoAmI), timeout: timeout)
        return String(decoding: response.value ?? [], as: UTF8.self)
    }

    /// Changes a password (RFC 3062). Gives the one that the server made up, if it did.
    @discardableResult
    public func modifyPassword(
        _ modification: PasswordModification, timeout: Duration? = nil
    ) async throws -> LDAPPassword? {
        let response = try await extended(modification.request, timeout: timeout)
        do throws(LDAPDecodingError) {
            return try PasswordModification.generatedPassword(in: response)
        } catch {
            throw LDAPError(.protocolViolation, server: server.server, text: "password modify: \(error)")
        }
    }
}
