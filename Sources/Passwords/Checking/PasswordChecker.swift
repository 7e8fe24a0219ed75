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
    private let lastWork: Mutex<PasswordWork?>
    private let memory = MemoryBudget.shared

    /// `defaultScheme` is for values without a name in braces.
    package init(defaultScheme: PasswordScheme, limits: PasswordWorkLimits = PasswordWorkLimits(), run: @escaping Run) {
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
        self.lastWork = Mutex(usual.map { .crypt($0) })
    }

    /// Slow schemes run on `pool`: its own, so that neither disks wait for logins nor logins for disks.
    package convenience init(
        defaultScheme: PasswordScheme, limits: PasswordWorkLimits = PasswordWorkLimits(), pool: BlockingPool
    ) {
        self.init(defaultScheme: defaultScheme, limits: limits) { work in
            do {
                return try await pool.run(work)
            } catch {
                return .unsupported("not checked: \(error)")
            }
        }
    }

    /// `login` is the name as the client gave it: DIGEST-MD5 can't be checked without.
    package func check(
        _ password: [UInt8], against stored: [UInt8], login: [UInt8]? = nil
    ) async -> PasswordCheck {
        guard !password.isEmpty else { return .differs }
        let stored = StoredPassword(stored, defaultScheme: defaultScheme)
        let verifier = verifier
        guard stored.scheme?.isSlow == true else { return verifier.verify(password, against: stored, login: login) }
        let work = PasswordWork(stored)
        if let work, work.isAffordable(verifier.limits) {
            lastWork.withLock { $0 = work }
            return await perform(work) { verifier.verify(password, against: stored, login: login) }
        }
        // Found not to be of its scheme, or too dear, before any work is done.
        return await run { verifier.verify(password, against: stored, login: login) }
    }

    /// Does the work of a check and comes to nothing: for users that don't exist, so that time does not tell who does.
    /// Gives `differs`, or why even a real check could not have been made.
    package func checkForNobody(_ password: [UInt8]) async -> PasswordCheck {
        guard let work = lastWork.withLock({ $0 }) else {
            return verifier.verifySynchronously(
                password: password, stored: Self.nobody, defaultScheme: .ssha512)
        }
        return await perform(work) {
            work.performForNobody(password)
            return .differs
        }
    }

    private func perform(
        _ work: PasswordWork, _ body: @escaping @Sendable () -> PasswordCheck
    ) async -> PasswordCheck {
        await memory.withMemory(work.memory) { await run(body) }
            ?? .unsupported("not checked: too many hashes that need much memory wait already")
    }

    /// A digest of no password: base 64 of 64 zero octets and a salt.
    private static let nobody = Array(
        ("{SSHA512}" + String(repeating: "A", count: 85) + "BzYWx0").utf8)
}
