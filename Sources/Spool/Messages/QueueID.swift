import Glibc
import Synchronization

/// The name of one message from MAIL to its last delivery: in replies, `Received:`, logs and the spool, short, unique on
/// this machine and rising with time, in the letters that Postfix uses for long queue ids (no vowels, so that no words
/// come out). Nothing else is a file name of the spool.
package struct QueueID: Hashable, Sendable, CustomStringConvertible {
    package let description: String

    private static let alphabet = Array("0123456789BCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz".utf8)
    private static let last = Atomic<UInt64>(0)

    /// Nil for what no `make` ever made: a wrong length, or another letter.
    package init?(_ text: some StringProtocol) {
        let bytes = text.utf8
        guard (6...16).contains(bytes.count), bytes.allSatisfy(Self.alphabet.contains) else { return nil }
        description = String(text)
    }

    private init(microseconds value: UInt64) {
        var digits: [UInt8] = []
        var rest = value
        let base = UInt64(Self.alphabet.count)
        while rest > 0 {
            digits.append(Self.alphabet[Int(rest % base)])
            rest /= base
        }
        description = String(decoding: digits.reversed(), as: UTF8.self)
    }

    package static func make() -> QueueID {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        let microseconds = UInt64(clamping: now.tv_sec) &* 1_000_000 &+ UInt64(clamping: now.tv_nsec / 1000)
        // Two in one microsecond, or a clock that went back: one more than the last.
        var previous = last.load(ordering: .relaxed)
        while true {
            let next = max(microseconds, previous &+ 1)
            let (exchanged, original) = last.compareExchange(
                expected: previous, desired: next, ordering: .relaxed)
            if exchanged { return QueueID(microseconds: next) }
            previous = original
        }
    }
}
