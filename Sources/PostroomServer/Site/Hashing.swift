import Blocking
import Passwords

/// The threads on which passwords are hashed, and on which short blocking reads are done: apart from those that write
/// mail, so that a storm of logins does not hold up deliveries.
enum Hashing {
    static let pool = BlockingPool(name: "hash", threads: 4, queueLimit: 1024)

    /// For `PasswordChecker`.
    static let run: PasswordChecker.Run = { work in
        do {
            return try await pool.run(work)
        } catch {
            return .unsupported("too many passwords are being checked at the same time: \(error)")
        }
    }

    /// Nil when no thread is to be had.
    static func blocking<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value? {
        try? await pool.run(body)
    }
}
