import Directory
import LDAP

/// A directory that never answers.
struct DeadDirectory: DirectorySource {
    var name: String { "ldap://127.0.0.1:1" }

    func search(_ request: SearchRequest) async -> DirectorySearchOutcome {
        .failed(UnavailableReason(.unreachable, "no server answers"))
    }

    func checkPassword(name: String, password: [UInt8]) async -> PasswordVerdict {
        .unavailable(UnavailableReason(.unreachable, "no server answers"))
    }
}
