/// Generalized Time (RFC 4517 §3.3.13) in a form whose octets compare as the times do: `20240131235959` in UTC, with a
/// fraction only when it isn't zero.
enum GeneralizedTime {
    /// GeneralizedTime = century year month day hour [ minute [ second / leap-second ] ] [ fraction ] g-time-zone
    static func normalized(_ value: ArraySlice<UInt8>) -> [UInt8]? {
        var rest = value
        func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
            guard let number = peek(rest, digits), range.contains(number) else { return nil }
            rest = rest.dropFirst(digits)
            return number
        }
        guard let year = number(4, 0...9999), let month = number(2, 1...12),
            let day = number(2, 1...daysIn(month: month, year: year)), let hour = number(2, 0...23)
        else { return nil }
        var minute = 0
        var second = 0
        var unit = 3600
        if isDigit(rest.first) {
            guard let value = number(2, 0...59) else { return nil }
            (minute, unit) = (value, 60)
            if isDigit(rest.first) {
                guard let value = number(2, 0...60) else { return nil }
                (second, unit) = (value, 1)
            }
        }
        var fraction: ArraySlice<UInt8> = []
        if rest.first == UInt8(ascii: ".") || rest.first == UInt8(ascii: ",") {
            fraction = rest.dropFirst().prefix { isDigit($0) }
            guard !fraction.isEmpty, fraction.count <= 9 else { return nil }
            rest = rest.dropFirst(1 + fraction.count)
            while fraction.last == UInt8(ascii: "0") { fraction.removeLast() }
        }
        guard let offset = zone(rest) else { return nil }

        var nanoseconds = 0
        for position in 0..<9 {
            let index = fraction.startIndex + position
            nanoseconds = nanoseconds * 10 + (index < fraction.endIndex ? Int(fraction[index]) - 0x30 : 0)
        }
        nanoseconds *= unit
        // A leap second sorts behind the 59th second of its minute, so it may stay a 60.
        let leap = second == 60 ? 1 : 0
        let seconds =
            days(year: year, month: month, day: day) * 86_400 + hour * 3600 + minute * 60 + second - leap
            - offset * 60 + nanoseconds / 1_000_000_000
        return text(seconds: seconds, leap: leap, nanoseconds: nanoseconds % 1_000_000_000)
    }

    // g-time-zone = %x5A / g-differential ; "Z" or ( MINUS / PLUS ) hour [ minute ]
    private static func zone(_ rest: ArraySlice<UInt8>) -> Int? {
        if rest.elementsEqual("Z".utf8) { return 0 }
        guard let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-"),
            rest.count == 3 || rest.count == 5, let hours = peek(rest.dropFirst(), 2), hours < 24
        else { return nil }
        var minutes = 0
        if rest.count == 5 {
            guard let value = peek(rest.dropFirst(3), 2), value < 60 else { return nil }
            minutes = value
        }
        return (hours * 60 + minutes) * (sign == UInt8(ascii: "-") ? -1 : 1)
    }

    private static func isDigit(_ byte: UInt8?) -> Bool {
        byte.map { $0 >= 0x30 && $0 <= 0x39 } ?? false
    }

    private static func peek(_ bytes: ArraySlice<UInt8>, _ digits: Int) -> Int? {
        let field = bytes.prefix(digits)
        guard field.count == digits, field.allSatisfy({ isDigit($0) }) else { return nil }
        return field.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

    private static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    /// Days since 1 March of year 0 in the proleptic Gregorian calendar.
    private static func days(year: Int, month: Int, day: Int) -> Int {
        let year = month <= 2 ? year - 1 : year
        let era = (year >= 0 ? year : year - 399) / 400
        let yearOfEra = year - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    }

    private static func text(seconds: Int, leap: Int, nanoseconds: Int) -> [UInt8] {
        let dayNumber = seconds >= 0 ? seconds / 86_400 : (seconds - 86_399) / 86_400
        let inDay = seconds - dayNumber * 86_400
        let era = (dayNumber >= 0 ? dayNumber : dayNumber - 146_096) / 146_097
        let dayOfEra = dayNumber - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
        let fields = [
            (year, 4), (month, 2), (dayOfYear - (153 * shifted + 2) / 5 + 1, 2), (inDay / 3600, 2),
            (inDay / 60 % 60, 2), (inDay % 60 + leap, 2),
        ]
        var result: [UInt8] = []
        for (value, width) in fields { append(value, width, to: &result) }
        guard nanoseconds > 0 else { return result }
        result.append(UInt8(ascii: "."))
        append(nanoseconds, 9, to: &result)
        while result.last == UInt8(ascii: "0") { result.removeLast() }
        return result
    }

    private static func append(_ value: Int, _ width: Int, to result: inout [UInt8]) {
        var divisor = 1
        for _ in 1..<width { divisor *= 10 }
        var rest = max(value, 0)
        while divisor > 0 {
            result.append(0x30 &+ UInt8(truncatingIfNeeded: rest / divisor % 10))
            rest %= divisor
            divisor /= 10
        }
    }
}
