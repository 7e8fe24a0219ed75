import Passwords

/// What `postroom password` asks.
package enum StoredPasswords {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package static let defaultScheme = PasswordScheme.sha512Crypt.rawValue
    package static let hashableSchemes = PasswordScheme.allCases.map(\.rawValue)

    /// `{SCHEME}data` with a fresh salt. Takes as long as the scheme wants: not for an event loop.
    package static func hash(_ password: String, scheme name: String) -> Result<String, Failure> {
        guard let scheme = PasswordScheme(name: name) else {
            return .failure(
                Failure(
                    description: "there is no scheme called \(name); there are: "
                        + hashableSchemes.joined(separator: ", ")))
        }
        do {
            return .success(String(decoding: try scheme.hashSynchronously(Array(password.utf8)), as: UTF8.self))
        } catch {
            return .failure(Failure(description: error.description))
        }
    }

    package static func verify(_ password: String, stored: String) -> Result<Bool, Failure> {
        let check = PasswordVerifier().verifySynchronously(
            password: Array(password.utf8), stored: Array(stored.utf8))
        switch check {
        case .matches: return .success(true)
        case .differs: return .success(false)
        case .unsupported(let reason): return .failure(Failure(description: reason))
        }
    }
}
