import MailModel

/// An RFC 5322 Date field, as loosely as mail in the wild writes it.
enum DateField {
    /// date-time = [day-of-week ","] day month year time ; nil when there is none to be made out
    static func day(_ value: [UInt8]) -> CivilDate? {
        date(words(value))?.day
    }

    /// The moment in UTC, seconds since 1970 (RFC 5256 §2.2): without a time that can be read midnight, without a zone UTC.
    static func moment(_ value: [UInt8]) -> Int64? {
        let words = words(value)
        guard let (day, end) = date(words) else { return nil }
        let midnight = Int64(day.day) * 86_400
        guard end < words.count, let time = time(words[words.startIndex + end]) else { return midnight }
        let zone = end + 1 < words.count ? zone(words[words.startIndex + end + 1]) : 0
        return midnight + Int64(time - zone)
    }

    private static func words(_ value: [UInt8]) -> ArraySlice<ArraySlice<UInt8>> {
        value.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }).prefix(10)
    }

    /// The day, and the place of the word behind the year.
    private static func date(_ words: ArraySlice<ArraySlice<UInt8>>) -> (day: CivilDate, end: Int)? {
        for (place, word) in words.enumerated() {
            guard let day = number(word), day >= 1, day <= 31, place + 2 < words.count else { continue }
            let monthWord = words[words.startIndex + place + 1].prefix(3)
            let month = CivilDate.monthNames.firstIndex { ASCII.equalIgnoringCase($0.utf8, monthWord) }
            guard let month, var year = number(words[words.startIndex + place + 2]) else { continue }
            // RFC 5322 §4.3: years of two and three digits.
            if year < 50 { year += 2000 } else if year < 1000 { year += 1900 }
            return CivilDate(year: year, month: month + 1, day: day).map { ($0, place + 3) }
        }
        return nil
    }

    /// time-of-day = hour ":" minute [ ":" second ], in seconds
    private static func time(_ word: ArraySlice<UInt8>) -> Int? {
        let parts = word.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(number)
        guard parts.count == 2 || parts.count == 3, let hour = parts[0], let minute = parts[1], hour < 24, minute < 60
        else { return nil }
        guard let second = parts.count == 3 ? parts[2] : 0, second <= 60 else { return nil }
        return hour * 3600 + minute * 60 + second
    }

    /// zone = (("+" / "-") 4DIGIT) / obs-zone, in seconds east of UTC; military letters and what is unknown count as UTC
    /// (RFC 5322 §4.3).
    private static func zone(_ word: ArraySlice<UInt8>) -> Int {
        if let sign = word.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
            guard word.count == 5, let value = number(word.dropFirst()), value % 100 < 60 else { return 0 }
            let offset = (value / 100 * 60 + value % 100) * 60
            return sign == UInt8(ascii: "-") ? -offset : offset
        }
        switch String(decoding: word.map(ASCII.uppercased), as: UTF8.self) {
        case "EDT": return -4 * 3600
        case "EST", "CDT": return -5 * 3600
        case "CST", "MDT": return -6 * 3600
        case "MST", "PDT": return -7 * 3600
        case "PST": return -8 * 3600
        default: return 0
        }
    }

    private static func number(_ word: ArraySlice<UInt8>) -> Int? {
        guard word.count <= 4, !word.isEmpty else { return nil }
        var value = 0
        for byte in word {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int(byte - 0x30)
        }
        return value
    }
}
