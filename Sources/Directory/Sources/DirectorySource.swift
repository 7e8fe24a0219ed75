package import LDAP

/// Where directory answers come from: LDAP servers, an LDIF file evaluated in memory, a cache in front of either.
package protocol DirectorySource: Sendable {
    /// For traces and logs: `ldap://10.0.0.1:389` or `ldif:/etc/postroom/people.ldif`. Never a credential.
    var name: String { get }

    /// Complete results or none: a size or time limit that was hit, a referral as the result, a lost connection are
    /// `failed`. Continuation references among the entries are ignored.
    func search(_ request: SearchRequest) async -> DirectorySearchOutcome

    /// The same, with how the answer was had. A source that keeps no answers has it from `search`, live.
    func answer(_ request: SearchRequest) async -> DirectoryAnswer

    /// Checks a password by binding as `name`. An empty password is `rejected` before anything is sent.
    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict
}

/// What a search gives, before a caller decides what the absence of the base means to it.
package enum DirectorySearchOutcome: Sendable {
    /// In server order. May be empty.
    case entries([LDAPEntry])
    /// Result code 32: the base itself does not exist.
    case noSuchObject
    case failed(UnavailableReason)
}
