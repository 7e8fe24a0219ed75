import Glibc
import Synchronization

/// Makes the ids that name a session through the log: ten characters, in the order of acceptance, never twice in a
/// process, and hardly ever across its restarts.
enum SessionIDs {
    private static let next = Atomic<UInt64>(start())

    static func make() -> String {
        var value = next.wrappingAdd(1, ordering: .relaxed).oldValue
        var characters = [UInt8](repeating: 0x30, count: 10)
        for index in characters.indices.reversed() {
            characters[index] = alphabet[Int(value & 31)]
            value >>= 5
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// 28 bits of seconds, 22 bits of sessions.
    private static func start() -> UInt64 {
        UInt64(clamping: Glibc.time(nil) &- 1_735_689_600) << 22
    }

    /// Digits and lower-case letters, without those that are mistaken for others.
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
}
