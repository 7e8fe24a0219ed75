import Glibc

/// A moment as mail writes it: `Sat, 21 Nov 2026 10:12:33 +0100 (CET)`, or `Sat, 21 Nov 2026 09:12:33 +0000`.
///
///     date-time = [ day-of-week "," ] date time [CFWS]        (RFC 5322 §3.3)
package struct RFC5322Date: Hashable, Sendable, CustomStringConvertible {
    /// Seconds since 1970, UTC.
    package let seconds: Int64

    package init(seconds: Int64) {
        self.seconds = seconds
    }

    package static var now: RFC5322Date { RFC5322Date(seconds: Int64(time(nil))) }

    package var description: String { local() }

    /// In the time zone of the machine, its name behind it as Postfix does.
    package func local() -> String {
        var time = time_t(clamping: seconds)
        var parts = tm()
        guard localtime_r(&time, &parts) != nil else { return utc() }
        let zone = parts.tm_zone.map { String(cString: $0) } ?? ""
        let isNamed = !zone.isEmpty && zone.utf8.allSatisfy { $0 < 0x80 && ($0 | 0x20) >= 0x61 && ($0 | 0x20) <= 0x7A }
        return Self.text(parts, offset: parts.tm_gmtoff / 60) + (isNamed ? " (\(zone))" : "")
    }

    package func utc() -> String {
        var time = time_t(clamping: seconds)
        var parts = tm()
        // Fails only for years that don't fit an Int32, which no clock shows.
        guard gmtime_r(&time, &parts) != nil else { return "Thu, 1 Jan 1970 00:00:00 +0000" }
        return Self.text(parts, offset: 0)
    }

    /// `20261121091233`, UTC: what message ids begin with.
    package var stamp: String {
        var time = time_t(clamping: seconds)
        var parts = tm()
        guard gmtime_r(&time, &parts) != nil else { return "19700101000000" }
        return String(Int(parts.tm_year) + 1900) + Self.two(Int(parts.tm_mon) + 1) + Self.two(Int(parts.tm_mday))
            + Self.two(Int(parts.tm_hour)) + Self.two(Int(parts.tm_min)) + Self.two(Int(parts.tm_sec))
    }

    private static func text(_ parts: tm, offset minutes: Int) -> String {
        let magnitude = abs(minutes)
        let zone = (minutes < 0 ? "-" : "+") + two(magnitude / 60) + two(magnitude % 60)
        return "\(name(days, parts.tm_wday)), \(parts.tm_mday) \(name(months, parts.tm_mon)) "
            + "\(Int(parts.tm_year) + 1900) \(two(Int(parts.tm_hour))):\(two(Int(parts.tm_min))):"
            + "\(two(Int(parts.tm_sec))) \(zone)"
    }

    private static func two(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }

    private static func name(_ names: [String], _ index: CInt) -> String {
        names.indices.contains(Int(index)) ? names[Int(index)] : "???"
    }

    private static let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
