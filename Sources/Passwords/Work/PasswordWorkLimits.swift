/// How much work a stored value may ask for. What asks for more can't be checked here.
package struct PasswordWorkLimits: Hashable, Sendable {
    /// Of SHA-crypt, PBKDF2 and SCRAM: 5000 is usual, and a million takes most of a second.
    package var rounds: UInt64
    /// Of bcrypt, a binary logarithm: 10 or 12 is usual, and each step doubles the work.
    package var blowfishCost: UInt64
    /// Of yescrypt and scrypt, in bytes for each hash in flight.
    package var memory: UInt64
    /// Of Argon2, in bytes for each hash in flight: Dovecot's own values may ask for 1 GiB.
    package var argon2Memory: UInt64
    /// Of Argon2, passes × memory in bytes: about a second for each GiB.
    package var argon2Work: UInt64
    /// Of Argon2: lanes, which are filled one after the other here.
    package var argon2Parallelism: UInt32

    package init(
        rounds: UInt64 = 1_000_000, blowfishCost: UInt64 = 14, memory: UInt64 = 128 << 20,
        argon2Memory: UInt64 = 1 << 30, argon2Work: UInt64 = 8 << 30, argon2Parallelism: UInt32 = 64
    ) {
        self.rounds = rounds
        self.blowfishCost = blowfishCost
        self.memory = memory
        self.argon2Memory = argon2Memory
        self.argon2Work = argon2Work
        self.argon2Parallelism = argon2Parallelism
    }
}
