import Glibc
import Synchronization

/// Ids of messages for logs and `Received:`: short, unique on this machine, rising with time, in the letters that Postfix
/// uses for long queue ids (no vowels, so that no words come out).
enum MessageIDs {
    private static let alphabet = Array("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz".utf8)
    private static let last = Atomic<UInt64>(0)

    static func make() -> String {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let microseconds = UInt64(clamping: now.tv_sec) &* 1_000_000 &+ UInt64(clamping: now.tv_nsec / 1000)
        // Two in one microsecond, or a clock that went back: one more than the last.
        var previous = last.load(ordering: .relaxed)
        while true {
            let next = max(microseconds, previous &+ 1)
            let (exchanged, original) = last.compareExchange(
                expected: previous, desired: next, ordering: .relaxed)
            if exchanged { return text(next) }
            previous = original
        }
    }

    private static func text(_ value: UInt64) -> String {
        var digits: [UInt8] = []
        var rest = value
        let base = UInt64(alphabet.count)
        while rest > 0 {
            digits.append(alphabet[Int(rest % base)])
            rest /= base
        }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }
}
