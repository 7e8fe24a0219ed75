import Glibc
import MailModel

/// The line that begins a message in an mbox: `From sender  Sat Nov 21 01:33:33 2026` (RFC 4155, and what Dovecot and Postfix
/// write, in local time).
enum FromLine {
    static let start = Array("From ".utf8)
    /// Longer lines are no beginning of a message.
    static let maximumLength = 1024

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]

    static func make(sender: [UInt8], at seconds: Int64) -> [UInt8] {
        var time = time_t(seconds)
        var parts = tm()
        if localtime_r(&time, &parts) == nil { parts.tm_mday = 1 }
        let clean = sender.prefix(320).map { $0 <= 0x20 || $0 >= 0x7F ? UInt8(ascii: "_") : $0 }
        let month = months.indices.contains(Int(parts.tm_mon)) ? months[Int(parts.tm_mon)] : months[0]
        let day = days.indices.contains(Int(parts.tm_wday)) ? days[Int(parts.tm_wday)] : days[0]
        let year = max(1900, min(9999, Int(parts.tm_year) + 1900))
        let date =
            "\(day) \(month) \(two(parts.tm_mday)) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) "
            + "\(year)"
        return start + (clean.isEmpty ? Array("MAILER-DAEMON".utf8) : clean) + Array("  \(date)\n".utf8)
    }

    private static func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }

    /// The date of a line (without its line end); nil for one that begins no message.
    static func date(_ line: ArraySlice<UInt8>) -> Int64? {
        guard line.starts(with: start), line.count <= maximumLength else { return nil }
        var words = Words(rest: line.dropFirst(start.count))
        words.skipSender()
        guard let day = words.next(), day.count == 3 || (day.count == 4 && day.last == UInt8(ascii: ",")),
            let monthName = words.next(), let month = months.firstIndex(where: { equal($0, monthName) }),
            let monthDay = words.next().flatMap({ Digits.parse($0) }), (1...31).contains(monthDay),
            let clock = words.next().flatMap(clock), var last = words.next()
        else { return nil }
        // A named zone may stand before the year.
        if Digits.parse(last) == nil {
            guard let next = words.next() else { return nil }
            last = next
        }
        guard last.count == 4, let year = Digits.parse(last), year >= 1900 else { return nil }
        var parts = tm()
        parts.tm_year = Int32(clamping: year) - 1900
        parts.tm_mon = Int32(month)
        parts.tm_mday = Int32(clamping: monthDay)
        parts.tm_hour = clock.0
        parts.tm_min = clock.1
        parts.tm_sec = clock.2
        parts.tm_isdst = -1
        if let zone = words.next().flatMap(zone) { return Int64(timegm(&parts)) - zone }
        return Int64(mktime(&parts))
    }

    private static func equal(_ text: String, _ word: ArraySlice<UInt8>) -> Bool {
        ASCII.equalIgnoringCase(text.utf8, word)
    }

    private static func clock(_ word: ArraySlice<UInt8>) -> (Int32, Int32, Int32)? {
        let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        guard parts.count == 2 || parts.count == 3, parts.allSatisfy({ $0.count == 2 }) else { return nil }
        let values = parts.compactMap { Digits.parse($0) }
        guard values.count == parts.count, values[0] < 24, values[1] < 60 else { return nil }
        let second = values.count == 3 ? values[2] : 0
        return second <= 60 ? (Int32(values[0]), Int32(values[1]), Int32(second)) : nil
    }

    /// `+0300`, in seconds.
    private static func zone(_ word: ArraySlice<UInt8>) -> Int64? {
        guard word.count == 5, let sign = word.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            let value = Digits.parse(word.dropFirst())
        else { return nil }
        let seconds = Int64(value / 100 * 3600 + value % 100 * 60)
        return sign == UInt8(ascii: "-") ? -seconds : seconds
    }

    private struct Words {
        var rest: ArraySlice<UInt8>

        mutating func next() -> ArraySlice<UInt8>? {
            rest = rest.drop { $0 == 0x20 || $0 == 0x0D }
            let word = rest.prefix { $0 != 0x20 && $0 != 0x0D }
            rest = rest.dropFirst(word.count)
            return word.isEmpty ? nil : word
        }

        /// A quoted local part may hold blanks.
        mutating func skipSender() {
            if rest.first == UInt8(ascii: "\""), let end = rest.dropFirst().firstIndex(of: UInt8(ascii: "\"")) {
                rest = rest[end...]
            }
            rest = rest.drop { $0 != 0x20 }
        }
    }
}
