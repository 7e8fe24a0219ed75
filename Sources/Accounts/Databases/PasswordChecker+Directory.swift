import Directory
package import Passwords

/// A directory in a file has its passwords compared by the same code as the accounts have theirs.
extension PasswordChecker: Directory.PasswordVerifier {
    package func verify(_ password: [UInt8], against stored: [UInt8]) async -> Bool? {
        switch await check(password, against: stored) {
        case .matches: true
        case .differs: false
        case .unsupported: nil
        }
    }
}
