package import Blocking
import Synchronization

/// Checks passwords for tasks: what takes milliseconds by design runs where `run` puts it, never on the caller's thread.
package final class PasswordChecker: Sendable {
    /// Runs a closure that blocks on a thread meant for it. When none is free in time it gives `unsupported` with the reason.
    package typealias Run = @Sendable (_ work: @escaping @Sendable () -> PasswordCheck) async -> PasswordCheck

    package let defaultScheme: PasswordScheme
    private let verifier: PasswordVerifier
    private let run: Run
    /// What the last real check cost: a check for nobody has to cost the same.
    private let lastSetting: Mutex<CryptSetting?>

    /// `defaultScheme` is for values without a name in braces.
    package init(defaultScheme: PasswordScheme, limits: CryptLimits = CryptLimits(), run: @escaping Run) {
        self.defaultScheme = defaultScheme
        self.verifier = PasswordVerifier(limits: limits)
        self.run = run
        let usual: CryptSetting? =
            switch defaultScheme {
            case .crypt, .sha512Crypt: CryptSetting(Array("$6$salt$".utf8))
            case .sha256Crypt: CryptSetting(Array("$5$salt$".utf8))
            case .blowfishCrypt: CryptSetting(Array("$2y$10$".utf8))
            default: nil
            }
        self.lastSetting = Mutex(usual)
    }

    /// Slow schemes run on `pool`: its own, so that neither disks wait for logins nor logins for disks.
    package convenience init(defaultScheme: PasswordScheme, limits: CryptLimits = CryptLimits(), pool: BlockingPool) {
        self.init(defaultScheme: defaultScheme, limits: limits) { work in
            do {
                return try await pool.run(work)
            } catch {
                return .unsupported("not checked: \(error)")
            }
        }
    }

    package func check(_ password: [UInt8], against stored: [UInt8]) async -> PasswordCheck {
        guard !password.isEmpty else { return .differs }
        let stored = StoredPassword(stored, defaultScheme: defaultScheme)
        let verifier = verifier
        guard stored.scheme?.isSlow == true else { return verifier.verify(password, against: stored) }
        if let data = stored.decoded, let setting = CryptSetting(data), setting.isAffordable(verifier.limits) {
            lastSetting.withLock { $0 = setting }
        }
        return await run { verifier.verify(password, against: stored) }
    }

    /// Does the work of a check and comes to nothing: for users that don't exist, so that time does not tell who does.
    /// Gives `differs`, or why even a real check could not have been made.
    package func checkForNobody(_ password: [UInt8]) async -> PasswordCheck {
        guard let setting = lastSetting.withLock({ $0 }) else {
            return verifier.verifySynchronously(
                password: password, stored: Self.nobody, defaultScheme: .ssha512)
        }
        return await run {
            _ = Crypt.hash(password, setting: setting.withoutOwner)
            return .differs
        }
    }

    /// A digest of no password: base 64 of 64 zero octets and a salt.
    private static let nobody = Array(
        ("{SSHA512}" + String(repeating: "A", count: 85) + "BzYWx0").utf8)
}
