/// Compares a password with a stored `userPassword` value: `{SSHA}…`, `{CRYPT}…` or plain text.
///
/// Hashing takes its time, so it belongs on threads of its own; whoever implements this sees to that.
package protocol PasswordVerifier: Sendable {
    /// Whether they match; nil when `stored` is of a scheme that can't be checked here.
    func verify(_ password: [UInt8], against stored: [UInt8]) async -> Bool?
}
