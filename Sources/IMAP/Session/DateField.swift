import MailModel

/// The day of an RFC 5322 Date field.
enum DateField {
    /// date-time = [day-of-week ","] day month year time ; nil when there is none to be made out
    static func day(_ value: [UInt8]) -> CivilDate? {
        let words = value.split(whereSeparator: { $0 == 0x20 || $0 == 0x09 || $0 == UInt8(ascii: ",") }).prefix(8)
        for (place, word) in words.enumerated() {
            guard let day = number(word), day >= 1, day <= 31, place + 2 < words.count else { continue }
            let monthWord = words[words.startIndex + place + 1].prefix(3)
            let month = CivilDate.monthNames.firstIndex { ASCII.equalIgnoringCase($0.utf8, monthWord) }
            guard let month, var year = number(words[words.startIndex + place + 2]) else { continue }
            // RFC 5322 §4.3: years of two and three digits.
            if year < 50 { year += 2000 } else if year < 1000 { year += 1900 }
            return CivilDate(year: year, month: month + 1, day: day)
        }
        return nil
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
